//! Processor time and memory of processes, from `/proc` (proc(5)), so only on Linux.

use anyhow::{Context, Result};
use papagaio::process::Descendants;
use procfs_core::process::{SmapsRollup, Stat, Status};
use procfs_core::{FromRead, LoadAverage};
use rustix::param::clock_ticks_per_second;

/// A process and its running descendants.
pub(crate) fn family(ancestor: u32) -> Result<Vec<u32>> {
    let descendants = Descendants::of(ancestor)?;
    Ok(std::iter::once(ancestor).chain(descendants.ids()).collect())
}

/// Seconds of processor time that the processes have used so far. Processes that have exited count with their parents.
#[expect(clippy::cast_precision_loss, reason = "the sums are far below 2^52")]
pub(crate) fn processor_seconds(processes: &[u32]) -> f64 {
    let ticks = processes
        .iter()
        .filter_map(|&pid| read::<Stat>(pid, "stat").ok())
        .map(|stat| stat.utime + stat.stime + (stat.cutime + stat.cstime).unsigned_abs());
    ticks.sum::<u64>() as f64 / clock_ticks_per_second() as f64
}

/// How many processes were runnable in the last minute, on average.
pub(crate) fn load_average() -> Result<f32> {
    Ok(LoadAverage::from_file("/proc/loadavg")?.one)
}

/// Memory of one process, in kibibytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// In memory, shared pages counted in full.
    pub(crate) resident: u64,
    /// The same, with each shared page divided by the number of processes that share it.
    pub(crate) proportional: u64,
}

pub(crate) fn memory(pid: u32) -> Result<Memory> {
    let rollup: SmapsRollup = read(pid, "smaps_rollup")?;
    let mut maps = rollup.memory_map_rollup.into_iter();
    let sizes = maps.next().context("smaps_rollup is empty")?.extension.map;
    // The parser has turned kibibytes into bytes.
    let kibibytes = |name: &str| {
        let bytes = sizes.get(name);
        bytes
            .map(|bytes| bytes / 1024)
            .with_context(|| format!("smaps_rollup has no {name}"))
    };
    Ok(Memory {
        resident: kibibytes("Rss")?,
        proportional: kibibytes("Pss")?,
    })
}

/// Anonymous memory of a process, its heap and stacks, in kibibytes (`RssAnon`).
pub(crate) fn anonymous(pid: u32) -> Result<u64> {
    let status: Status = read(pid, "status")?;
    status
        .rssanon
        .with_context(|| format!("/proc/{pid}/status has no RssAnon"))
}

/// Parses `/proc/<pid>/<file>`.
fn read<T: FromRead>(pid: u32, file: &str) -> Result<T> {
    let path = format!("/proc/{pid}/{file}");
    T::from_file(&path).with_context(|| format!("cannot read {path}"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, id};

    use super::{anonymous, family, memory, processor_seconds};

    #[test]
    fn the_family_of_a_process_includes_its_children() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let family = family(id());
        child.kill().unwrap();
        child.wait().unwrap();
        let family = family.unwrap();
        assert!(family.contains(&child.id()) && family.contains(&id()));
    }

    #[test]
    fn parts_of_the_memory_do_not_exceed_the_whole() {
        let own = memory(id()).unwrap();
        assert!(own.proportional > 0 && own.proportional <= own.resident);
        let anonymous = anonymous(id()).unwrap();
        assert!(anonymous > 0 && anonymous <= own.resident);
    }

    #[test]
    fn work_takes_processor_time() {
        let before = processor_seconds(&[id()]);
        while processor_seconds(&[id()]) < before + 0.02 {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn a_process_that_does_not_exist_is_named() {
        let error = memory(u32::MAX).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("cannot read /proc/{}/smaps_rollup", u32::MAX)
        );
        assert!(processor_seconds(&[u32::MAX]).abs() < f64::EPSILON);
    }
}
