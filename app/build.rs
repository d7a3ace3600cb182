//! Scopes each component's style to its own class.
//!
//! `NAME.css` beside `NAME.rs` is in `stylist`'s dialect: declarations outside of a block apply to the element with the class
//! `papo-NAME`, and selectors match inside that element only. Browsers read the same as nested CSS within a rule for that class.
//! `stylist` could scope it in the browser too; at build time, it finds mistakes, and the download does without its parser.
//!
//! Generates `styles.css`, which `src/styles.rs` includes. The classes are literals in the components: Yew turns any other
//! expression into a set of classes first, which takes a kilobyte of download.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, anyhow, ensure};
use stylist::StyleSource;

/// The folders of the components.
const FOLDERS: [&str; 2] = ["src", "src/components"];

fn main() -> Result<()> {
    let mut sheet = String::new();
    for path in files()? {
        let css = fs::read_to_string(&path).with_context(|| shown(&path))?;
        css.parse::<StyleSource>()
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| shown(&path))?;
        sheet.extend([".", &class(&path)?, "{", &shortened(&css), "}"]);
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    fs::write(out.join("styles.css"), sheet).with_context(|| shown(&out))
}

/// The class of the component that `NAME.css` belongs to. An error if `NAME.rs` has no element with it.
fn class(css: &Path) -> Result<String> {
    let component = css.with_extension("rs");
    let name = css.file_stem().unwrap_or_default().to_string_lossy();
    let class = format!("papo-{}", name.replace('_', "-"));
    let code = fs::read_to_string(&component).with_context(|| shown(&component))?;
    let attribute = format!("class=\"{class}\"");
    ensure!(
        code.contains(&attribute),
        "{} has no element with {attribute}, so nothing would have the styles of {}",
        shown(&component),
        shown(css)
    );
    Ok(class)
}

/// White space that only people need, and the last semicolon of a block.
const REDUNDANT: [(&str, &str); 7] = [
    (": ", ":"),
    ("; ", ";"),
    (", ", ","),
    (" {", "{"),
    ("{ ", "{"),
    (" }", "}"),
    (";}", "}"),
];

/// The sheet without comments, which have lines of their own, and without what is redundant.
fn shortened(css: &str) -> String {
    let lines = css.lines().map(str::trim);
    let code: String = lines.filter(|line| !line.starts_with("/*")).collect();
    let shorten = |css: String, (long, short): (&str, &str)| css.replace(long, short);
    REDUNDANT.into_iter().fold(code, shorten)
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
