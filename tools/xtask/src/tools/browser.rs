//! Chromium and the driver that tests steer it with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{debian, path};

/// What the browser is called, by Debian first.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const DRIVER: &str = "chromedriver";

/// What is said where we may not install anything ourselves.
const ADVICE: &str = "install Chromium and its driver in the same version: the packages chromium and chromium-driver on \
                      Debian, chromium-chromedriver on Ubuntu, or Google Chrome with \
                      https://googlechromelabs.github.io/chrome-for-testing";

/// What Chromium needs in order to run without a screen, as root in a container, and without a word to anybody.
const ARGUMENTS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];

/// A browser and a driver of the same major version.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

/// # Errors
/// When one of the two is missing and cannot be installed, or when they do not fit together.
pub(crate) fn provide() -> Result<Browser> {
    if find().is_none() && debian::can_install() {
        debian::install(&["chromium", "chromium-driver"])?;
    }
    let (browsers, driver) =
        find().with_context(|| format!("no Chromium, or no chromedriver, on PATH: {ADVICE}"))?;
    let driver_version = path::version(&driver)?;
    let mut versions = Vec::new();
    // A machine may have several, such as those that build for others.
    for chromium in browsers {
        let version = path::version(&chromium)?;
        if path::major(&version) == path::major(&driver_version) {
            return Ok(Browser { chromium, driver });
        }
        versions.push(version);
    }
    bail!(
        "Chromium {} and chromedriver {driver_version} do not fit together: {ADVICE}",
        versions.join(" or ")
    )
}

/// All browsers on PATH and the driver, where there is at least one of each.
fn find() -> Option<(Vec<PathBuf>, PathBuf)> {
    let browsers: Vec<PathBuf> = CHROMIUM
        .iter()
        .filter_map(|name| path::find(name))
        .collect();
    if browsers.is_empty() {
        None
    } else {
        Some((browsers, path::find(DRIVER)?))
    }
}

impl Browser {
    /// The capabilities that wasm-bindgen-test-runner asks the driver for, as it reads them from a `webdriver.json`.
    pub(crate) fn capabilities(&self) -> String {
        capabilities(&self.chromium)
    }
}

fn capabilities(chromium: &Path) -> String {
    serde_json::json!({ "goog:chromeOptions": { "binary": chromium, "args": ARGUMENTS } })
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::capabilities;
    use std::path::Path;

    #[test]
    fn the_driver_is_told_which_browser_to_start_and_how() {
        let json: serde_json::Value =
            serde_json::from_str(&capabilities(Path::new("/usr/bin/chromium"))).unwrap();
        let options = &json["goog:chromeOptions"];
        assert_eq!(options["binary"], "/usr/bin/chromium");
        assert!(
            options["args"]
                .as_array()
                .unwrap()
                .iter()
                .any(|argument| argument == "--no-sandbox")
        );
    }
}
