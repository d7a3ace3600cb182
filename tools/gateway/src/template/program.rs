//! Templates and their parts that are programs: `serverless.ts`, `serverless.js`, and `${file(name.js)}`. Node.js evaluates
//! them, with the project's own loader for TypeScript.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::paths::absolute;

/// Prints the value of a module as JSON.
const SCRIPT: &str = include_str!("program.js");

/// Loaders for TypeScript: the package, and the options with which Node.js uses it. The first that is installed is used.
/// Without one, or when it fails, [`SCRIPT`] bundles the file with esbuild where that is installed, as functions in TypeScript
/// need it anyway, and Node.js 22.18 and later strips types by itself.
const LOADERS: [(&str, [&str; 2]); 2] = [
    ("tsx", ["--import", "tsx"]),
    ("ts-node", ["--require", "ts-node/register/transpile-only"]),
];
/// The framework loads `serverless.ts` as a `CommonJS` module, whatever `tsconfig.json` says.
const TS_NODE_OPTIONS: &str = r#"{"module":"commonjs","moduleResolution":"node"}"#;

/// Whether the file is a program.
pub(crate) fn is_program(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("js" | "cjs" | "mjs" | "ts" | "cts" | "mts"))
}

/// The value of the module as JSON, which is YAML too.
pub(crate) fn evaluate(file: &Path) -> Result<String, String> {
    let file = absolute(file);
    if !file.is_file() {
        return Err("the file does not exist".to_owned());
    }
    let folder = file.parent().unwrap_or(&file);
    let is_typescript = file
        .extension()
        .is_some_and(|extension| extension.to_string_lossy().ends_with("ts"));
    let loader = loader(folder).filter(|_| is_typescript);
    let has_esbuild = is_typescript && is_installed(folder, "esbuild");
    let mut ways = Vec::new();
    ways.extend(loader.map(Way::Loader));
    if has_esbuild {
        // A loader may not get along with the compiler that is installed.
        ways.push(Way::Bundle);
    }
    if ways.is_empty() {
        ways.push(Way::Plain);
    }
    let mut said = String::new();
    for way in ways {
        match run(&file, folder, way)? {
            Ok(value) => return Ok(value),
            Err(why) => said = why,
        }
    }
    let remedy = match (is_typescript && !has_esbuild, loader) {
        (false, _) => "",
        (true, None) => {
            "; TypeScript needs Node.js 22.18 or esbuild: run `npm install --no-save esbuild` beside it"
        }
        (true, Some(_)) => {
            "; if the loader for TypeScript is at fault, run `npm install --no-save esbuild` beside it"
        }
    };
    Err(format!(
        "Node.js cannot evaluate it{remedy}\n{}",
        said.trim()
    ))
}

/// How Node.js reads a program.
#[derive(Clone, Copy)]
enum Way {
    Plain,
    /// With the options of a loader.
    Loader([&'static str; 2]),
    /// Bundled with esbuild.
    Bundle,
}

/// The output of the script, or what it says is wrong; an error if Node.js is missing.
fn run(file: &Path, folder: &Path, way: Way) -> Result<Result<String, String>, String> {
    let (options, bundle) = match way {
        Way::Plain => (None, None),
        Way::Loader(options) => (Some(options), None),
        Way::Bundle => (None, Some("--bundle")),
    };
    let output = Command::new("node")
        .args(options.iter().flatten())
        .args(["--eval", SCRIPT, "--"])
        .arg(file)
        .args(bundle)
        .current_dir(folder)
        .env("TS_NODE_COMPILER_OPTIONS", TS_NODE_OPTIONS)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("Node.js, which evaluates it, cannot be run: {error}"))?;
    if output.status.success() {
        let value = String::from_utf8(output.stdout);
        return value.map(Ok).map_err(|error| error.to_string());
    }
    Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// The options of the loader that is installed in a `node_modules` folder.
fn loader(folder: &Path) -> Option<[&'static str; 2]> {
    LOADERS
        .iter()
        .find(|(package, _)| is_installed(folder, package))
        .map(|(_, options)| *options)
}

fn is_installed(folder: &Path, package: &str) -> bool {
    let place = PathBuf::from("node_modules").join(package);
    folder
        .ancestors()
        .any(|ancestor| ancestor.join(&place).is_dir())
}
