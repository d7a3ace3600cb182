//! Which function of the template an ARN or the URI of an integration refers to.

use std::collections::BTreeMap;

use super::{error::Error, fields::Fields, resolve::Resolver};

/// The function with the ARN in a property, as `!GetAtt Function.Arn` gives it.
pub(crate) fn by_arn(fields: &mut Fields<'_>, property: &'static str) -> Result<String, Error> {
    let found = fields.required_text(property)?;
    with_arn(fields.resolver, &found).ok_or_else(|| {
        let expected =
            "expected the ARN of a function of this template, as !GetAtt Function.Arn gives it";
        let wanted = elsewhere(&found).unwrap_or_else(|| expected.to_owned());
        fields.invalid(property, found, wanted)
    })
}

/// What to do about a function that no template here has.
fn elsewhere(found: &str) -> Option<String> {
    let (_, qualified) = found.split_once(":function:")?;
    let name = qualified.split([':', '/']).next()?;
    Some(format!(
        "no function here is called {name}; pass the template that has it with another --template"
    ))
}

/// The function behind the URI in a property: the path under which API Gateway invokes Lambda, which contains the function's
/// ARN. Substitutes `${stageVariables.name}`. The ARN alone is accepted with a remark.
pub(crate) fn by_uri(
    fields: &mut Fields<'_>,
    property: &'static str,
    variables: &BTreeMap<String, String>,
) -> Result<String, Error> {
    let resolver = fields.resolver;
    let found = with_variables(fields.required_text(property)?, variables);
    let arn = found
        .split_once(":lambda:path/2015-03-31/functions/")
        .filter(|(start, _)| start.starts_with("arn:aws:apigateway:"))
        .and_then(|(_, rest)| rest.strip_suffix("/invocations"));
    if let Some(function) = with_arn(resolver, arn.unwrap_or(&found)) {
        if arn.is_none() {
            let of = fields.path(property);
            let remark = format!(
                "{of} is the ARN of a function; on AWS some such APIs answer 500, use !Sub {URI}"
            );
            resolver.remark(fields.line_of(property), &remark);
        }
        return Ok(function);
    }
    let wanted = elsewhere(&found).unwrap_or_else(|| {
        format!(
            "expected the URI of a function, such as !Sub {URI}; if another template exports the function, pass it with \
             another --template"
        )
    });
    Err(fields.invalid(property, found, wanted))
}

/// The URI with the values of stage variables.
pub(super) fn with_variables(uri: String, variables: &BTreeMap<String, String>) -> String {
    variables.iter().fold(uri, |uri, (name, value)| {
        uri.replace(&format!("${{stageVariables.{name}}}"), value)
    })
}

/// The URI of a function as it is written in templates.
const URI: &str = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations";

/// The logical id of the function with this ARN, which may end with an alias or version. A template may spell out any region
/// and account.
pub(crate) fn with_arn(resolver: &Resolver<'_>, arn: &str) -> Option<String> {
    let (_, qualified) = arn
        .strip_prefix("arn:aws:lambda:")?
        .split_once(":function:")?;
    with_name(resolver, qualified)
}

/// The logical id of the function with this name or ARN, which may end with an alias or version.
pub(crate) fn named(resolver: &Resolver<'_>, function: &str) -> Option<String> {
    with_arn(resolver, function).or_else(|| with_name(resolver, function))
}

fn with_name(resolver: &Resolver<'_>, qualified: &str) -> Option<String> {
    let wanted = qualified.split(':').next()?;
    let (logical_id, _) = resolver.functions().find(|(_, name)| name == wanted)?;
    Some(logical_id.to_owned())
}
