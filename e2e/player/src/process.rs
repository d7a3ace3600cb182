//! Child processes whose output is collected, and which end when they are dropped.

mod descendants;

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

pub use descendants::Descendants;

use crate::{duration, wait};

/// How long a dropped process may take to exit.
const END: Duration = Duration::from_secs(10);

/// A process. If the thread is panicking, dropping it prints its log.
#[derive(Debug)]
#[must_use = "the process ends when it is dropped"]
pub struct Process {
    name: String,
    child: Child,
    log: Log,
    readers: Vec<JoinHandle<()>>,
}

type Log = Arc<Mutex<Vec<String>>>;

impl Process {
    /// Starts `command`.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn spawn(command: Command) -> Result<Self> {
        Ok(Self::spawn_with_lines(command, Stdio::piped())?.0)
    }

    /// Starts `command`, and waits for the line of its stdout in which `find` finds something, such as its address.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or if it ends or `limit` passes before that line; then the error contains what it printed.
    pub fn spawn_until<T>(
        command: Command,
        limit: Duration,
        find: impl FnMut(&str) -> Option<T>,
    ) -> Result<(Self, T)> {
        Self::spawn_until_with_stderr(command, Stdio::piped(), limit, find)
    }

    /// The same, except that stderr goes elsewhere, such as to a file.
    pub(crate) fn spawn_until_with_stderr<T>(
        command: Command,
        stderr: Stdio,
        limit: Duration,
        mut find: impl FnMut(&str) -> Option<T>,
    ) -> Result<(Self, T)> {
        let (process, lines) = Self::spawn_with_lines(command, stderr)?;
        let deadline = Instant::now() + limit;
        let reason = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some(found) = find(&line) {
                        return Ok((process, found));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    break format!("was not ready within {}", duration::show(limit));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    break "ended before it was ready".to_owned();
                }
            }
        };
        let name = process.name.clone();
        bail!("{name} {reason}; it printed:\n{}", process.log_at_end())
    }

    /// Starts `command`. Its stdout arrives line by line in the receiver, and with stderr in the log.
    fn spawn_with_lines(mut command: Command, stderr: Stdio) -> Result<(Self, Receiver<String>)> {
        let program = command.get_program().to_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let (sender, lines) = channel();
        let log = Log::default();
        let readers = [
            child.stdout.take().map(|out| read(out, &log, Some(sender))),
            child.stderr.take().map(|out| read(out, &log, None)),
        ];
        let readers = readers.into_iter().flatten().collect();
        Ok((
            Self {
                name: Path::new(&program)
                    .file_name()
                    .unwrap_or(&program)
                    .display()
                    .to_string(),
                child,
                log,
                readers,
            },
            lines,
        ))
    }

    /// Its process ID.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processes that it has started and that are running now.
    ///
    /// # Errors
    ///
    /// If they cannot be listed on this system.
    pub fn descendants(&self) -> Result<Descendants> {
        Descendants::of(self.child.id())
    }

    /// How it exited; `None` if it is still running.
    ///
    /// # Errors
    ///
    /// If the system cannot report it.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Everything printed so far.
    pub fn log(&self) -> String {
        lines(&self.log)
    }

    /// Everything printed, after ending the process.
    fn log_at_end(mut self) -> String {
        let _ = self.terminate(END);
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        lines(&self.log)
    }

    /// Sends SIGTERM and waits until the process has ended. Kills it if it does not end in time.
    ///
    /// # Errors
    ///
    /// If it had to be killed.
    pub fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.exit_status()? {
            return Ok(status);
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let ended = wait::until(&format!("the end of {}", self.name), limit, || {
            let status = self.child.try_wait().map_err(|error| error.to_string())?;
            status.ok_or_else(|| "it is still running".to_owned())
        });
        match ended {
            Ok(status) => Ok(status),
            Err(error) => {
                self.kill()?;
                Err(error.into())
            }
        }
    }

    /// Kills the process.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.terminate(END);
        if std::thread::panicking() {
            eprintln!("{} printed:\n{}", self.name, lines(&self.log));
        }
    }
}

fn read(
    output: impl Read + Send + 'static,
    log: &Log,
    lines: Option<Sender<String>>,
) -> JoinHandle<()> {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            // First the log: the receiver of the line may look for it there.
            log.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line.clone());
            if let Some(lines) = &lines {
                // The receiver is dropped once the process is ready.
                let _ = lines.send(line);
            }
        }
    })
}

fn lines(log: &Log) -> String {
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn port(line: &str) -> Option<u16> {
        line.strip_prefix("port ")?.parse().ok()
    }

    #[test]
    fn a_process_is_ready_when_the_line_is_found() {
        let script = "echo starting; echo port 3001; exec sleep 60";
        let (mut process, port) = Process::spawn_until(shell(script), LIMIT, port).unwrap();
        assert_eq!(port, 3001);
        assert_eq!(process.exit_status().unwrap(), None);
        assert_eq!(process.log(), "starting\nport 3001");
    }

    #[test]
    fn an_early_exit_and_silence_are_different_errors_with_the_output() {
        let error = |script, limit| {
            let started = Process::spawn_until(shell(script), limit, port);
            started.unwrap_err().to_string()
        };
        assert_eq!(
            error("echo no; echo sorry >&2", LIMIT).lines().next(),
            Some("sh ended before it was ready; it printed:")
        );
        assert!(error("echo sorry >&2", LIMIT).ends_with("\nsorry"));
        assert_eq!(
            error("exec sleep 60", Duration::from_millis(1)),
            "sh was not ready within 1 ms; it printed:\n"
        );
    }
}
