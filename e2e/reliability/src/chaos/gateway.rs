//! The gateway under attack: a process that is killed and restarted with the same data at the same address.
//!
//! It runs in its own process group, so that Ctrl-C in a terminal reaches only this program, which drains first.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use papagaio::process::Descendants;
use papagaio::stack::{Builder, Stack};
use papagaio::wait;
use tokio::task::spawn_blocking;

use super::Options;

/// How long the kernel may take to end the functions of a killed gateway.
const FUNCTIONS_END: Duration = Duration::from_secs(10);

/// How the gateway is started, each time.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    builder: Builder,
    log: PathBuf,
}

impl Launch {
    /// The gateway of `options`, which listens on `listen`.
    pub(super) fn new(options: &Options, listen: SocketAddr) -> Self {
        let milliseconds = |time: Duration| format!("{}ms", time.as_millis());
        let log = options.log();
        let builder = Stack::builder(&options.template, options.programs.join("gateway"))
            .functions(&options.programs)
            .data(options.folder.join("data"))
            .listen(listen)
            .argument("--max-duration")
            .argument(milliseconds(options.max_duration))
            .argument("--idle-timeout")
            .argument(milliseconds(options.idle_timeout))
            .log_file(&log)
            .own_process_group();
        let parameters = options.parameters.iter();
        let builder = parameters.fold(builder, |builder, parameter| {
            builder.argument(format!("--parameter={parameter}"))
        });
        Self { builder, log }
    }

    /// Starts the gateway, and waits until it is ready.
    pub(super) async fn start(self) -> Result<Gateway> {
        let builder = self.builder.clone();
        let stack = spawn_blocking(|| builder.start()).await?;
        let stack = stack.with_context(|| {
            format!(
                "the gateway did not start; its log is {}",
                self.log.display()
            )
        })?;
        let launch = self;
        Ok(Gateway { launch, stack })
    }
}

/// A running gateway. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Gateway {
    launch: Launch,
    stack: Stack,
}

impl Gateway {
    /// The path of the endpoint, with its slash.
    pub(super) fn path(&self) -> &str {
        self.stack.endpoint().path()
    }

    /// The current processes of its functions.
    pub(super) fn functions(&self) -> Result<Descendants> {
        self.stack.descendants()
    }

    /// Kills the gateway. Returns how many of its functions outlived it; those are killed, too.
    ///
    /// # Errors
    ///
    /// If the signal cannot be sent, or the gateway has exited before.
    pub(super) async fn kill(self) -> Result<(Launch, u64)> {
        self.end(|stack| stack.kill().context("could not kill the gateway"))
            .await
    }

    /// Shuts the gateway down gracefully. Returns how many of its functions outlived it; those are killed.
    ///
    /// # Errors
    ///
    /// If it does not exit in time, or has exited before.
    pub(super) async fn stop(self) -> Result<u64> {
        let stop = |stack: Stack| {
            let status = stack.stop()?;
            ensure!(status.success(), "the gateway exited with {status}");
            Ok(())
        };
        Ok(self.end(stop).await?.1)
    }

    async fn end(
        self,
        end: impl FnOnce(Stack) -> Result<()> + Send + 'static,
    ) -> Result<(Launch, u64)> {
        let Self { launch, mut stack } = self;
        let ended = spawn_blocking(move || {
            if let Some(status) = stack.exit_status()? {
                bail!("the gateway exited by itself ({status})");
            }
            let functions = stack.descendants()?;
            end(stack)?;
            orphans(&functions)
        });
        let orphaned = ended
            .await?
            .with_context(|| format!("the gateway's log is {}", launch.log.display()))?;
        Ok((launch, orphaned))
    }
}

/// Waits for the end of the functions, and kills those that remain. Returns how many that were.
fn orphans(functions: &Descendants) -> Result<u64> {
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
}

/// An address that the gateway can be restarted at.
///
/// Its port is outside the ephemeral range: otherwise an outgoing connection could take it while the gateway is down, even
/// one that is trying to reach the gateway.
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
