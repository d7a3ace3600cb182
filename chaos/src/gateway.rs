//! The gateway under attack: a process that is killed and started again with the same data at the same address.
//!
//! It runs in a process group of its own, so that Ctrl-C in a terminal reaches this program only, which has to see that all
//! come to rest first.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use papagaio::process::Descendants;
use papagaio::{duration, wait};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long it may take to be ready. It is done in a second, unless the machine is busy.
const READY: Duration = Duration::from_mins(2);

/// How long it may take to end when it is asked to.
const END: Duration = Duration::from_secs(20);

/// How long the kernel may take to end the functions of a gateway that was killed.
const FUNCTIONS_END: Duration = Duration::from_secs(10);

/// What the gateway is started with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where it, and the functions, are.
    pub(crate) programs: PathBuf,
    /// The SAM template.
    pub(crate) template: PathBuf,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Where its tables are.
    pub(crate) data: PathBuf,
    /// Where its log goes.
    pub(crate) log: PathBuf,
    /// How long a connection may last.
    pub(crate) max_duration: Duration,
    /// How long a connection may be silent.
    pub(crate) idle_timeout: Duration,
}

/// A gateway that runs. It is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    settings: Settings,
    child: Child,
    /// The path of its endpoint.
    path: String,
    /// Held open, because a gateway that nobody listens to is not what is tried here.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Gateway {
    /// Starts it, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// If it does not become ready.
    pub(crate) async fn start(settings: Settings) -> Result<Self> {
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
            .with_context(|| format!("the gateway was not ready within {}", duration::show(READY)))?
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
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Its functions' processes, as they are now.
    ///
    /// # Errors
    ///
    /// If the system does not say, or the gateway has ended.
    pub(crate) fn functions(&self) -> Result<Descendants> {
        let id = self.child.id().context("the gateway has ended by itself")?;
        Descendants::of(id)
    }

    /// Kills it. How many of its functions were still there a while later; they are killed then.
    ///
    /// # Errors
    ///
    /// If the system refuses, or the gateway has ended before.
    pub(crate) async fn kill(mut self) -> Result<(Settings, usize)> {
        if let Some(status) = self.child.try_wait()? {
            bail!(
                "the gateway has ended by itself ({status}); its log is {}",
                self.settings.log.display()
            );
        }
        let functions = self.functions()?;
        self.child
            .kill()
            .await
            .context("the gateway cannot be killed")?;
        let left = left_behind(functions).await?;
        Ok((self.settings, left))
    }

    /// Asks it to end, as Ctrl-C does. How many of its functions were still there a while later; they are killed then.
    ///
    /// # Errors
    ///
    /// If it does not end in time, or has ended before. It is killed then.
    pub(crate) async fn stop(mut self) -> Result<usize> {
        let functions = self.functions()?;
        let id = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        kill_process(id.context("the gateway has ended by itself")?, Signal::TERM)?;
        let status = timeout(END, self.child.wait()).await;
        let status = status
            .with_context(|| format!("the gateway did not end within {}", duration::show(END)))??;
        if !status.success() {
            bail!(
                "the gateway ended with {status}; its log is {}",
                self.settings.log.display()
            );
        }
        left_behind(functions).await
    }
}

/// Reads what it prints until it is ready. The path of its endpoint.
async fn ready(output: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    let mut path = None;
    while let Some(line) = output.next_line().await? {
        if let Some(endpoint) = line.strip_prefix("endpoint: ws://") {
            path = endpoint.find('/').map(|slash| endpoint[slash..].to_owned());
        }
        if line.starts_with("dynamodb:") {
            return path.context("it has printed no endpoint");
        }
    }
    bail!("it ended before it was ready")
}

async fn left_behind(functions: Descendants) -> Result<usize> {
    let counted = tokio::task::spawn_blocking(move || {
        let ended = wait::until("the functions' end", FUNCTIONS_END, || {
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
        Ok(left.names().len())
    });
    counted.await?
}

/// An address that the gateway can come back to.
///
/// Not one of those that the system gives away by itself: while the gateway is down, somebody's connection would get it, and
/// be it one that was to lead to the gateway.
///
/// # Errors
///
/// If none is free.
pub(crate) fn lasting_address() -> Result<SocketAddr> {
    /// Below what Linux gives away (`ip_local_port_range` in ip(7): from 32768 on), above what services are known by.
    const PORTS: std::ops::Range<u16> = 15_000..32_000;
    let candidates =
        std::iter::repeat_with(|| SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(PORTS))));
    candidates
        .take(100)
        .find(|address| TcpListener::bind(address).is_ok())
        .with_context(|| format!("no port among {} to {} is free", PORTS.start, PORTS.end))
}
