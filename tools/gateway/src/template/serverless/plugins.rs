//! The plugins that a `serverless.yml` lists.

use std::collections::BTreeSet;

use super::builder::Builder;
use crate::template::{
    cycles::references,
    error::nearest,
    yaml::{Entry, Node, Value, nodes::mapping},
};

/// The sections of the framework itself. All others belong to plugins
/// (<https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml>).
const SECTIONS: &[&str] = &[
    "app",
    "build",
    "configValidationMode",
    "console",
    "custom",
    "dashboard",
    "deprecationNotificationMode",
    "disabledDeprecations",
    "frameworkVersion",
    "functions",
    "layers",
    "licenseKey",
    "org",
    "outputs",
    "package",
    "params",
    "plugins",
    "projectDir",
    "provider",
    "resources",
    "service",
    "stages",
    "state",
    "tenant",
    "unresolvedVariablesNotificationMode",
    "useDotenv",
    "variablesResolutionMode",
];

/// The entries of `plugins`, which may be a list or have one under `modules`.
pub(super) fn of(document: &Node) -> impl Iterator<Item = &Node> {
    let plugins = document.get("plugins");
    let plugins = plugins.map(|node| node.get("modules").unwrap_or(node));
    plugins.into_iter().flat_map(Node::items)
}

pub(super) fn lists(document: &Node, name: &str) -> bool {
    of(document).any(|plugin| plugin.text() == Some(name))
}

/// Changes the document as `serverless-functions-base-path` does: handlers are in the folder `custom.functionsBasePath`.
pub(super) fn rewrite(document: &mut Node) {
    if !lists(document, "serverless-functions-base-path") {
        return;
    }
    let base = document
        .get("custom")
        .and_then(|custom| custom.get("functionsBasePath"));
    let Some(base) = base.and_then(Node::text).map(ToOwned::to_owned) else {
        return;
    };
    for function in document.section("functions") {
        if let Some(Node {
            value: Value::Scalar { text, .. },
            ..
        }) = function.node.get_mut("handler")
        {
            *text = format!("{}/{text}", base.trim_end_matches('/'));
        }
    }
}

/// If the document has a section of a plugin, adds a resource for each undefined name, because the plugin may create it. A name that
/// is similar to a known one is more likely a mistake, and stays undefined.
pub(super) fn stand_ins(document: &Node, defined: &BTreeSet<String>, builder: &mut Builder<'_>) {
    let of_plugin = |entry: &&Entry| !SECTIONS.contains(&entry.key.as_str());
    let Some(Entry { key, line, .. }) = document.entries().iter().find(of_plugin) else {
        return;
    };
    let all = mapping(*line, builder.resources.clone());
    let mut names = BTreeSet::new();
    references(&all, &mut names);
    let known: Vec<_> = builder
        .resources
        .iter()
        .map(|entry| entry.key.clone())
        .collect();
    for name in names {
        let is_known = defined.contains(name) || name.starts_with("AWS::");
        if !is_known && nearest(name, known.iter().map(String::as_str)).is_none() {
            builder.add(*line, name, &format!("Custom::{key}"), Vec::new());
        }
    }
}
