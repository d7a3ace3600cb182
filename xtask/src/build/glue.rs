//! Makes the JavaScript that stands between the page and the app smaller.
//!
//! `wasm-bindgen` writes it to be read, and names each of some 150 imports after what it is and a hash that no compression
//! can take away, once in the script and once in the module. Nobody reads either in production.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tools::terser::Terser;

/// Gives all imports short names, in the script and in the module that belongs to it.
///
/// # Errors
/// When a file in `dist` cannot be read or written.
pub(crate) fn rename_imports(dist: &Path) -> Result<()> {
    let (mut scripts, mut modules) = (Vec::new(), Vec::new());
    for path in files(dist)? {
        match path.extension().and_then(|it| it.to_str()) {
            Some("js") => scripts.push(path),
            Some("wasm") => modules.push(path),
            _ => {}
        }
    }
    for script in &scripts {
        let text = fs::read_to_string(script).with_context(|| script.display().to_string())?;
        let names = imports(&text);
        fs::write(script, rename(text.as_bytes(), &names))?;
        for module in &modules {
            let bytes = fs::read(module).with_context(|| module.display().to_string())?;
            fs::write(module, rename(&bytes, &names))?;
        }
    }
    Ok(())
}

/// Writes the script as short as it can be.
///
/// # Errors
/// When it is no JavaScript.
pub(crate) fn shorten_script(dist: &Path, terser: &Terser) -> Result<()> {
    let is_script = |path: &PathBuf| path.extension().is_some_and(|it| it == "js");
    for script in files(dist)?.iter().filter(|path| is_script(path)) {
        terser.shorten(script)?;
    }
    Ok(())
}

fn files(dist: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dist).with_context(|| dist.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    paths.collect()
}

/// The names of the imports: `__wbg_`, what it is, and 16 hexadecimal digits.
fn imports(script: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let words = script.split(|c| !is_part(c));
    words
        .filter(|word| {
            word.starts_with("__wbg_")
                && word.rsplit_once('_').is_some_and(|(_, hash)| {
                    hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit())
                })
        })
        .collect()
}

/// Puts another name of the same length in the place of each, so that nothing in the module moves: underscores, which
/// compress to nothing, and a number.
fn rename(bytes: &[u8], names: &BTreeSet<&str>) -> Vec<u8> {
    let mut renamed = bytes.to_vec();
    for (number, name) in names.iter().enumerate() {
        let short = format!("{number:_>width$}", width = name.len());
        let mut at = 0;
        while let Some(found) = find(&renamed[at..], name.as_bytes()) {
            at += found;
            renamed[at..at + name.len()].copy_from_slice(short.as_bytes());
        }
    }
    renamed
}

fn find(bytes: &[u8], name: &[u8]) -> Option<usize> {
    bytes.windows(name.len()).position(|window| window == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "const i={__wbg_close_0123456789abcdef:function(a){},__wbg_open_fedcba9876543210(){}};\
                          function __wbg_get_imports(){}";

    #[test]
    fn imports_are_named_anew_in_both_files_and_nothing_moves() {
        let dist = tempfile::tempdir().unwrap();
        let (script, module) = (dist.path().join("a.js"), dist.path().join("a.wasm"));
        let before = b"\0asm\x1c__wbg_close_0123456789abcdef\x1b__wbg_open_fedcba9876543210";
        fs::write(&script, SCRIPT).unwrap();
        fs::write(&module, before).unwrap();
        rename_imports(dist.path()).unwrap();
        let (text, bytes) = (
            fs::read_to_string(script).unwrap(),
            fs::read(module).unwrap(),
        );
        assert!(
            !text.contains("abcdef") && text.contains("__wbg_get_imports"),
            "{text}"
        );
        assert_eq!((text.len(), bytes.len()), (SCRIPT.len(), before.len()));
        let close = format!("{:_>28}", 0);
        assert!(text.contains(&close) && find(&bytes, close.as_bytes()).is_some());
    }

    #[test]
    fn every_import_has_a_name_of_its_own() {
        let names: Vec<_> = (0..2_000).map(|n| format!("__wbg_a_{n:016x}")).collect();
        let script = names.join(" ");
        let renamed = rename(script.as_bytes(), &imports(&script));
        let renamed = String::from_utf8(renamed).unwrap();
        assert_eq!(
            renamed.split(' ').collect::<BTreeSet<_>>().len(),
            names.len()
        );
    }
}
