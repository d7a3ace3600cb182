//! Access: `Auth` of SAM's API, or `AuthorizationType` of `$connect` with its `AWS::ApiGatewayV2::Authorizer`.

use std::collections::BTreeMap;

use super::{
    error::{Error, Problem},
    fields::Fields,
    resolve::Resolver,
    stack::{Access, Authorizer, IdentitySource},
    target,
    yaml::{Node, Value},
};

/// A type of authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `NONE`.
    Open,
    /// `AWS_IAM`.
    Signed,
    /// `CUSTOM`: an authorizer decides.
    Custom,
}

/// Reads `Auth`.
pub(crate) fn of_sam(resolver: &Resolver<'_>, node: &Node) -> Result<Access, Error> {
    let mut fields = Fields::new(resolver, "Auth", node)?;
    fields.ignore(&["InvokeRole", "Name"]);
    let node = fields.required("AuthType")?;
    let open = match kind(resolver, "AuthType", node)? {
        Kind::Open => Some(Access::Open),
        Kind::Signed => Some(Access::Signed),
        Kind::Custom => None,
    };
    if let Some(access) = open {
        fields.finish();
        return Ok(access);
    }
    let function = target::by_arn(&mut fields, "AuthArn")?;
    let identity = identity(&mut fields)?;
    fields.finish();
    Ok(Access::Authorized(Authorizer { function, identity }))
}

/// Reads an `AWS::ApiGatewayV2::Authorizer` except `ApiId`.
pub(crate) fn of_v2(
    fields: &mut Fields<'_>,
    variables: &BTreeMap<String, String>,
) -> Result<Authorizer, Error> {
    fields.ignore(&[
        "AuthorizerCredentialsArn",
        "AuthorizerResultTtlInSeconds",
        "Name",
    ]);
    let found = fields.required_text("AuthorizerType")?;
    if found != "REQUEST" {
        let wanted = "WebSocket APIs support only REQUEST";
        return Err(fields.invalid("AuthorizerType", found, wanted));
    }
    let function = target::by_uri(fields, "AuthorizerUri", variables)?;
    let identity = identity(fields)?;
    Ok(Authorizer { function, identity })
}

/// Reads a type of authorization.
pub(crate) fn kind(resolver: &Resolver<'_>, of: &str, node: &Node) -> Result<Kind, Error> {
    let found = resolver.text(node, of)?.unwrap_or_default();
    match found.as_str() {
        "NONE" => Ok(Kind::Open),
        "AWS_IAM" => Ok(Kind::Signed),
        "CUSTOM" => Ok(Kind::Custom),
        _ => {
            let wanted = "WebSocket APIs support NONE, CUSTOM and AWS_IAM";
            Err(resolver.error(node.line, Problem::value(of, found, wanted)))
        }
    }
}

fn identity(fields: &mut Fields<'_>) -> Result<Vec<IdentitySource>, Error> {
    let (resolver, of) = (fields.resolver, fields.path("IdentitySource"));
    let Some(node) = fields.node("IdentitySource") else {
        return Ok(Vec::new());
    };
    let Value::Sequence(sources) = &node.value else {
        return Err(resolver.error(node.line, Problem::kind(of, "a list", node.kind())));
    };
    let mut identity = Vec::new();
    for source in sources {
        let found = resolver.text(source, &of)?.unwrap_or_default();
        let Some(parsed) = IdentitySource::parse(&found) else {
            let wanted = "expected route.request.header.NAME, route.request.querystring.NAME, stageVariables.NAME or \
                          context.NAME";
            return Err(resolver.error(source.line, Problem::value(of, found, wanted)));
        };
        identity.push(parsed);
    }
    Ok(identity)
}
