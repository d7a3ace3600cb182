//! The authorizer of `$connect`: `Auth` of SAM's API, or an `AWS::ApiGatewayV2::Authorizer`.

use std::collections::BTreeMap;

use super::{
    error::{Error, Problem},
    fields::Fields,
    resolve::Resolver,
    stack::{Authorizer, Function, IdentitySource},
    target,
    yaml::{Entry, Node, Value},
};

/// Reads `Auth`; nothing when everybody may try to connect.
pub(crate) fn of_sam(
    resolver: &Resolver<'_>,
    node: &Node,
    functions: &[Function],
) -> Result<Option<Authorizer>, Error> {
    let mut fields = Fields::new(resolver, "Auth", node)?;
    fields.leave_out(&["InvokeRole", "Name"]);
    let kind = fields.required("AuthType")?;
    let found = resolver.text(kind, "AuthType")?.unwrap_or_default();
    if !is_lambda(resolver, "AuthType", kind.line, &found)? {
        fields.finish()?;
        return Ok(None);
    }
    let function = target::by_arn(
        resolver,
        fields.required("AuthArn")?,
        "AuthArn of Auth",
        functions,
    )?;
    let identity = identity(resolver, &mut fields)?;
    fields.finish()?;
    Ok(Some(Authorizer { function, identity }))
}

/// Reads an `AWS::ApiGatewayV2::Authorizer`, `ApiId` apart.
pub(crate) fn of_v2(
    resolver: &Resolver<'_>,
    resource: &Entry,
    fields: &mut Fields<'_>,
    functions: &[Function],
    variables: &BTreeMap<String, String>,
) -> Result<Authorizer, Error> {
    fields.leave_out(&["AuthorizerCredentialsArn", "Name"]);
    let kind = fields.required("AuthorizerType")?;
    let found = resolver.text(kind, "AuthorizerType")?.unwrap_or_default();
    if found != "REQUEST" {
        let of = format!("AuthorizerType of {}", resource.key);
        let wanted = "WebSocket APIs know only REQUEST".to_owned();
        return Err(resolver.error(kind.line, Problem::Value { of, found, wanted }));
    }
    let of = fields.path("AuthorizerUri");
    let uri = fields.required("AuthorizerUri")?;
    let function = target::by_uri(resolver, uri, &of, functions, variables)?;
    let identity = identity(resolver, fields)?;
    Ok(Authorizer { function, identity })
}

/// Whether a type of authorization asks a function; an error for one that cannot be imitated.
pub(crate) fn is_lambda(
    resolver: &Resolver<'_>,
    of: &str,
    line: usize,
    found: &str,
) -> Result<bool, Error> {
    match found {
        "NONE" => Ok(false),
        "CUSTOM" => Ok(true),
        _ => {
            let wanted = match found {
                "AWS_IAM" => {
                    "signatures are not checked here; CUSTOM and NONE are supported".to_owned()
                }
                _ => "WebSocket APIs know NONE, CUSTOM and AWS_IAM".to_owned(),
            };
            let (of, found) = (of.to_owned(), found.to_owned());
            Err(resolver.error(line, Problem::Value { of, found, wanted }))
        }
    }
}

fn identity(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
) -> Result<Vec<IdentitySource>, Error> {
    let of = fields.path("IdentitySource");
    let Some(node) = fields.node("IdentitySource") else {
        return Ok(Vec::new());
    };
    let Value::Sequence(sources) = &node.value else {
        let problem = Problem::Kind {
            of,
            wanted: "a list",
            found: node.kind(),
        };
        return Err(resolver.error(node.line, problem));
    };
    let mut identity = Vec::new();
    for source in sources {
        let found = resolver.text(source, &of)?.unwrap_or_default();
        let Some(parsed) = IdentitySource::parse(&found) else {
            let wanted = "route.request.header.NAME, route.request.querystring.NAME, stageVariables.NAME or \
                          context.NAME is wanted"
                .to_owned();
            let of = of.clone();
            return Err(resolver.error(source.line, Problem::Value { of, found, wanted }));
        };
        identity.push(parsed);
    }
    Ok(identity)
}
