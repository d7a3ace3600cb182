//! The bundler that a project configures, as SAM's build properties.

use super::plugins;
use crate::template::{
    function::BUNDLED,
    yaml::{
        Entry, Node,
        nodes::{entry, quoted, renamed, scalar, sequence},
    },
};

/// Parts of the names of plugins that bundle or compile modules.
const BUNDLERS: &[&str] = &[
    "babel",
    "bundle",
    "esbuild",
    "rspack",
    "typescript",
    "vite",
    "webpack",
];

/// The build properties of all functions: whether a plugin bundles them, and the options of serverless-esbuild
/// (`custom.esbuild`) or of the framework itself (`build.esbuild`).
pub(super) fn properties(document: &Node) -> Vec<Entry> {
    let mut properties = Vec::new();
    if let Some(line) = bundler(document) {
        properties.push(entry(line, BUNDLED, scalar(line, "true")));
    }
    let options = ["custom", "build"]
        .iter()
        .find_map(|section| document.get(section)?.get("esbuild"));
    let Some(options) = options else {
        return properties;
    };
    let list = |name| options.items_of(name).iter();
    let external: Vec<_> = list("external")
        .chain(list("exclude"))
        .filter(|node| node.text() != Some("*"))
        .cloned()
        .collect();
    properties.push(entry(1, "External", sequence(1, external)));
    // Mappings of texts in `serverless.yml`, lists of `key=value` in SAM.
    for (own, in_sam) in [
        ("banner", "Banner"),
        ("loader", "Loader"),
        ("outExtension", "OutExtension"),
    ] {
        let entries = options.entries_of(own).iter();
        let items = entries.filter_map(|Entry { key, line, node }| {
            Some(quoted(*line, &format!("{key}={}", node.text()?)))
        });
        properties.push(entry(1, in_sam, sequence(1, items.collect())));
    }
    properties.extend(renamed(
        options,
        &[("format", "Format"), ("target", "Target")],
    ));
    properties
}

/// The line of the bundler: a plugin, or the section `build` of the framework's version 4.
fn bundler(document: &Node) -> Option<usize> {
    let plugin = plugins::of(document).find(|plugin| {
        let name = plugin.text().unwrap_or_default();
        BUNDLERS.iter().any(|bundler| name.contains(bundler))
    });
    Some(plugin.or_else(|| document.get("build"))?.line)
}
