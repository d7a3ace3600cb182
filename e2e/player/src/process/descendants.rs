//! The processes that a process has started, and whether they are still running. Reads `/proc`, so it works only on Linux.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use procfs_core::FromRead as _;
use procfs_core::process::Stat;
use rustix::process::{Pid, Signal, kill_process};

/// A snapshot of running processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descendants(Vec<Running>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Running {
    pid: u32,
    parent: u32,
    name: String,
    /// In clock ticks since boot. Identifies a process together with its ID, because IDs are reused.
    started: u64,
}

impl Descendants {
    /// The children of `pid`, their children and so on.
    ///
    /// # Errors
    ///
    /// If processes cannot be listed on this system.
    pub fn of(pid: u32) -> Result<Self> {
        let all = processes()?;
        let mut found: Vec<Running> = Vec::new();
        let mut parents = vec![pid];
        while let Some(parent) = parents.pop() {
            for process in all.values().filter(|process| process.parent == parent) {
                parents.push(process.pid);
                found.push(process.clone());
            }
        }
        Ok(Self(found))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the programs, one for each process.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|process| process.name.as_str()).collect()
    }

    /// Their process IDs.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|process| process.pid)
    }

    /// The process at index `number` modulo their count. `None` if there are none.
    pub fn one(&self, number: u64) -> Option<Self> {
        let index = number.checked_rem(self.0.len() as u64)?;
        let chosen = self.0.get(usize::try_from(index).ok()?)?;
        Some(Self(vec![chosen.clone()]))
    }

    /// Kills those that are still running.
    ///
    /// # Errors
    ///
    /// If processes cannot be listed on this system.
    pub fn kill(&self) -> Result<()> {
        for process in self.still_running()?.0 {
            let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
            if let Some(pid) = pid {
                // It fails if the process has just ended.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        Ok(())
    }

    /// The processes that are still running.
    ///
    /// # Errors
    ///
    /// If processes cannot be listed on this system.
    pub fn still_running(&self) -> Result<Self> {
        let all = processes()?;
        let runs = |process: &&Running| {
            all.get(&process.pid)
                .is_some_and(|now| now.started == process.started)
        };
        Ok(Self(self.0.iter().filter(runs).cloned().collect()))
    }
}

fn processes() -> Result<BTreeMap<u32, Running>> {
    let entries = std::fs::read_dir("/proc").context("processes can be listed only on Linux")?;
    let running = entries.flatten().filter_map(|entry| read(&entry.path()));
    Ok(running.map(|process| (process.pid, process)).collect())
}

/// The process of this folder. Skips one that has ended since, and zombies.
fn read(folder: &Path) -> Option<Running> {
    let stat = Stat::from_file(folder.join("stat")).ok()?;
    let runs = !matches!(stat.state, 'Z' | 'X');
    runs.then_some(Running {
        pid: stat.pid.try_into().ok()?,
        parent: stat.ppid.try_into().ok()?,
        name: stat.comm,
        started: stat.starttime,
    })
}
