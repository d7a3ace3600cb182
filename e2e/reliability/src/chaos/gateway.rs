//! The gateway under attack: a process that is killed and restarted with the same data at the same address.
//!
//! It runs in its own process group, so that Ctrl-C in a terminal reaches only this program, which drains first.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use papagaio::process::Descendants;
use papagaio::wait;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// The time limit for starting. A start takes about a second unless the machine is busy.
const READY: Duration = Duration::from_mins(2);

/// The time limit for a graceful shutdown.
const END: Duration = Duration::from_secs(20);

/// How long the kernel may take to end the functions of a killed gateway.
const FUNCTIONS_END: Duration = Duration::from_secs(10);

/// The gateway's command line.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The directory with its executable and those of the functions.
    pub(super) programs: PathBuf,
    /// The SAM template.
    pub(super) template: PathBuf,
    /// The address to listen on.
    pub(super) listen: SocketAddr,
    /// The directory of its tables.
    pub(super) data: PathBuf,
    /// The file that its log is appended to.
    pub(super) log: PathBuf,
    /// The limit on the life of a connection.
    pub(super) max_duration: Duration,
    /// The limit on the silence of a connection.
    pub(super) idle_timeout: Duration,
}

/// A running gateway. It is killed on drop.
#[derive(Debug)]
pub(super) struct Gateway {
    settings: Settings,
    child: Child,
    /// The path of its endpoint.
    path: String,
    /// Kept open, because the gateway exits on a closed pipe.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Gateway {
    /// Starts the gateway, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or is not ready in time.
    pub(super) async fn start(settings: Settings) -> Result<Self> {
        let program = settings.programs.join("gateway");
        let log = File::options()
            .create(true)
            .append(true)
            .open(&settings.log)
            .with_context(|| format!("cannot write {}", settings.log.display()))?;
        let milliseconds = |time: Duration| format!("{}ms", time.as_millis());
        let mut child = Command::new(&program)
            .arg("--template")
            .arg(&settings.template)
            .arg("--functions")
            .arg(&settings.programs)
            .arg("--data")
            .arg(&settings.data)
            .args(["--listen", &settings.listen.to_string()])
            .args(["--max-duration", &milliseconds(settings.max_duration)])
            .args(["--idle-timeout", &milliseconds(settings.idle_timeout)])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}; build it with `cargo build -p papo-gateway -p papo-lambdas --bins`", program.display()))?;
        let output = child
            .stdout
            .take()
            .context("the gateway has no standard output")?;
        let mut output = BufReader::new(output).lines();
        let ready = timeout(READY, ready(&mut output)).await;
        let path = ready
            .with_context(|| {
                format!(
                    "the gateway was not ready within {}",
                    humantime::format_duration(READY)
                )
            })?
            .with_context(|| {
                format!(
                    "the gateway did not start; its log is {}",
                    settings.log.display()
                )
            })?;
        Ok(Self {
            settings,
            child,
            path,
            _output: output,
        })
    }

    /// The path of the endpoint, with its slash.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The current processes of its functions.
    ///
    /// # Errors
    ///
    /// If the system does not list them, or the gateway has exited.
    pub(super) fn functions(&self) -> Result<Descendants> {
        let id = self.child.id().context("the gateway exited by itself")?;
        Descendants::of(id)
    }

    /// Kills the gateway. Returns how many of its functions outlived it; those are killed, too.
    ///
    /// # Errors
    ///
    /// If the signal cannot be sent, or the gateway has exited before.
    pub(super) async fn kill(mut self) -> Result<(Settings, u64)> {
        if let Some(status) = self.child.try_wait()? {
            bail!(
                "the gateway exited by itself ({status}); its log is {}",
                self.settings.log.display()
            );
        }
        let functions = self.functions()?;
        self.child
            .kill()
            .await
            .context("could not kill the gateway")?;
        let orphaned = orphans(functions).await?;
        Ok((self.settings, orphaned))
    }

    /// Shuts the gateway down gracefully. Returns how many of its functions outlived it; those are killed.
    ///
    /// # Errors
    ///
    /// If it does not exit in time, or has exited before.
    pub(super) async fn stop(mut self) -> Result<u64> {
        let functions = self.functions()?;
        let id = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        kill_process(id.context("the gateway exited by itself")?, Signal::TERM)?;
        let status = timeout(END, self.child.wait()).await;
        let status = status.with_context(|| {
            format!(
                "the gateway did not exit within {}",
                humantime::format_duration(END)
            )
        })??;
        if !status.success() {
            bail!(
                "the gateway exited with {status}; its log is {}",
                self.settings.log.display()
            );
        }
        orphans(functions).await
    }
}

/// Reads the output until the gateway is ready. Returns the path of its endpoint.
async fn ready(output: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    let mut path = None;
    while let Some(line) = output.next_line().await? {
        if let Some(endpoint) = line.strip_prefix("endpoint: ws://") {
            path = endpoint.find('/').map(|slash| endpoint[slash..].to_owned());
        }
        if line.starts_with("dynamodb:") {
            return path.context("the gateway printed no endpoint");
        }
    }
    bail!("the gateway exited before it was ready")
}

/// Waits for the end of the functions, and kills those that remain. Returns how many that were.
async fn orphans(functions: Descendants) -> Result<u64> {
    let counted = tokio::task::spawn_blocking(move || {
        let ended = wait::until("the functions to exit", FUNCTIONS_END, || {
            let left = functions.still_running();
            match left.map_err(|error| error.to_string())? {
                left if left.is_empty() => Ok(()),
                left => Err(left.names().join(", ")),
            }
        });
        if ended.is_ok() {
            return Ok(0);
        }
        let left = functions.still_running()?;
        left.kill()?;
        Ok(left.names().len() as u64)
    });
    counted.await?
}

/// An address that the gateway can be restarted at.
///
/// Its port is outside the ephemeral range: otherwise an outgoing connection could take it while the gateway is down, even
/// one that is trying to reach the gateway.
///
/// # Errors
///
/// If no port is free.
pub(super) fn stable_address() -> Result<SocketAddr> {
    /// Below the ephemeral ports of Linux (`ip_local_port_range` in ip(7): from 32768), above those of common services.
    const PORTS: std::ops::Range<u16> = 15_000..32_000;
    let candidates =
        std::iter::repeat_with(|| SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(PORTS))));
    candidates
        .take(100)
        .find(|address| TcpListener::bind(address).is_ok())
        .with_context(|| format!("no free port between {} and {}", PORTS.start, PORTS.end))
}
