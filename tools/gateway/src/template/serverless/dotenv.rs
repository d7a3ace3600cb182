//! `.env` files beside a `serverless.yml`: values for `${env:…}`, and with `serverless-dotenv-plugin` variables of functions too
//! (<https://www.serverless.com/framework/docs/environment-variables>).

use std::collections::BTreeMap;

use super::plugins;
use crate::template::{
    resolve::Resolver,
    yaml::{
        Node, Value,
        nodes::{entry, mapping, quoted},
    },
};

const PLUGIN: &str = "serverless-dotenv-plugin";

/// The variables of the files for `stage`. The first file that sets a variable decides, as the variables of the process decide
/// over all of them. Framework 4 reads the files without being told to, earlier ones with `useDotenv`.
pub(super) fn read(
    resolver: &Resolver<'_>,
    document: &Node,
    stage: &str,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut names = vec![format!(".env.{stage}"), ".env".to_owned()];
    if has_plugin(document) {
        let local = [format!(".env.{stage}.local"), ".env.local".to_owned()];
        names.splice(0..0, local);
    }
    for name in names {
        let path = resolver.folder().join(&name);
        if !path.is_file() {
            continue;
        }
        if !is_read(document) {
            let what = format!("{name}, which the framework reads with useDotenv: true");
            resolver.left_out(1, &what);
            continue;
        }
        let items = dotenvy::from_path_iter(&path).into_iter().flatten();
        for item in items {
            match item {
                Ok((key, value)) => {
                    variables.entry(key).or_insert(value);
                }
                Err(error) => {
                    resolver.left_out(1, &format!("the rest of {name}: {error}"));
                    break;
                }
            }
        }
    }
    variables
}

/// With the plugin, gives functions the variables that the document does not set.
pub(super) fn give_to_functions(document: &mut Node, variables: &BTreeMap<String, String>) {
    if !has_plugin(document) || variables.is_empty() {
        return;
    }
    let Some(provider) = document.get_mut("provider") else {
        return;
    };
    let line = provider.line;
    if provider.get("environment").is_none()
        && let Value::Mapping(entries) = &mut provider.value
    {
        entries.push(entry(line, "environment", mapping(line, Vec::new())));
    }
    let environment = provider.get_mut("environment");
    if let Some(Value::Mapping(entries)) = environment.map(|node| &mut node.value) {
        for (name, value) in variables {
            if entries.iter().all(|entry| entry.key != *name) {
                entries.push(entry(line, name, quoted(line, value)));
            }
        }
    }
}

/// Whether the framework, or its plugin, reads the files.
fn is_read(document: &Node) -> bool {
    let text = |key| document.text_of(key);
    let major = text("frameworkVersion").and_then(|version| {
        version
            .find(|c: char| c.is_ascii_digit())
            .map(|at| &version[at..])
    });
    text("useDotenv") == Some("true")
        || major.is_none_or(|version| !version.starts_with(['1', '2', '3']))
        || has_plugin(document)
}

fn has_plugin(document: &Node) -> bool {
    plugins::lists(document, PLUGIN)
}
