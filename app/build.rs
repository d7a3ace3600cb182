//! Scopes each component's style to a class of its own.
//!
//! `NAME.css` beside a component is in `stylist`'s dialect: declarations outside of a block apply to the element with the
//! component's class, and selectors match inside that element only. `stylist` could do this in the browser too; at build
//! time, the download contains its result instead of its parser, a tenth of the size.
//!
//! Generates `styles.rs`, which `src/styles.rs` includes: a constant for the class of each component, and the sheet.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, anyhow};
use stylist::Style;

/// The folders of the components.
const FOLDERS: [&str; 2] = ["src", "src/components"];

fn main() -> Result<()> {
    let mut code = String::new();
    let mut sheet = String::new();
    for path in files()? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let css = fs::read_to_string(&path).with_context(|| shown(&path))?;
        let style = Style::create(name.replace('_', "-"), css.as_str())
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| shown(&path))?;
        let class = style.get_class_name();
        let constant = name.to_uppercase();
        writeln!(
            code,
            "/// The class of `{name}.css`.\npub const {constant}: AttrValue = AttrValue::Static({class:?});"
        )?;
        sheet.extend(style.get_style_str().lines().map(shortened));
    }
    writeln!(
        code,
        "/// The styles of all components.\npub const SHEET: &str = {sheet:?};"
    )?;
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    fs::write(out.join("styles.rs"), code).with_context(|| shown(&out))
}

/// A line of a sheet without the white space that only people need.
fn shortened(line: &str) -> String {
    line.trim()
        .replacen(": ", ":", 1)
        .replace(" {", "{")
        .replace(", ", ",")
}

fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        for entry in fs::read_dir(folder).context(folder)? {
            let path = entry.context(folder)?.path();
            if path.extension().is_some_and(|extension| extension == "css") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
