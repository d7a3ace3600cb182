//! Finds the templates in a folder.

mod compose;
mod elsewhere;

use std::path::{Path, PathBuf};

use super::{
    error::{Error, List, Problem},
    sam_config::SamConfig,
    source,
    yaml::Entry,
};

/// Names of templates that are looked for in a folder.
const TEMPLATES: [&str; 8] = [
    "template.yaml",
    "template.yml",
    "template.json",
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
    "serverless.ts",
    "serverless.js",
];

/// What `cdk synth` lists the stacks of an app in.
const MANIFEST: &str = "manifest.json";

/// The folder that `cdk synth` writes to.
const CDK_OUT: &str = "cdk.out";

/// How deep the stages of a CDK app may be nested.
const MAX_STAGES: usize = 8;

/// The template that `path` names, or those in the folder that it names: the one that `samconfig.toml` names, one with a common name,
/// the services of a `serverless-compose.yml`, or the stacks of a CDK app. `environment` selects the settings in `samconfig.toml`.
///
/// # Errors
/// When there is none.
pub fn locate(path: &Path, environment: Option<&str>) -> Result<Vec<PathBuf>, Error> {
    let is_current = path.as_os_str().is_empty();
    if !is_current && !path.is_dir() {
        if path.exists() {
            return Ok(vec![path.to_owned()]);
        }
        return Err(Error::of_file(path, Problem::NoFile(here())));
    }
    let fail = |why: String| Error::of_file(path, Problem::NoTemplate(why));
    if let Some(config) = SamConfig::read(path, environment)?
        && let Some(template) = config.template()?
    {
        return Ok(vec![template.to_owned()]);
    }
    if path.join(MANIFEST).is_file() {
        return stacks(path).map_err(fail);
    }
    let mut places = TEMPLATES.iter().map(|name| path.join(name));
    if let Some(found) = places.find(|file| file.is_file()) {
        return Ok(vec![found]);
    }
    if let Some(services) = compose::services(path) {
        return services.and_then(templates_of).map_err(fail);
    }
    if !path.join("cdk.json").is_file() {
        return Err(fail(elsewhere::why(path, &TEMPLATES)));
    }
    let output = path.join(CDK_OUT);
    if output.join(MANIFEST).is_file() {
        return stacks(&output).map_err(fail);
    }
    let why = "this is a CDK app; run `npx cdk synth` in it first, which writes the folder cdk.out";
    Err(fail(why.to_owned()))
}

/// The templates in the folders of services.
fn templates_of(folders: Vec<PathBuf>) -> Result<Vec<PathBuf>, String> {
    let template = |folder: &PathBuf| {
        let mut places = TEMPLATES.iter().map(|name| folder.join(name));
        let found = places.find(|file| file.is_file());
        found.ok_or_else(|| format!("its service {} has no template", folder.display()))
    };
    folders.iter().map(template).collect()
}

fn here() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    here.display().to_string()
}

/// The templates of the stacks in the output of `cdk synth`
/// (<https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html>).
fn stacks(folder: &Path) -> Result<Vec<PathBuf>, String> {
    stacks_of(folder, 0)
}

/// As [`stacks`]; `depth` is the number of stages that the folder is in.
fn stacks_of(folder: &Path, depth: usize) -> Result<Vec<PathBuf>, String> {
    let unreadable = |why: String| format!("cannot read its {MANIFEST}: {why}");
    let manifest = source::document(&folder.join(MANIFEST)).map_err(unreadable)?;
    let artifacts = manifest.entries_of("artifacts");
    let of = |kind: &'static str, property: &'static str| {
        let named = move |Entry { node, .. }: &Entry| {
            let is_wanted = node.text_of("type") == Some(kind);
            let name = node.get("properties")?.get(property)?.text()?;
            is_wanted.then(|| folder.join(name))
        };
        artifacts.iter().filter_map(named).collect::<Vec<_>>()
    };
    let stacks = of("aws:cloudformation:stack", "templateFile");
    let stages = of("cdk:cloud-assembly", "directoryName");
    if stacks.is_empty() && stages.is_empty() {
        return Err(format!("its {MANIFEST} lists no stacks"));
    }
    // The stack of a pipeline is beside the stages that it deploys, and has no API.
    if stages.is_empty() || stacks.iter().any(|stack| mentions_an_api(stack)) {
        return Ok(stacks);
    }
    // The stages of an app have the same stacks.
    if let [only] = stages.as_slice()
        && depth < MAX_STAGES
    {
        return stacks_of(only, depth + 1);
    }
    let stages: Vec<_> = stages.iter().map(|stage| stage.display()).collect();
    Err(format!(
        "its stacks belong to stages; pass one of them with --template: {}",
        List(&stages)
    ))
}

/// Whether the template probably has a WebSocket API, as `cdk synth` writes it.
fn mentions_an_api(template: &Path) -> bool {
    source::read(template).is_ok_and(|text| text.contains("\"WEBSOCKET\""))
}
