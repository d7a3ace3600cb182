//! Makes the scripts and style sheets in `dist/` smaller: without comments and white space. Trunk's own minifier does not understand
//! the script that wasm-bindgen writes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha384};
use xtask_lib::sizes;

/// Minifies all scripts and style sheets in `dist`. Where Trunk put a hash of the contents into the page or the file's name, the hash of the new
/// contents takes its place.
pub(crate) fn files(dist: &Path) -> Result<()> {
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
    write(&page, &html)
}

/// The minifier for the file, if there is one.
fn minifier_of(path: &Path) -> Option<fn(&str) -> Result<String>> {
    match path.extension()?.to_str()? {
        "js" => Some(|script| Ok(minifier::js::minify(script).to_string())),
        "css" => Some(|sheet| {
            let sheet = minifier::css::minify(sheet).map_err(|error| anyhow!("{error}"))?;
            Ok(sheet.to_string())
        }),
        _ => None,
    }
}

/// The hash of a file for the attribute `integrity`.
fn integrity(contents: &str) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(contents)))
}

/// The name of a file with the hash of `contents`, if the name has a hash: browsers may keep such a file for ever, so that other
/// contents need another name.
fn renamed(name: &str, contents: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let (stem, hash) = stem.rsplit_once('-')?;
    let is_hash = hash.len() == 16 && hash.bytes().all(|it| it.is_ascii_hexdigit());
    is_hash.then(|| {
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
    use super::{files, integrity, renamed};
    use std::fs;

    const SCRIPT: &str = "// Greets.\nconst text = `a  // b`;\nconsole.log(text);\n";
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
        fs::write(path("index.html"), page(NAME, &integrity(SCRIPT))).unwrap();

        files(dist.path()).unwrap();

        let minified = "const text=`a  // b`;console.log(text);";
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
        files(dist.path()).unwrap();
        let minified = fs::read_to_string(path("a.css")).unwrap();
        assert_eq!(minified, "p{color:red;}");
    }

    #[test]
    fn only_a_hash_in_a_name_changes() {
        for name in ["sw.js", "sign-in.js", "a-0123.js", "b-0123456789abcdeg.js"] {
            assert_eq!(renamed(name, ""), None, "{name}");
        }
    }
}
