//! Inspects the files of a function's project: the handler's module, its language, and the installed packages.

use std::path::Path;

use serde_json::Value as Json;

use crate::{paths::absolute, template::stack::Language};

/// Whether the module of a handler such as `src/app.handler` is in `folder`.
pub(super) fn has_module(folder: &Path, handler: &str, language: Language) -> bool {
    let extensions: &[&str] = match language {
        Language::Node => &["js", "mjs", "cjs"],
        Language::Python => &["py"],
    };
    let module = folder.join(module(handler, language));
    module.is_dir()
        || extensions
            .iter()
            .any(|extension| module.with_added_extension(extension).is_file())
}

pub(super) fn is_typescript(folder: &Path, handler: &str) -> bool {
    let module = folder.join(module(handler, Language::Node));
    ["ts", "mts", "cts"]
        .iter()
        .any(|extension| module.with_added_extension(extension).is_file())
}

/// The path of a handler's module, without its extension.
pub(super) fn module(handler: &str, language: Language) -> String {
    match language {
        Language::Node => {
            let (folder, file) = handler.rsplit_once('/').unwrap_or(("", handler));
            let file = file.split('.').next().unwrap_or_default();
            format!("{folder}/{file}")
                .trim_start_matches('/')
                .to_owned()
        }
        Language::Python => {
            let module = handler
                .rsplit_once('.')
                .map_or(handler, |(module, _)| module);
            module.replace('.', "/")
        }
    }
}

/// The content of `package.json`; `null` without one.
fn package(folder: &Path) -> Json {
    let package = std::fs::read(folder.join("package.json")).unwrap_or_default();
    serde_json::from_slice(&package).unwrap_or_default()
}

/// Whether `package.json` has the script.
pub(super) fn has_script(folder: &Path, name: &str) -> bool {
    package(folder)["scripts"][name].is_string()
}

/// Whether `package.json` lists dependencies that are not installed where Node.js looks for them.
pub(super) fn lacks_node_modules(folder: &Path) -> bool {
    let listed = package(folder)["dependencies"]
        .as_object()
        .is_some_and(|dependencies| !dependencies.is_empty());
    let folder = absolute(folder);
    let mut folders = folder.ancestors();
    listed && folders.all(|folder| !folder.join("node_modules").is_dir())
}
