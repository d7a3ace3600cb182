//! Chromium and its WebDriver server.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::{debian, path};
use crate::progress::Task;
use xtask_lib::CHROMIUM_ARGUMENTS;

/// Names of the browser: Debian, Ubuntu, Google.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const DRIVER: &str = "chromedriver";

/// The remedy where we cannot install packages.
const ADVICE: &str = "install Chromium and its driver in the same version: the packages chromium and chromium-driver on \
                      Debian, chromium-chromedriver on Ubuntu, or Google Chrome with \
                      https://googlechromelabs.github.io/chrome-for-testing";

/// A browser and a driver of the same major version.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Fails unless [`provide`] will find a browser or install one.
///
/// # Errors
/// When it is missing or has another version than its driver, with the remedy.
pub(crate) fn require() -> Result<()> {
    if is_to_be_installed() {
        return Ok(());
    }
    choose().map(drop)
}

pub(crate) fn provide() -> Result<Browser> {
    if is_to_be_installed() {
        let task = Task::start("installing Chromium");
        debian::install(&["chromium", "chromium-driver"], &task)?;
        task.finish();
    }
    choose()
}

fn is_to_be_installed() -> bool {
    find().is_none() && debian::can_install()
}

/// The browser on PATH whose driver is there too.
fn choose() -> Result<Browser> {
    let (browsers, driver) =
        find().with_context(|| format!("Chromium or chromedriver is not on PATH: {ADVICE}"))?;
    let driver_version = path::version(&driver)?;
    let mut versions = Vec::new();
    // Build machines often have several browsers.
    for chromium in browsers {
        let version = path::version(&chromium)?;
        if path::major(&version) == path::major(&driver_version) {
            return Ok(Browser { chromium, driver });
        }
        versions.push(version);
    }
    bail!(
        "Chromium {} and chromedriver {driver_version} differ in version: {ADVICE}",
        versions.join(" or ")
    )
}

/// All browsers on PATH and the driver, if there is at least one of each.
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
    /// The capabilities that wasm-bindgen-test-runner requests, in the format of its `webdriver.json`.
    pub(crate) fn capabilities(&self) -> String {
        let options = json!({ "binary": self.chromium, "args": CHROMIUM_ARGUMENTS });
        json!({ "goog:chromeOptions": options }).to_string()
    }
}
