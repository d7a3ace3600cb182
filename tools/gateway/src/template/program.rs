//! Templates and their parts that are programs: `serverless.ts`, `serverless.js`, and `${file(name.js)}`. Node.js evaluates
//! them, with the project's own loader for TypeScript.

use std::{
    path::{Path, PathBuf, absolute},
    process::{Command, Stdio},
};

/// Prints the value of a module as JSON.
const SCRIPT: &str = include_str!("program.js");

/// Loaders for TypeScript: the package, and the options with which Node.js uses it. The first that is installed is used.
/// Without one, [`SCRIPT`] bundles the file with esbuild where that is installed, as functions in TypeScript need it anyway,
/// and Node.js 22.18 and later strips types by itself.
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
    let file = absolute(file).unwrap_or_else(|_| file.to_owned());
    if !file.is_file() {
        return Err("the file does not exist".to_owned());
    }
    let folder = file.parent().unwrap_or(&file);
    let is_typescript = file
        .extension()
        .is_some_and(|extension| extension.to_string_lossy().ends_with("ts"));
    let loader = loader(folder).filter(|_| is_typescript);
    let bundled = is_typescript && loader.is_none() && is_installed(folder, "esbuild");
    let output = Command::new("node")
        .args(loader.iter().flatten())
        .args(["--eval", SCRIPT, "--"])
        .arg(&file)
        .args(bundled.then_some("--bundle"))
        .current_dir(folder)
        .env("TS_NODE_COMPILER_OPTIONS", TS_NODE_OPTIONS)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("Node.js, which evaluates it, cannot be run: {error}"))?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(|error| error.to_string());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let remedy = if is_typescript && loader.is_none() && !bundled {
        "; TypeScript needs Node.js 22.18 or esbuild: run `npm install --no-save esbuild` beside it"
    } else {
        ""
    };
    Err(format!(
        "Node.js cannot evaluate it{remedy}\n{}",
        said.trim()
    ))
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
