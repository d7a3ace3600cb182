//! Functions that a bundler must process before Node.js can run them: TypeScript, and projects that are written for a bundler.
//!
//! The project's own esbuild is used, whatever bundler the project configures, because all of them make the same of ordinary
//! modules. Properties are those of SAM's `BuildMethod: esbuild`
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html>);
//! `serverless.yml` is translated to them.

use std::path::{Path, PathBuf, absolute};

use crate::template::{
    stack::Bundle,
    yaml::{Entry, Node},
};

/// Extensions of files that esbuild reads, in the order in which they are looked for.
const EXTENSIONS: &[&str] = &["ts", "mts", "cts", "tsx", "js", "mjs", "cjs", "jsx"];
/// Lists among the build properties, and the options of esbuild that take their items.
const LISTS: &[(&str, &str)] = &[
    ("Banner", "--banner:"),
    ("External", "--external:"),
    ("Loader", "--loader:"),
    ("OutExtension", "--out-extension:"),
];
/// Build properties with one value.
const VALUES: &[(&str, &str)] = &[
    ("Format", "--format="),
    ("MainFields", "--main-fields="),
    ("Target", "--target="),
];
/// What is not part of a bundle on Lambda: the SDKs that its runtimes contain, so that one that is not installed is reported as such,
/// and modules of layers.
const NOT_BUNDLED: [&str; 3] = [
    "--external:aws-sdk",
    "--external:@aws-sdk/*",
    "--external:/opt/*",
];

/// How to bundle the handler's `module`, a path within `folder` without an extension. `None` without esbuild in a
/// `node_modules` folder, or without such a file.
pub(super) fn find(folder: &Path, module: &str, properties: Option<&Node>) -> Option<Bundle> {
    let folder = absolute(folder).ok()?;
    let esbuild = folder
        .ancestors()
        .map(|ancestor| ancestor.join("node_modules/.bin/esbuild"))
        .find(|program| program.is_file())?;
    let entry = entry(&folder, module, properties)?;
    Some(Bundle {
        folder,
        entry,
        esbuild,
        options: options(properties),
    })
}

/// The file of `EntryPoints` with the module's name, or the module with an extension.
fn entry(folder: &Path, module: &str, properties: Option<&Node>) -> Option<PathBuf> {
    let name = Path::new(module).file_name()?;
    let points = properties.map_or(&[][..], |node| node.items_of("EntryPoints"));
    let mut points = points.iter();
    let named = points.find_map(|point| {
        let path = Path::new(point.text()?);
        (path.file_stem() == Some(name) && folder.join(path).is_file()).then(|| path.to_owned())
    });
    named.or_else(|| {
        let paths = EXTENSIONS
            .iter()
            .map(|extension| Path::new(module).with_added_extension(extension));
        paths.into_iter().find(|path| folder.join(path).is_file())
    })
}

fn options(properties: Option<&Node>) -> Vec<String> {
    let mut options: Vec<_> = NOT_BUNDLED.iter().map(ToString::to_string).collect();
    for Entry { key, node, .. } in properties.into_iter().flat_map(Node::entries) {
        if let Some((_, option)) = LISTS.iter().find(|(name, _)| name == key) {
            let items = node.items().iter().filter_map(Node::text);
            options.extend(items.map(|item| format!("{option}{item}")));
        } else if let Some((_, option)) = VALUES.iter().find(|(name, _)| name == key) {
            options.extend(node.text().map(|text| format!("{option}{text}")));
        }
    }
    options
}
