//! Starts programs, waits for them and leaves none behind.
//!
//! Every long-running program leads a process group, so that its own children end with it: cargo's rustc, Trunk's cargo,
//! the gateway's functions. A [`Job`] that is dropped is terminated.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::interrupt;
use crate::output;
pub(crate) use supervise::{Supervised, supervised};
pub(crate) use xtask_lib::command::command;

/// How long a program may take to end after SIGTERM before it is killed. The gateway closes its sockets and stops its
/// functions in that time.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// Interval at which waiting loops poll: unnoticeable to a person, negligible for the processor.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(25);

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
    let status = Job::start(name, command)?.wait()?;
    require_success(name, status)
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

/// Runs a command to completion and returns its standard output.
///
/// # Errors
/// As [`run`], with the command's standard error, and when its output is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut job = Job::start(&line, command)?;
    let (stdout, stderr) = (collect(job.take_stdout()), collect(job.take_stderr()));
    let status = job.wait()?;
    let [stdout, stderr] = [stdout, stderr].map(|it| it.join().unwrap_or_default());
    if !status.success() {
        let stderr = String::from_utf8_lossy(&stderr);
        bail!("`{line}` failed ({status}): {}", stderr.trim());
    }
    String::from_utf8(stdout).with_context(|| format!("`{line}` did not print UTF-8"))
}

/// Reads until the pipe is closed, so that the program never waits for us.
fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is all that there is.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
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

    /// Waits until the program exits. Polls often at first, because most commands are short.
    ///
    /// # Errors
    /// [`interrupt::Interrupted`] after a signal.
    fn wait(&mut self) -> Result<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.exit_status()? {
                return Ok(status);
            }
            interrupt::check()?;
            thread::sleep(pause);
            pause = (pause * 2).min(POLL_INTERVAL);
        }
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
            let names = names.join(", ");
            output::error_line(format_args!("warning: a process of {names} does not end"));
            return;
        }
        thread::sleep(POLL_INTERVAL);
    }
}

mod supervise;

#[cfg(test)]
mod tests;
