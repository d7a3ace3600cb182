//! The plugins that a `serverless.yml` lists.

use crate::template::yaml::Node;

/// The entries of `plugins`, which may be a list or have one under `modules`.
pub(super) fn of(document: &Node) -> impl Iterator<Item = &Node> {
    let plugins = document.get("plugins");
    let plugins = plugins.map(|node| node.get("modules").unwrap_or(node));
    plugins.into_iter().flat_map(Node::items)
}

pub(super) fn lists(document: &Node, name: &str) -> bool {
    of(document).any(|plugin| plugin.text() == Some(name))
}
