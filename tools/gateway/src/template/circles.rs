//! Resources that need one another in a circle. They run here, and CloudFormation refuses to deploy them; a function that
//! is told its stage by `!Ref Stage` is the usual way into one.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    resolve::Resolver,
    resources::Kind,
    yaml::{Entry, Node, Value},
};

/// What is to be said about the first circle, if there is one.
pub(crate) fn find(resolver: &Resolver<'_>, resources: &[Entry]) -> Option<String> {
    let names: BTreeSet<_> = resources.iter().map(|entry| entry.key.as_str()).collect();
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = resources
        .iter()
        .map(|entry| (entry.key.as_str(), needs_of(resolver, entry, &names)))
        .collect();
    // What needs nothing that is left cannot be in a circle; what remains in the end either is, or leads to one.
    loop {
        let left: BTreeSet<_> = needs.keys().copied().collect();
        needs.retain(|_, needed| needed.iter().any(|name| left.contains(name)));
        if needs.len() == left.len() {
            break;
        }
    }
    let mut path: Vec<&str> = Vec::new();
    let mut next = *needs.keys().next()?;
    while !path.contains(&next) {
        path.push(next);
        next = needs
            .get(next)?
            .iter()
            .find(|name| needs.contains_key(*name))?;
    }
    let start = path.iter().position(|name| *name == next)?;
    let circle = path[start..].join(", which needs ");
    let line = resources.iter().find(|entry| entry.key == next)?.line;
    let remark = format!(
        "{circle}, which needs {next}: CloudFormation refuses resources that need one another in a circle; write a name \
         out in one of them"
    );
    Some(resolver.place(line, &remark))
}

/// The resources that one refers to. SAM's API is none of them to itself: its routes become resources of their own.
fn needs_of<'t>(
    resolver: &Resolver<'_>,
    resource: &'t Entry,
    names: &BTreeSet<&'t str>,
) -> BTreeSet<&'t str> {
    let mut needed = BTreeSet::new();
    if resolver.kind_of(&resource.key) == Some(Kind::SamApi) {
        return needed;
    }
    if let Some(node) = resource.node.get("Properties") {
        references(node, &mut needed);
    }
    match resource.node.get("DependsOn").map(|node| &node.value) {
        Some(Value::Scalar { text, .. }) => drop(needed.insert(text)),
        Some(Value::Sequence(items)) => needed.extend(items.iter().filter_map(Node::text)),
        _ => {}
    }
    needed.retain(|name| names.contains(name));
    needed
}

fn references<'t>(node: &'t Node, found: &mut BTreeSet<&'t str>) {
    match &node.value {
        Value::Scalar { .. } => {}
        Value::Sequence(items) => items.iter().for_each(|item| references(item, found)),
        Value::Mapping(entries) => {
            for Entry { key, node, .. } in entries {
                let first = match &node.value {
                    Value::Sequence(items) => items.first().and_then(Node::text),
                    _ => node.text(),
                };
                match (key.as_str(), first) {
                    ("Ref", Some(name)) => drop(found.insert(name)),
                    ("Fn::GetAtt", Some(name)) => found.extend(name.split('.').next()),
                    ("Fn::Sub", Some(text)) => found.extend(variables(text)),
                    _ => {}
                }
                references(node, found);
            }
        }
    }
}

/// The names in `${Name}` and `${Name.Attribute}`.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        name.split('.').next()
    })
}
