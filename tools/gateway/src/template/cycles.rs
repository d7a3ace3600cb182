//! Circular dependencies between resources. They run here, but CloudFormation refuses to deploy them; a function that gets
//! its stage by `!Ref Stage` is the usual cause.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    resolve::Resolver,
    resources::Kind,
    yaml::{Entry, Node},
};

/// Maximum number of resources of a cycle that are named.
const MAX_SHOWN: usize = 10;

/// Remarks on the first cycle, if there is one.
pub(crate) fn check(resolver: &Resolver<'_>, resources: &[Entry]) {
    if let Some((line, cycle)) = find(resolver, resources) {
        let remark = format!(
            "circular dependency: {cycle}; CloudFormation refuses it, so write a name out in one of these resources"
        );
        resolver.remark(line, &remark);
    }
}

/// The line and the description of the first cycle.
fn find(resolver: &Resolver<'_>, resources: &[Entry]) -> Option<(usize, String)> {
    let names: BTreeSet<_> = resources.iter().map(|entry| entry.key.as_str()).collect();
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = resources
        .iter()
        .map(|entry| (entry.key.as_str(), needs_of(resolver, entry, &names)))
        .collect();
    // A resource without remaining dependencies is not in a cycle; what remains in the end is in one or leads to one.
    let mut needed_by = BTreeMap::<&str, Vec<&str>>::new();
    for (name, needed) in &needs {
        for needed in needed {
            needed_by.entry(needed).or_default().push(name);
        }
    }
    let mut free: Vec<_> = needs
        .iter()
        .filter(|(_, needed)| needed.is_empty())
        .map(|(name, _)| *name)
        .collect();
    while let Some(done) = free.pop() {
        needs.remove(done);
        for name in needed_by.remove(done).unwrap_or_default() {
            if let Some(needed) = needs.get_mut(name) {
                needed.remove(done);
                if needed.is_empty() {
                    free.push(name);
                }
            }
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
    let (shown, rest) = path[start..].split_at(path[start..].len().min(MAX_SHOWN));
    let ellipsis = if rest.is_empty() { "" } else { " needs …" };
    let cycle = format!("{}{ellipsis} needs {next}", shown.join(" needs "));
    let line = resources.iter().find(|entry| entry.key == next)?.line;
    Some((line, cycle))
}

/// The resources that `resource` refers to. SAM's API has no dependencies of its own: its routes become separate
/// resources.
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
    let others = resource.node.get("DependsOn");
    let others = others.map_or(&[][..], Node::one_or_more);
    needed.extend(others.iter().filter_map(Node::text));
    needed.retain(|name| names.contains(name));
    needed
}

/// Collects the names in `Ref`, `Fn::GetAtt` and `Fn::Sub`.
pub(crate) fn references<'t>(node: &'t Node, found: &mut BTreeSet<&'t str>) {
    for Entry { key, node, .. } in node.entries() {
        let first = node.one_or_more().first().and_then(Node::text);
        match (key.as_str(), first) {
            ("Ref", Some(name)) => drop(found.insert(name)),
            ("Fn::GetAtt", Some(name)) => found.extend(name.split('.').next()),
            ("Fn::Sub", Some(text)) => {
                // Variables that the `Fn::Sub` defines are not resources.
                let own = node.items().get(1);
                let is_own = |name: &&str| own.is_some_and(|own| own.get(name).is_some());
                found.extend(variables(text).filter(|name| !is_own(name)));
            }
            _ => {}
        }
    }
    for child in node.children() {
        references(child, found);
    }
}

/// The names in `${Name}` and `${Name.Attribute}`.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        name.split('.').next()
    })
}
