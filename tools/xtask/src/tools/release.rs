//! Prebuilt programs from a GitHub release, each archive checked against the checksum published beside it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use sha2::{Digest as _, Sha256};
use xtask_lib::sizes;

use super::path;
use crate::process;
use crate::progress::Task;

/// Names a mirror of GitHub to download from, `https://github.com` by default.
const MIRROR: &str = "PAPO_GITHUB_URL";

/// Seconds until an unreachable server counts as such.
const CONNECT_TIMEOUT: &str = "10";

/// Seconds for one download, the largest being about 10 MB.
const TIMEOUT: &str = "300";

/// Where a tool's archives are. `{version}` and `{target}` are replaced in `tag` and `archive`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release<'a> {
    /// `owner/name`
    pub(crate) repository: &'a str,
    pub(crate) version: &'a str,
    pub(crate) tag: &'a str,
    /// The archive's name without `.tar.gz`.
    pub(crate) archive: &'a str,
    /// The ending of the file with the checksum, added to the archive's name.
    pub(crate) checksum: &'a str,
    /// Shared libraries that the programs load from `../lib`.
    pub(crate) libraries: &'a [&'a str],
}

impl Release<'_> {
    fn archive(&self, target: &str) -> String {
        let name = self.archive.replace("{version}", self.version);
        format!("{}.tar.gz", name.replace("{target}", target))
    }

    fn url(&self, archive: &str) -> String {
        let mirror = std::env::var(MIRROR).unwrap_or_else(|_| "https://github.com".to_owned());
        let tag = self.tag.replace("{version}", self.version);
        let repository = self.repository;
        format!("{mirror}/{repository}/releases/download/{tag}/{archive}")
    }
}

/// Downloads the archive for this machine and puts its `programs` into `bin` of `directory`, and their libraries into `lib`.
pub(crate) fn download(
    release: Release<'_>,
    programs: &[&str],
    directory: &Path,
    task: &Task,
) -> Result<()> {
    let target = target().context("there are no prebuilt programs for this machine")?;
    let name = release.archive(&target);
    let url = release.url(&name);
    task.note(format!("downloading {url}"));
    let archive = directory.join(&name);
    let checksum = directory.join("checksum");
    fetch(&format!("{url}.{}", release.checksum), &checksum, task)?;
    fetch(&url, &archive, task)?;
    // That the server cannot be reached is common, but a broken download is not.
    verify(&archive, &fs::read_to_string(&checksum)?)
        .inspect_err(|error| task.say(&format!("not used: {error}")))?;

    let unpacked = directory.join("unpacked");
    fs::create_dir_all(&unpacked)?;
    let mut tar = process::command("tar");
    tar.arg("-xzf").arg(&archive).arg("-C").arg(&unpacked);
    task.run_quietly(&mut tar)?;
    let found = sizes::files(&unpacked)?;
    let install = |place: &str, files: &[&str], is_wanted: fn(&Path) -> bool| -> Result<()> {
        let place = directory.join(place);
        for wanted in files {
            let file = found
                .iter()
                .find(|it| it.ends_with(wanted) && is_wanted(it));
            let file = file.with_context(|| format!("{name} has no {wanted}"))?;
            fs::create_dir_all(&place)?;
            fs::rename(file, place.join(wanted))?;
        }
        Ok(())
    };
    install("bin", programs, path::is_executable)?;
    install("lib", release.libraries, Path::is_file)?;
    fs::remove_dir_all(&unpacked)?;
    fs::remove_file(&archive)?;
    fs::remove_file(&checksum)?;
    Ok(())
}

/// The target that statically linked programs for this machine are built for.
fn target() -> Option<String> {
    let system = match std::env::consts::OS {
        "linux" => "unknown-linux-musl",
        "macos" => "apple-darwin",
        _ => return None,
    };
    Some(format!("{}-{system}", std::env::consts::ARCH))
}

/// Uses curl, which macOS and most Linux distributions have and which honours the proxy settings of the environment.
fn fetch(url: &str, to: &Path, task: &Task) -> Result<()> {
    let mut curl = process::command("curl");
    curl.args(["--fail", "--silent", "--show-error", "--location"])
        .args(["--connect-timeout", CONNECT_TIMEOUT, "--max-time", TIMEOUT])
        .arg("--output")
        .arg(to)
        .arg(url);
    task.run_quietly(&mut curl)
}

/// Compares the archive with its published checksum: 64 hexadecimal digits, perhaps followed by the file's name.
fn verify(archive: &Path, published: &str) -> Result<()> {
    let expected = published.split_whitespace().next().unwrap_or_default();
    let bytes = fs::read(archive).with_context(|| format!("cannot read {}", archive.display()))?;
    let actual = hex::encode(Sha256::digest(&bytes));
    ensure!(
        expected.eq_ignore_ascii_case(&actual),
        "{} has the SHA-256 checksum {actual}, but {expected} is published",
        archive.file_name().unwrap_or_default().display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Release, verify};

    /// SHA-256 of `abc`, from FIPS 180-4.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn archives_are_named_after_version_and_target() {
        let release = Release {
            repository: "wasm-bindgen/wasm-bindgen",
            version: "0.2.130",
            tag: "{version}",
            archive: "wasm-bindgen-{version}-{target}",
            checksum: "sha256sum",
            libraries: &[],
        };
        let archive = release.archive("x86_64-unknown-linux-musl");
        assert_eq!(
            archive,
            "wasm-bindgen-0.2.130-x86_64-unknown-linux-musl.tar.gz"
        );
        assert!(release.url(&archive).ends_with(
            "/wasm-bindgen/wasm-bindgen/releases/download/0.2.130/wasm-bindgen-0.2.130-x86_64-unknown-linux-musl.tar.gz"
        ));
    }

    #[test]
    fn accepts_the_published_checksum_with_and_without_a_file_name() {
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("a.tar.gz");
        std::fs::write(&archive, "abc").unwrap();
        verify(&archive, ABC).unwrap();
        verify(&archive, &format!("{ABC}  release/a.tar.gz\n")).unwrap();
    }

    #[test]
    fn rejects_any_other_checksum() {
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("a.tar.gz");
        std::fs::write(&archive, "abd").unwrap();
        for published in [ABC, "", "<html>not found</html>"] {
            let error = verify(&archive, published).unwrap_err().to_string();
            assert!(error.contains("is published"), "{error}");
        }
    }
}
