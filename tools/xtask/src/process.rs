//! Starting programs, waiting for them, and leaving none behind.
//!
//! Every long-running program gets a process group of its own, so that what *it* started ends with it: cargo's rustc,
//! Trunk's cargo, the gateway's functions. A [`Job`] that is dropped is ended.

pub(crate) mod group;

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::group::Group;
use crate::interrupt;

/// How long a program may take to end after SIGTERM. The gateway closes its sockets and stops its functions in that
/// time; who ignores the signal is killed after it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a waiting loop looks again. Short enough that nobody notices, long enough to cost nothing.
const GLANCE: Duration = Duration::from_millis(25);

/// A command that does not inherit what cargo told *us* about our own package.
///
/// `cargo run` sets variables like `CARGO_MANIFEST_DIR`; build scripts that watch them would run again each time the
/// developer changes between `cargo xtask` and plain `cargo`.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_about_our_own_package) {
            command.env_remove(&name);
        }
    }
    command.stdin(Stdio::null());
    command
}

fn is_about_our_own_package(variable: &str) -> bool {
    [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
    ]
    .iter()
    .any(|prefix| variable.starts_with(prefix))
        || variable == "CARGO_PRIMARY_PACKAGE"
}

/// The command as one would type it, without its environment.
pub(crate) fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let words = command
        .get_args()
        .map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once(program)
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Runs a command to its end, its output being ours.
///
/// # Errors
/// When it cannot be started, when it fails, and [`interrupt::Interrupted`] when we were asked to stop; then it and all
/// that it started have been ended.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    let mut job = Job::start(&line, command)?;
    let status = job.wait()?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command that answers at once, and returns what it wrote to standard output.
///
/// # Errors
/// When it cannot be started, fails, or answers with something that is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!(
            "`{line}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not answer in UTF-8"))
}

/// Waits until `done` says so, looking often and giving way to a signal.
///
/// # Errors
/// What `done` returns as an error; [`interrupt::Interrupted`]; and when `limit` has passed, a sentence with `what`.
pub(crate) fn wait_until(
    what: &str,
    limit: Duration,
    mut done: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let start = Instant::now();
    while !done()? {
        interrupt::check()?;
        if start.elapsed() > limit {
            bail!("{what} took longer than {} s", limit.as_secs());
        }
        thread::sleep(GLANCE);
    }
    Ok(())
}

/// A program that runs beside us, with all that it starts.
#[derive(Debug)]
pub(crate) struct Job {
    name: String,
    child: Child,
    group: Group,
}

impl Job {
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command.process_group(0).spawn().with_context(|| {
            let program = command.get_program().to_string_lossy();
            format!("cannot start {program}: is it installed and on PATH?")
        })?;
        let group = Group::led_by(&child)?;
        Ok(Self {
            name: name.to_owned(),
            child,
            group,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The program's standard output, where the command asked for a pipe; once.
    pub(crate) fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("cannot ask how {} is", self.name))
    }

    fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            interrupt::check()?;
            thread::sleep(GLANCE);
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        end(std::slice::from_mut(self), PATIENCE);
    }
}

/// Ends all jobs at the same time: SIGTERM, and SIGKILL to what is left after a few seconds. Returns when all are gone.
pub(crate) fn end_all(mut jobs: Vec<Job>) {
    end(&mut jobs, PATIENCE);
}

fn end(jobs: &mut [Job], patience: Duration) {
    for job in jobs.iter() {
        job.group.terminate();
    }
    let start = Instant::now();
    let mut killed = false;
    // A group may outlive its leader, so both are waited for. The second limit is for what even SIGKILL does not end:
    // a process in an uninterruptible system call.
    while !jobs
        .iter_mut()
        .all(|job| matches!(job.ended(), Ok(Some(_)) | Err(_)) && !job.group.is_alive())
    {
        if start.elapsed() > patience && !killed {
            for job in jobs.iter() {
                job.group.kill();
            }
            killed = true;
        }
        if start.elapsed() > patience * 2 {
            let names: Vec<&str> = jobs.iter().map(Job::name).collect();
            eprintln!("warning: something of {} cannot be ended", names.join(", "));
            return;
        }
        thread::sleep(GLANCE);
    }
}

#[cfg(test)]
mod tests;
