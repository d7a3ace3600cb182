//! Which function of the template an ARN or the URI of an integration leads to.

use std::collections::BTreeMap;

use super::{
    error::{Error, Problem},
    resolve::{self, REGION, Resolver},
    stack::Function,
    yaml::Node,
};

/// The function with the ARN that `node` gives, as `!GetAtt Function.Arn` does.
pub(crate) fn by_arn(
    resolver: &Resolver<'_>,
    node: &Node,
    of: &str,
    functions: &[Function],
) -> Result<String, Error> {
    let found = resolver.text(node, of)?.unwrap_or_default();
    with_arn(functions, &found).ok_or_else(|| {
        let wanted =
            "the ARN of a function of this template is wanted, as !GetAtt Function.Arn gives it"
                .to_owned();
        let of = of.to_owned();
        resolver.error(node.line, Problem::Value { of, found, wanted })
    })
}

/// The function behind the URI that `node` gives: the path under which API Gateway reaches Lambda, with the function's
/// ARN in it. `${stageVariables.name}` is put in.
pub(crate) fn by_uri(
    resolver: &Resolver<'_>,
    node: &Node,
    of: &str,
    functions: &[Function],
    variables: &BTreeMap<String, String>,
) -> Result<String, Error> {
    let mut found = resolver.text(node, of)?.unwrap_or_default();
    for (name, value) in variables {
        found = found.replace(&format!("${{stageVariables.{name}}}"), value);
    }
    let start = format!("arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/");
    let arn = found
        .strip_prefix(&start)
        .and_then(|rest| rest.strip_suffix("/invocations"));
    arn.and_then(|arn| with_arn(functions, arn)).ok_or_else(|| {
        let wanted = "the URI of a function of this template is wanted, such as !Sub \
                      arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations; \
                      with its ARN alone, AWS answers the handshake with 500"
            .to_owned();
        let of = of.to_owned();
        resolver.error(node.line, Problem::Value { of, found: found.clone(), wanted })
    })
}

fn with_arn(functions: &[Function], arn: &str) -> Option<String> {
    functions
        .iter()
        .find(|function| resolve::function_arn(&function.name) == arn)
        .map(|function| function.logical_id.clone())
}
