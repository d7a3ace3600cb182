//! A browser without a display, and its driver.
//!
//! Chromium or, if the variable `PAPO_BROWSER` is `firefox`, Firefox. `CHROMIUM`, `CHROMEDRIVER`, `FIREFOX` and `GECKODRIVER`
//! override the executables on PATH.

use std::env;
use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use papagaio::process::{Descendants, Process};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask_lib::CHROMIUM_ARGUMENTS;

use crate::bidi::BiDi;

/// Maximum number of attempts to start the driver: chromedriver takes a port that is free for IPv4, and exits if another program
/// has the same port for IPv6.
const STARTS: u32 = 3;

/// How long the driver may take to start, long enough for a busy machine.
const LIMIT: Duration = Duration::from_mins(1);

/// A kind of browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chromium or Chrome.
    Chromium,
    /// Firefox.
    Firefox,
}

impl Engine {
    /// The engine that `PAPO_BROWSER` names.
    ///
    /// # Errors
    ///
    /// If it names another engine.
    pub fn from_environment() -> Result<Self> {
        match env::var("PAPO_BROWSER").as_deref() {
            Err(_) | Ok("" | "chromium") => Ok(Self::Chromium),
            Ok("firefox") => Ok(Self::Firefox),
            Ok(other) => bail!("PAPO_BROWSER={other}: expected chromium or firefox"),
        }
    }

    /// The command that starts the driver on a free port, and what it prints before the number of that port.
    fn driver(self) -> (Command, &'static str) {
        match self {
            Self::Chromium => {
                let mut command = Command::new(program("CHROMEDRIVER", "chromedriver"));
                command.arg("--port=0");
                (command, "started successfully on port ")
            }
            Self::Firefox => {
                let mut command = Command::new(program("GECKODRIVER", "geckodriver"));
                command.args(["--port", "0", "--websocket-port", "0"]);
                (command, "Listening on 127.0.0.1:")
            }
        }
    }

    fn capabilities(self, profile: &TempDir) -> Capabilities {
        let profile = profile.path().display().to_string();
        let (name, variable, arguments) = match self {
            Self::Chromium => {
                let mut arguments: Vec<_> = CHROMIUM_ARGUMENTS.map(str::to_owned).into();
                arguments.push(format!("--user-data-dir={profile}"));
                ("goog:chromeOptions", "CHROMIUM", arguments)
            }
            Self::Firefox => {
                let arguments = vec!["-headless".to_owned(), "-profile".to_owned(), profile];
                ("moz:firefoxOptions", "FIREFOX", arguments)
            }
        };
        let mut options = json!({ "args": arguments });
        // By default, the driver looks in the usual places.
        if let Some(binary) = env::var_os(variable).filter(|value| !value.is_empty()) {
            options["binary"] = binary.to_string_lossy().into();
        }
        let mut capabilities = Capabilities::new();
        capabilities.insert(name.into(), options);
        capabilities
    }
}

/// A browser with a fresh profile. Its processes end when it is dropped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Process,
    /// Where the driver listens, on the loopback interface.
    port: u16,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser with its driver.
    ///
    /// # Errors
    ///
    /// If one of the two is missing or does not start.
    pub async fn start(engine: Engine) -> Result<Self> {
        Self::start_with(engine, Capabilities::new()).await
    }

    /// The same, with a connection for WebDriver BiDi.
    ///
    /// # Errors
    ///
    /// If one of the two is missing, does not start, or does not support BiDi.
    pub async fn start_with_bidi(engine: Engine) -> Result<(Self, BiDi)> {
        let wanted = Capabilities::from_iter([("webSocketUrl".to_owned(), Value::Bool(true))]);
        let browser = Self::start_with(engine, wanted).await?;
        let capabilities = browser.client.capabilities();
        let url = capabilities.and_then(|it| it.get("webSocketUrl")?.as_str());
        let url = url.context("the driver does not support WebDriver BiDi")?;
        let bidi = BiDi::connect(url).await?;
        Ok((browser, bidi))
    }

    async fn start_with(engine: Engine, wanted: Capabilities) -> Result<Self> {
        let (driver, port) = start_driver(engine)?;
        let profile = tempfile::tempdir()?;
        let mut capabilities = engine.capabilities(&profile);
        capabilities.extend(wanted);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .with_context(|| format!("{engine:?} does not start"))?;
        Ok(Self {
            client,
            driver,
            port,
            _profile: profile,
        })
    }

    /// The connection to its driver.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The port of its driver, on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
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

impl Drop for Browser {
    fn drop(&mut self) {
        // A driver does not always end its browser.
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

/// Starts the driver, and returns the port that it chose.
fn start_driver(engine: Engine) -> Result<(Process, u16)> {
    let mut starts = 1;
    loop {
        let (command, before_port) = engine.driver();
        let port = |line: &str| {
            let (_, port) = line.split_once(before_port)?;
            port.trim_end_matches('.').parse().ok()
        };
        match Process::spawn_until(command, LIMIT, port) {
            Ok(started) => return Ok(started),
            Err(error) if starts == STARTS => {
                return Err(error.context(format!(
                    "the driver of {engine:?} does not start; `cargo xtask test` installs it, or says what to install"
                )));
            }
            Err(_) => starts += 1,
        }
    }
}
