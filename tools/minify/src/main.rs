//! Minifies the page, the scripts and the style sheets of the built app: `minify DIST`, the last part of `cargo xtask build`.
//!
//! A separate program, because the parser takes a while to compile and `cargo xtask dev` does not need it. Trunk's own minifier
//! does not understand the script that wasm-bindgen writes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oxc::allocator::Allocator;
use oxc::ast::ast::Statement;
use oxc::codegen::{Codegen, CodegenOptions};
use oxc::minifier::{Minifier, MinifierOptions};
use oxc::parser::Parser;
use oxc::span::SourceType;
use sha2::{Digest as _, Sha256, Sha384};
use xtask_lib::names::is_hash;
use xtask_lib::sizes;

/// wasm-bindgen's second way to start a program, which the pages do not use. What is not exported is left out.
const UNUSED_EXPORT: &str = "initSync";

fn main() -> Result<()> {
    let dist = std::env::args_os().nth(1);
    let dist = dist.context("expected the directory of the built app: minify DIST")?;
    minify(&PathBuf::from(dist))
}

/// Minifies the page and all scripts and style sheets in `dist`. Hashes of their contents, in the page and in the names of files,
/// are replaced by those of the new contents.
fn minify(dist: &Path) -> Result<()> {
    let page = dist.join("index.html");
    let mut html = read(&page)?;
    for path in sizes::files(dist)? {
        let Some(minify) = minifier_of(&path) else {
            continue;
        };
        let contents = read(&path)?;
        let minified =
            minify(&contents).with_context(|| format!("cannot minify {}", path.display()))?;
        html = html.replace(&integrity(&contents), &integrity(&minified));
        write(&path, &minified)?;
        let name = path.file_name().and_then(|it| it.to_str());
        if let Some((name, renamed)) = name.zip(name.and_then(|it| renamed(it, &minified))) {
            html = html.replace(name, &renamed);
            fs::rename(&path, dist.join(&renamed))
                .with_context(|| format!("cannot rename {}", path.display()))?;
        }
    }
    let lines: Vec<_> = html.lines().map(str::trim).collect();
    write(&page, &lines.join("\n"))
}

/// The minifier for the file, if there is one.
fn minifier_of(path: &Path) -> Option<fn(&str) -> Result<String>> {
    match path.extension()?.to_str()? {
        "js" => Some(minify_script),
        "css" => Some(minify_sheet),
        _ => None,
    }
}

fn minify_script(script: &str) -> Result<String> {
    let memory = Allocator::default();
    let parsed = Parser::new(&memory, script, SourceType::unambiguous()).parse();
    if let Some(error) = parsed.diagnostics.first() {
        bail!("{error}");
    }
    let mut program = parsed.program;
    for statement in &mut program.body {
        if let Statement::ExportNamedDeclaration(exports) = statement {
            let specifiers = &mut exports.specifiers;
            specifiers.retain(|it| it.exported.name() != UNUSED_EXPORT);
        }
    }
    let minified = Minifier::new(MinifierOptions::default()).minify(&memory, &mut program);
    let printer = Codegen::new().with_options(CodegenOptions::minify());
    Ok(printer.with_scoping(minified.scoping).build(&program).code)
}

fn minify_sheet(sheet: &str) -> Result<String> {
    let minified = minifier::css::minify(sheet).map_err(|error| anyhow!("{error}"))?;
    Ok(minified.to_string())
}

/// The hash of a file for the attribute `integrity`.
fn integrity(contents: &str) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(contents)))
}

/// The name of a file with the hash of `contents`, if the name has a hash: browsers may cache such a file forever, so other
/// contents need another name.
fn renamed(name: &str, contents: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let (stem, hash) = stem.rsplit_once('-')?;
    is_hash(hash).then(|| {
        let hash = hex::encode(&Sha256::digest(contents)[..8]);
        format!("{stem}-{hash}.{extension}")
    })
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, contents: &str) -> Result<()> {
    fs::write(path, contents).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{integrity, minify, minify_script, renamed};
    use std::fs;

    const SCRIPT: &str = "// Greets.\nconsole.log( `a  // b` );\n";
    const NAME: &str = "boot-0123456789abcdef.js";

    #[test]
    fn a_script_loses_its_comments_and_the_page_has_its_new_name_and_hash() {
        let dist = tempfile::tempdir().unwrap();
        let path = |name: &str| dist.path().join(name);
        let page = |name: &str, hash: &str| {
            format!("<script src=\"{name}\" integrity=\"{hash}\"></script>")
        };
        fs::write(path(NAME), SCRIPT).unwrap();
        fs::write(path("sw.js"), SCRIPT).unwrap();
        let indented = format!("  {}\n", page(NAME, &integrity(SCRIPT)));
        fs::write(path("index.html"), indented).unwrap();

        minify(dist.path()).unwrap();

        let minified = "console.log(`a  // b`);";
        let name = renamed(NAME, minified).unwrap();
        assert_ne!(name, NAME);
        for name in [&name, "sw.js"] {
            assert_eq!(fs::read_to_string(path(name)).unwrap(), minified);
        }
        assert!(!path(NAME).exists());
        let html = fs::read_to_string(path("index.html")).unwrap();
        assert_eq!(html, page(&name, &integrity(minified)));
    }

    #[test]
    fn a_style_sheet_loses_its_white_space() {
        let dist = tempfile::tempdir().unwrap();
        let path = |name: &str| dist.path().join(name);
        fs::write(path("index.html"), "").unwrap();
        fs::write(path("a.css"), "p {\n  color: red; /* Danger. */\n}\n").unwrap();
        minify(dist.path()).unwrap();
        let minified = fs::read_to_string(path("a.css")).unwrap();
        assert_eq!(minified, "p{color:red;}");
    }

    #[test]
    fn a_hash_without_leading_zeros_changes_too() {
        let renamed = renamed("boot-123456789abcde.js", SCRIPT);
        assert!(renamed.is_some_and(|it| it != "boot-123456789abcde.js"));
    }

    #[test]
    fn modules_keep_what_they_export_and_scripts_what_they_declare() {
        let module = "export function start(module) { return module; }";
        let minified = minify_script(module).unwrap();
        assert!(minified.contains("export function start("), "{minified}");
        let script = "const greeting = 1; function start(name) { return [name, greeting]; }";
        let minified = minify_script(script).unwrap();
        assert!(minified.contains("function start("), "{minified}");
    }

    #[test]
    fn the_second_way_to_start_a_program_is_left_out() {
        let module = "let wasm; function initSync() { return wasm; }
            async function init() { return wasm ??= await fetch('a.wasm'); } export { initSync, init as default };";
        let minified = minify_script(module).unwrap();
        let functions = minified.matches("function").count();
        assert_eq!(functions, 1, "{minified}");
        assert!(minified.contains("as default}"), "{minified}");
    }

    #[test]
    fn a_script_with_a_syntax_error_is_named() {
        let dist = tempfile::tempdir().unwrap();
        fs::write(dist.path().join("index.html"), "").unwrap();
        fs::write(dist.path().join("broken.js"), "const = 1;").unwrap();
        let error = format!("{:#}", minify(dist.path()).unwrap_err());
        assert!(error.contains("broken.js"), "{error}");
    }

    #[test]
    fn only_a_hash_in_a_name_changes() {
        for name in ["sw.js", "sign-in.js", "a-0123.js", "b-0123456789abcdeg.js"] {
            assert_eq!(renamed(name, ""), None, "{name}");
        }
    }
}
