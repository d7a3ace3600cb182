//! Whether API Gateway may invoke the functions. SAM grants this automatically; with separate resources it is easily
//! forgotten or granted for other routes, and AWS then answers the handshake with 500.

use crate::{
    authorizer::matches,
    template::{
        resolve::{self, ACCOUNT, REGION, Resolver},
        resources,
        stack::Authorizer,
        yaml::Entry,
    },
};

/// The principal that needs the permission.
const PRINCIPAL: &str = "apigateway.amazonaws.com";

/// A part of the API that invokes a function.
pub(super) struct Caller<'c> {
    /// Logical id of the function.
    function: &'c str,
    /// Its ARN after the API's id and `/`; `{stage}` stands for the stage.
    path: String,
}

impl<'c> Caller<'c> {
    pub(super) fn route(function: &'c str, key: &str) -> Self {
        let path = format!("{{stage}}/{key}");
        Self { function, path }
    }

    pub(super) fn authorizer(entry: &Entry, authorizer: &'c Authorizer) -> Self {
        let path = format!("authorizers/{}", resolve::generated(&entry.key));
        let function = &authorizer.function;
        Self { function, path }
    }
}

/// An `AWS::Lambda::Permission` for API Gateway.
struct Permission {
    /// Name or ARN of the function.
    function: String,
    source: Option<String>,
}

/// Remarks on functions that API Gateway has no permission to invoke. A role (`CredentialsArn`) or another stack may do it
/// instead, so this is not an error.
pub(super) fn check(
    resolver: &Resolver<'_>,
    resources: &[Entry],
    api: &str,
    stage: &str,
    callers: &[Caller<'_>],
) {
    if resources.iter().any(has_role) {
        return;
    }
    let permissions: Vec<_> = resources
        .iter()
        .filter_map(|resource| permission(resolver, resource))
        .collect();
    let mut reported = Vec::new();
    for caller in callers {
        let Some(resource) = resolver.resource(caller.function) else {
            continue;
        };
        let Ok(name) = resolver.physical_name(caller.function, resource.line) else {
            continue;
        };
        let arn = resolve::function_arn(&name);
        let mut granted = permissions
            .iter()
            .filter(|permission| permission.function == name || permission.function == arn)
            .peekable();
        let path = caller.path.replace("{stage}", stage);
        let source = format!("{api}/{path}");
        let remark = if granted.peek().is_none() {
            format!(
                "no AWS::Lambda::Permission lets {PRINCIPAL} invoke {}; unless it is granted elsewhere, AWS answers the \
                 handshake with 500",
                caller.function
            )
        } else if granted.all(|permission| {
            permission
                .source
                .as_ref()
                .is_some_and(|pattern| !covers(pattern, &source))
        }) {
            format!(
                "SourceArn of the permission to invoke {} does not cover {path}, and AWS answers with 500; \
                 arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/* covers everything",
                caller.function
            )
        } else {
            continue;
        };
        // One remark for each function is enough.
        if !reported.contains(&caller.function) {
            reported.push(caller.function);
            resolver.remark(resource.line, &remark);
        }
    }
}

/// Whether a `SourceArn` covers a part of the API, `api/stage/route`. Any region and account mean this stack: a template from
/// the CDK may name its own.
fn covers(pattern: &str, source: &str) -> bool {
    match pattern.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", _, service, _, _, resource] => {
            matches(service, "execute-api") && matches(resource, source)
        }
        _ => matches(
            pattern,
            &format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{source}"),
        ),
    }
}

/// A permission for API Gateway. One that cannot be resolved is left to AWS.
fn permission(resolver: &Resolver<'_>, resource: &Entry) -> Option<Permission> {
    if resource.node.get("Type")?.text()? != "AWS::Lambda::Permission" {
        return None;
    }
    let text = |name| {
        resolver
            .text(resources::property(resource, name)?, name)
            .ok()?
    };
    if text("Principal")? != PRINCIPAL {
        return None;
    }
    Some(Permission {
        function: text("FunctionName")?,
        source: text("SourceArn"),
    })
}

fn has_role(resource: &Entry) -> bool {
    ["CredentialsArn", "AuthorizerCredentialsArn"]
        .iter()
        .any(|name| resources::property(resource, name).is_some())
}
