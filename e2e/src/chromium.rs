//! Chromium and its driver. The variables `CHROMIUM` and `CHROMEDRIVER` override the executables on PATH.

use std::env;
use std::ffi::OsString;
use std::process::Command;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use papagaio::process::{Descendants, Process};
use serde_json::json;
use tempfile::TempDir;
use xtask_lib::CHROMIUM_ARGUMENTS;

use crate::devtools::DevTools;

/// How long the driver may take to start, long enough for a busy machine.
const LIMIT: Duration = Duration::from_mins(1);

/// A browser with a fresh profile. Its processes end when it is dropped.
#[derive(Debug)]
pub struct Chromium {
    client: Client,
    devtools: DevTools,
    driver: Process,
    _profile: TempDir,
}

impl Chromium {
    /// Starts it with its driver.
    ///
    /// # Errors
    ///
    /// If one of the two is missing or does not start.
    pub async fn start() -> Result<Self> {
        let program = program("CHROMEDRIVER", "chromedriver");
        let mut command = Command::new(&program);
        command.arg("--port=0");
        let (driver, lines) = Process::spawn(command).context(
            "the driver of Chromium is missing: `cargo xtask test` installs it, or says what to install",
        )?;
        let port = port(&lines)?;
        let profile = tempfile::tempdir()?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&profile))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .context("Chromium does not start")?;
        Ok(Self {
            client,
            devtools: DevTools::at(port),
            driver,
            _profile: profile,
        })
    }

    /// The connection to its driver.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What only `DevTools` can do with the current tab.
    pub fn devtools(&self) -> DevTools {
        self.devtools.clone()
    }

    /// The processes of the browser.
    ///
    /// # Errors
    ///
    /// If they cannot be listed on this system.
    pub fn processes(&self) -> Result<Descendants> {
        self.driver.descendants()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // ChromeDriver does not always end its browser.
        if let Ok(processes) = self.driver.descendants() {
            let _ = processes.kill();
        }
    }
}

fn program(variable: &str, name: &str) -> OsString {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| name.into())
}

fn capabilities(profile: &TempDir) -> Capabilities {
    let mut arguments: Vec<_> = CHROMIUM_ARGUMENTS.map(str::to_owned).into();
    arguments.push(format!("--user-data-dir={}", profile.path().display()));
    let mut options = json!({ "args": arguments });
    // By default, the driver looks in the usual places.
    if let Some(chromium) = env::var_os("CHROMIUM").filter(|value| !value.is_empty()) {
        options["binary"] = chromium.to_string_lossy().into();
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("goog:chromeOptions".into(), options);
    capabilities
}

/// The free port that the driver chose.
fn port(lines: &Receiver<String>) -> Result<u16> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(line) = lines.recv_timeout(left) else {
            bail!("the driver of Chromium did not say \"started successfully on port N\"");
        };
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            let port = port.trim_end_matches('.');
            return port.parse().with_context(|| line.clone());
        }
    }
}
