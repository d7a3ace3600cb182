//! Child processes whose output is collected, and which end when they are dropped.

mod descendants;

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};

pub use descendants::Descendants;

use crate::wait;

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
    /// Starts `command`. Its stdout arrives line by line in the receiver, and with stderr in the log.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn spawn(command: Command) -> Result<(Self, Receiver<String>)> {
        Self::spawn_with_stderr(command, Stdio::piped())
    }

    /// The same, except that stderr goes elsewhere, such as to a file.
    pub(crate) fn spawn_with_stderr(
        mut command: Command,
        stderr: Stdio,
    ) -> Result<(Self, Receiver<String>)> {
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
    pub(crate) fn log_at_end(mut self) -> String {
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
            if let Some(lines) = &lines {
                // The receiver is dropped once the process is ready.
                let _ = lines.send(line.clone());
            }
            log.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    })
}

fn lines(log: &Log) -> String {
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .join("\n")
}
