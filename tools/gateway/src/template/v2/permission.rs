//! Whether API Gateway may invoke the functions. SAM sees to it; with resources of one's own it is easily forgotten, and
//! AWS then answers the handshake with 500.

use std::collections::BTreeSet;

use crate::template::{
    resolve::{self, Resolver},
    stack::Function,
    yaml::{Entry, Node},
};

/// Who has to be allowed.
const PRINCIPAL: &str = "apigateway.amazonaws.com";

/// What is to be said about the functions among `invoked` that no `AWS::Lambda::Permission` opens to API Gateway. A role
/// (`CredentialsArn`) or another stack may do it instead, so this is no error.
pub(super) fn missing<'f>(
    resolver: &Resolver<'_>,
    resources: &[Entry],
    functions: &[Function],
    invoked: impl Iterator<Item = &'f String>,
) -> Vec<String> {
    if resources.iter().any(|resource| has_role(&resource.node)) {
        return Vec::new();
    }
    let permitted: BTreeSet<_> = resources
        .iter()
        .filter_map(|resource| permits(resolver, &resource.node))
        .collect();
    let invoked: BTreeSet<_> = invoked.collect();
    let forgotten = invoked.into_iter().filter_map(|id| {
        let function = functions.iter().find(|function| function.logical_id == *id)?;
        let names = [
            function.name.clone(),
            resolve::function_arn(&function.name),
        ];
        let line = resources.iter().find(|resource| resource.key == *id)?.line;
        let text = format!(
            "no AWS::Lambda::Permission lets {PRINCIPAL} invoke {id}; unless it is given elsewhere, AWS answers the \
             handshake with 500"
        );
        names
            .iter()
            .all(|name| !permitted.contains(name))
            .then(|| resolver.place(line, &text))
    });
    forgotten.collect()
}

/// The function that a permission opens to API Gateway, by name or ARN.
fn permits(resolver: &Resolver<'_>, resource: &Node) -> Option<String> {
    if resource.get("Type")?.text()? != "AWS::Lambda::Permission" {
        return None;
    }
    let properties = resource.get("Properties")?;
    // What cannot be resolved here is left to AWS.
    let text = |name| resolver.text(properties.get(name)?, name).ok()?;
    (text("Principal")? == PRINCIPAL).then(|| text("FunctionName"))?
}

fn has_role(resource: &Node) -> bool {
    resource.get("Properties").is_some_and(|properties| {
        ["CredentialsArn", "AuthorizerCredentialsArn"]
            .iter()
            .any(|name| properties.get(name).is_some())
    })
}
