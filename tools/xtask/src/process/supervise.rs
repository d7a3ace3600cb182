//! Servers that end with this process even if it is killed and so cannot terminate them.
//!
//! Linux sends a process the signal that it has asked for when its parent ends. A server does not ask for one, so this command
//! starts itself, asks, and becomes the server.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result};

use super::{command, exec};

/// For the servers of `dev`
#[derive(Debug, clap::Args)]
pub(crate) struct Supervised {
    /// The id of the process to end with
    parent: u32,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Supervised {
    /// Replaces this process by the program, so it returns only on failure.
    pub(crate) fn run(&self) -> Result<()> {
        ask_for_signal(self.parent)?;
        let (program, arguments) = self.command.split_first().context("expected a program")?;
        exec(Command::new(program).args(arguments))
    }
}

#[cfg(target_os = "linux")]
fn ask_for_signal(parent: u32) -> Result<()> {
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::TERM)).context("cannot ask for a signal")?;
    // If it ended before we asked, there will be no signal.
    let is_there = getppid().map(Pid::as_raw_nonzero).map(i32::from) == i32::try_from(parent).ok();
    anyhow::ensure!(is_there, "the process that started this one has ended");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn ask_for_signal(_: u32) -> Result<()> {
    Ok(())
}

/// The same command, which also ends when the calling thread does. What it reads and writes is not copied, so set it afterwards.
pub(crate) fn supervised(server: &Command) -> Result<Command> {
    let this = std::env::current_exe().context("cannot determine this program's path")?;
    let mut copy = command(this);
    copy.args(["supervise", &std::process::id().to_string()])
        .arg(server.get_program())
        .args(server.get_args());
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    if let Some(directory) = server.get_current_dir() {
        copy.current_dir(directory);
    }
    Ok(copy)
}
