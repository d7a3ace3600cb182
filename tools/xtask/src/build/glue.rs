//! Makes the JavaScript that stands between the page and the app smaller.
//!
//! `wasm-bindgen` writes it to be read, and names each of some 150 imports and a few exports after what it is and a hash
//! that no compression can take away, once in the script and once in the module. Nobody reads either in production.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tools::terser::Terser;

/// Gives all that is named with a hash short names, in the script and in the module that belongs to it.
///
/// # Errors
/// When a file in `dist` cannot be read or written.
pub(crate) fn shorten_names(dist: &Path) -> Result<()> {
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
        let mut names = names(&text);
        for module in &modules {
            let bytes = fs::read(module).with_context(|| module.display().to_string())?;
            // In the order in which the module has them, they compress best.
            names.sort_by_cached_key(|name| find(&bytes, name.as_bytes()));
            let renamed = rename_in_module(&bytes, &names)
                .with_context(|| format!("{} is no WebAssembly", module.display()))?;
            fs::write(module, renamed)?;
        }
        fs::write(script, rename(text.as_bytes(), &names, str::to_owned))?;
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

/// The words that begin as those of `wasm-bindgen` do and end with 16 hexadecimal digits.
fn names(script: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let words = script.split(|c| !is_part(c));
    let mut names: Vec<_> = words.filter(|word| has_hash(word)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn has_hash(word: &str) -> bool {
    let begins = ["__wbg_", "__wbindgen_", "wasm_bindgen_"];
    let hash = word.len().checked_sub(16).and_then(|at| word.get(at..));
    begins.iter().any(|it| word.starts_with(it))
        && hash.is_some_and(|hash| hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Puts a short name in the place of each. `written` gives a name as it is written in these bytes.
fn rename(bytes: &[u8], names: &[&str], written: impl Fn(&str) -> String) -> Vec<u8> {
    let mut renamed = bytes.to_vec();
    for (number, name) in names.iter().enumerate() {
        let (long, short) = (written(name), written(&short(number)));
        let mut at = 0;
        while let Some(found) = find(&renamed[at..], long.as_bytes()) {
            at += found;
            renamed.splice(at..at + long.len(), short.bytes());
        }
    }
    renamed
}

/// `a`, `b` and so on; `ab` follows on `z`.
fn short(mut number: usize) -> String {
    let mut name = String::new();
    loop {
        name.extend(('a'..='z').nth(number % 26));
        number /= 26;
        if number == 0 {
            return name;
        }
    }
}

/// The sections of a module with its imports and its exports:
/// <https://webassembly.github.io/spec/core/binary/modules.html#sections>.
const WITH_NAMES: [u8; 2] = [2, 7];

/// Gives the imports and exports of a module short names. `None` if it is no module.
///
/// A module is a header of 8 bytes and sections, each with a byte that says which it is, its size, and its content.
fn rename_in_module(module: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let (header, mut rest) = module.split_at_checked(8)?;
    let mut renamed = header.to_vec();
    while let Some((&section, after)) = rest.split_first() {
        let (size, after) = read_number(after)?;
        let (content, after) = after.split_at_checked(size)?;
        rest = after;
        let content = if WITH_NAMES.contains(&section) {
            // A name follows its length, which fits a byte as long as it is below 128.
            rename(content, names, |name| {
                let length = u8::try_from(name.len()).ok().filter(u8::is_ascii);
                format!("{}{name}", char::from(length.unwrap_or_default()))
            })
        } else {
            content.to_vec()
        };
        renamed.push(section);
        write_number(&mut renamed, content.len());
        renamed.extend(content);
    }
    Some(renamed)
}

/// Reads an unsigned number in LEB128, and gives what follows it.
fn read_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let length = bytes.iter().position(u8::is_ascii)? + 1;
    let (number, after) = bytes.split_at(length);
    let digits = number.iter().rev();
    let number = digits.fold(0_usize, |sum, digit| sum << 7 | usize::from(digit & 0x7f));
    Some((number, after))
}

/// Writes a number in LEB128.
fn write_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(0x80 | number.to_le_bytes()[0]);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
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
    fn imports_are_named_anew_in_both_files() {
        let dist = tempfile::tempdir().unwrap();
        let (script, module) = (dist.path().join("a.js"), dist.path().join("a.wasm"));
        let imports = b"\x02\x01m\x1c__wbg_close_0123456789abcdef\0\0\x01m\x1b__wbg_open_fedcba9876543210\0\0";
        let before = module_of(&[(1, b"types"), (2, imports), (10, &[7; 300])]);
        fs::write(&script, SCRIPT).unwrap();
        fs::write(&module, before).unwrap();
        shorten_names(dist.path()).unwrap();
        assert_eq!(
            fs::read_to_string(script).unwrap(),
            "const i={a:function(a){},b(){}};function __wbg_get_imports(){}"
        );
        let imports = b"\x02\x01m\x01a\0\0\x01m\x01b\0\0";
        let after = module_of(&[(1, b"types"), (2, imports), (10, &[7; 300])]);
        assert_eq!(fs::read(module).unwrap(), after);
    }

    fn module_of(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        for (section, content) in sections {
            module.push(*section);
            write_number(&mut module, content.len());
            module.extend(*content);
        }
        module
    }

    #[test]
    fn what_is_no_module_is_not_written_as_one() {
        let whole = module_of(&[(1, b"types"), (2, b"\0")]);
        for end in [0, 7, 9, 10, 12, whole.len() - 1] {
            assert_eq!(rename_in_module(&whole[..end], &[]), None, "{end}");
        }
    }

    #[test]
    fn every_import_has_a_name_of_its_own() {
        let names: Vec<_> = (0..2_000).map(|n| format!("__wbg_a_{n:016x}")).collect();
        let script = names.join(" ");
        let renamed = rename(script.as_bytes(), &super::names(&script), str::to_owned);
        let renamed = String::from_utf8(renamed).unwrap();
        assert_eq!(
            renamed
                .split(' ')
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            names.len()
        );
    }
}
