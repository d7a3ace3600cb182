//! Starts programs, waits for them and leaves none behind.
//!
//! Every long-running program leads a process group, so that its own children end with it: cargo's rustc, Trunk's cargo,
//! the gateway's functions. A [`Job`] that is dropped is terminated.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::interrupt;

/// How long a program may take to end after SIGTERM before it is killed. The gateway closes its sockets and stops its
/// functions in that time.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// Interval at which waiting loops poll: unnoticeable to a person, negligible for the processor.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// A command that does not inherit the variables that cargo set for our own package.
///
/// `cargo run` sets variables such as `CARGO_MANIFEST_DIR`; build scripts that watch them would run again each time the
/// developer alternates between `cargo xtask` and plain `cargo`.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_our_package) {
            command.env_remove(&name);
        }
    }
    command.stdin(Stdio::null());
    command
}

fn describes_our_package(variable: &str) -> bool {
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

/// The command as typed in a shell, without its environment.
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

/// Runs a command to completion; it writes to our standard output and standard error.
///
/// # Errors
/// When it cannot be started, when it fails, and [`interrupt::Interrupted`] after a signal; then the command and its
/// children have been terminated.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    run_as(&line, command)
}

/// The same for a command whose arguments contain secrets: errors call it `name`.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_as(name: &str, command: &mut Command) -> Result<()> {
    let mut job = Job::start(name, command)?;
    loop {
        if let Some(status) = job.exit_status()? {
            return require_success(name, status);
        }
        interrupt::check()?;
        thread::sleep(POLL_INTERVAL);
    }
}

/// Replaces this process by the command, so it returns only on failure. Signals then reach the command directly.
pub(crate) fn exec(command: &mut Command) -> Result<()> {
    let error = command.exec();
    Err(error).with_context(|| format!("cannot start {}", command.get_program().display()))
}

pub(crate) fn require_success(line: &str, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a short command and returns its standard output.
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
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not print UTF-8"))
}

/// Polls until `done` returns true.
///
/// # Errors
/// Any error of `done`, [`interrupt::Interrupted`] after a signal, and a timeout that names `what` after `limit`.
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
        thread::sleep(POLL_INTERVAL);
    }
    Ok(())
}

/// A program that runs in the background, with its children.
#[derive(Debug)]
pub(crate) struct Job {
    name: String,
    child: Child,
    group: Pid,
}

impl Job {
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command.process_group(0).spawn().with_context(|| {
            let program = command.get_program().to_string_lossy();
            format!("cannot start {program}: is it installed and on PATH?")
        })?;
        Ok(Self {
            name: name.to_owned(),
            group: Pid::from_child(&child),
            child,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The program's standard output if the command asked for a pipe; `None` the second time.
    pub(crate) fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// The program's standard error if the command asked for a pipe; `None` the second time.
    pub(crate) fn take_stderr(&mut self) -> Option<std::process::ChildStderr> {
        self.child.stderr.take()
    }

    /// The exit status, or `None` while the program runs.
    pub(crate) fn exit_status(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("cannot read the exit status of {}", self.name))
    }

    /// Whether the program or one of its children still runs.
    fn is_alive(&mut self) -> bool {
        matches!(self.exit_status(), Ok(None)) || group_is_alive(self.group)
    }

    fn signal(&self, signal: Signal) {
        // Fails only when the group is empty, which is what we want.
        let _ = kill_process_group(self.group, signal);
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        terminate(std::slice::from_mut(self), GRACE_PERIOD);
    }
}

/// Whether a process of the group still runs. Zombies do not count: where process 1 does not reap orphans, as in many
/// containers, they stay for ever.
#[cfg(target_os = "linux")]
fn group_is_alive(group: Pid) -> bool {
    let Ok(processes) = procfs::process::all_processes() else {
        return false;
    };
    processes
        .flatten()
        .filter_map(|process| process.stat().ok())
        .any(|stat| stat.pgrp == group.as_raw_nonzero().get() && !matches!(stat.state, 'Z' | 'X'))
}

/// Whether a process of the group still exists.
#[cfg(not(target_os = "linux"))]
fn group_is_alive(group: Pid) -> bool {
    rustix::process::test_kill_process_group(group).is_ok()
}

/// Terminates all jobs in parallel: SIGTERM, then SIGKILL for those that outlive the grace period. Returns when all have
/// ended.
pub(crate) fn terminate_all(mut jobs: Vec<Job>) {
    terminate(&mut jobs, GRACE_PERIOD);
}

fn terminate(jobs: &mut [Job], grace_period: Duration) {
    for job in jobs.iter() {
        job.signal(Signal::TERM);
    }
    let start = Instant::now();
    let mut killed = false;
    while jobs.iter_mut().any(Job::is_alive) {
        if start.elapsed() > grace_period && !killed {
            for job in jobs.iter() {
                job.signal(Signal::KILL);
            }
            killed = true;
        }
        // Not even SIGKILL ends a process in an uninterruptible system call.
        if start.elapsed() > grace_period * 2 {
            let names: Vec<&str> = jobs.iter().map(Job::name).collect();
            eprintln!("warning: a process of {} does not end", names.join(", "));
            return;
        }
        thread::sleep(POLL_INTERVAL);
    }
}

#[cfg(test)]
mod tests;
