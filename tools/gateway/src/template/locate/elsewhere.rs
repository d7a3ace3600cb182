//! What a folder without a template has instead, for the error.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use super::CDK_OUT;
use crate::{paths::here, template::error::List};

/// Files of other tools, by their name or its end, and what they are.
const OTHERS: [(&str, &str); 10] = [
    (".tf", "a Terraform configuration"),
    (".tf.json", "a Terraform configuration"),
    ("Pulumi.yaml", "a Pulumi program"),
    ("Pulumi.yml", "a Pulumi program"),
    ("sst.config.ts", "an SST app"),
    ("sst.config.js", "an SST app"),
    ("sst.json", "an SST app"),
    ("app.arc", "an Architect app"),
    (".arc", "an Architect app"),
    ("cdktf.json", "a CDK for Terraform app"),
];

/// How deep below the folder templates are looked for.
const DEPTH: usize = 3;

/// Where Chalice keeps the settings of an app.
const CHALICE: &str = ".chalice/config.json";

/// More templates than this are not listed.
const MAX_LISTED: usize = 8;

/// A file is recognised by what it begins with.
const BEGINNING: u64 = 16 * 1024;

/// Why the folder has no template, and what to do. `names` are those of templates.
pub(super) fn why(folder: &Path, names: &[&str]) -> String {
    if let Err(error) = std::fs::read_dir(here(folder)) {
        return format!("it cannot be read: {error}");
    }
    if folder.join(CHALICE).is_file() {
        return "this is a Chalice app; run `chalice package out` in it, and pass --template out/sam.json".to_owned();
    }
    if folder.ends_with(CDK_OUT) {
        return "it has no manifest.json, which `npx cdk synth` writes at its end; run it again, and correct what it reports".to_owned();
    }
    let files = files(folder, DEPTH);
    let name = |file: &Path| {
        file.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let templates: Vec<_> = files
        .iter()
        .filter(|file| names.contains(&name(file).as_str()) || is_template(file))
        .map(|file| file.display())
        .collect();
    if !templates.is_empty() {
        let listed = &templates[..templates.len().min(MAX_LISTED)];
        let more = if templates.len() > MAX_LISTED {
            ", and more"
        } else {
            ""
        };
        return format!(
            "there are templates elsewhere; pass one with --template: {}{more}",
            List(listed)
        );
    }
    let other = OTHERS
        .iter()
        .find_map(|(end, what)| Some((files.iter().find(|file| name(file).ends_with(end))?, what)));
    match other {
        Some((file, what)) => format!(
            "{} is {what}, which is not read; describe the API in a SAM or CloudFormation template, or in a serverless.yml",
            file.display()
        ),
        None => format!("there is no {}; pass --template FILE", names.join(", ")),
    }
}

/// The files in and below a folder: those in it first.
fn files(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(here(folder));
    let entries = entries.into_iter().flatten().flatten();
    let is_hidden =
        |name: &str| (name.starts_with('.') && name != ".arc") || name == "node_modules";
    let mut paths: Vec<_> = entries
        .filter(|entry| !is_hidden(&entry.file_name().to_string_lossy()))
        .map(|entry| folder.join(entry.file_name()))
        .collect();
    paths.sort();
    let (folders, mut files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    if depth > 0 {
        files.extend(
            folders
                .iter()
                .flat_map(|folder| self::files(folder, depth - 1)),
        );
    }
    files
}

/// Whether a file with another name looks like a template of CloudFormation.
fn is_template(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("yaml" | "yml" | "json" | "template")) {
        return false;
    }
    let mut text = Vec::new();
    let read = File::open(file).and_then(|file| file.take(BEGINNING).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    read.is_ok() && text.contains("Resources") && text.contains("AWS::")
}
