//! `serverless-compose.yml`, which lists the services of a project
//! (<https://www.serverless.com/framework/docs/guides/compose>).

use std::path::{Path, PathBuf};

use crate::template::source;

const FILES: [&str; 5] = [
    "serverless-compose.yml",
    "serverless-compose.yaml",
    "serverless-compose.json",
    "serverless-compose.ts",
    "serverless-compose.js",
];

/// The folders of the services that a file of the folder lists; `None` without such a file.
pub(super) fn services(folder: &Path) -> Option<Result<Vec<PathBuf>, String>> {
    let file = FILES
        .iter()
        .map(|name| folder.join(name))
        .find(|file| file.is_file())?;
    let named = |why: String| format!("cannot read {}: {why}", file.display());
    Some(
        read(&file)
            .map_err(named)
            .map(|paths| paths.iter().map(|path| folder.join(path)).collect()),
    )
}

fn read(file: &Path) -> Result<Vec<String>, String> {
    let document = source::document(file)?;
    let services = document.entries_of("services").iter();
    let paths: Vec<_> = services
        .filter_map(|service| service.node.text_of("path"))
        .map(ToOwned::to_owned)
        .collect();
    if paths.is_empty() {
        Err("it lists no services with a path".to_owned())
    } else {
        Ok(paths)
    }
}
