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
    let browser = match find() {
        Some(browser) => browser,
        None if debian::can_install() => {
            debian::install(&["chromium", "chromium-driver"])?;
            find().context(
                "apt-get installed chromium and chromium-driver, but they are not on PATH",
            )?
        }
        None => bail!("no Chromium, or no chromedriver, on PATH: {ADVICE}"),
    };
    let (chromium, driver) = (
        path::version(&browser.chromium)?,
        path::version(&browser.driver)?,
    );
    if path::major(&chromium) != path::major(&driver) {
        bail!("Chromium {chromium} and chromedriver {driver} do not fit together: {ADVICE}");
    }
    Ok(browser)
}

fn find() -> Option<Browser> {
    let chromium = CHROMIUM.iter().find_map(|name| path::find(name))?;
    Some(Browser {
        chromium,
        driver: path::find(DRIVER)?,
    })
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
