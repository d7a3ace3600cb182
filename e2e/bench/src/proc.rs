//! What the kernel knows about processes: processor time and memory, from `/proc` (proc(5)).

use std::fs;

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc`: 100 on every Linux that anybody runs (`USER_HZ`, which is part of the interface).
const TICKS: f64 = 100.0;

/// One line of `/proc/<pid>/stat`, as far as we need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// Processor time in ticks: its own, and that of children that have ended.
    ticks: u64,
}

/// The fields are those after the name, which stands in brackets and may hold anything.
fn parse_stat(line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    // 0 is the state, 1 the parent, 11 to 14 are utime, stime, cutime and cstime.
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        ticks: ticks(11)? + ticks(12)? + ticks(13)? + ticks(14)?,
    })
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// A process and all that it started, directly or not, as long as they live.
pub(crate) fn family(ancestor: u32) -> Result<Vec<u32>> {
    let mut all: Vec<(u32, u32)> = Vec::new();
    for entry in fs::read_dir("/proc").context("no /proc: figures of processes need Linux")? {
        let Some(pid) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        if let Some(stat) = stat(pid) {
            all.push((pid, stat.parent));
        }
    }
    let mut family = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(
            all.iter()
                .filter(|&&(_, its_parent)| its_parent == parent)
                .map(|&(pid, _)| pid),
        );
        next += 1;
    }
    Ok(family)
}

/// Seconds of processor time that the processes have used so far. One that has ended counts with its parent.
#[expect(clippy::cast_precision_loss, reason = "the sums are far below 2^52")]
pub(crate) fn processor_seconds(processes: &[u32]) -> f64 {
    processes
        .iter()
        .filter_map(|&pid| stat(pid))
        .map(|stat| stat.ticks)
        .sum::<u64>() as f64
        / TICKS
}

/// How many processes were runnable in the last minute, on average.
///
/// # Errors
/// When this is not Linux.
pub(crate) fn load_average() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg").context("cannot read /proc/loadavg")?;
    let first = text.split_whitespace().next().unwrap_or_default();
    first.parse().context("/proc/loadavg has no number")
}

/// Memory of one process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Kibibytes that are in memory, shared ones counted in full.
    pub(crate) resident: u64,
    /// The same, with each shared page divided by the number of processes that share it.
    pub(crate) proportional: u64,
}

/// # Errors
/// When the process has ended or belongs to another user.
pub(crate) fn memory(pid: u32) -> Result<Memory> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    parse_memory(&text).with_context(|| format!("{path} does not name Rss and Pss"))
}

/// Kibibytes that a process has written to and that no file holds: its heap and its stacks (`RssAnon`).
///
/// # Errors
/// When the process has ended or belongs to another user.
pub(crate) fn anonymous(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    kibibytes(&text, "RssAnon:").with_context(|| format!("{path} does not name RssAnon"))
}

fn parse_memory(rollup: &str) -> Option<Memory> {
    Some(Memory {
        resident: kibibytes(rollup, "Rss:")?,
        proportional: kibibytes(rollup, "Pss:")?,
    })
}

/// The number on the line that begins with `name`.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Mebibytes with one digit after the point.
#[expect(
    clippy::cast_precision_loss,
    reason = "memory is far below 2^52 kibibytes"
)]
pub(crate) fn mebibytes(kibibytes: u64) -> String {
    format!("{:.1}", kibibytes as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::{
        Memory, Stat, anonymous, family, memory, parse_memory, parse_stat, processor_seconds,
    };

    #[test]
    fn parent_and_times_are_found_behind_any_name() {
        let line = "812 (a) b (c) S 41 812 812 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 99";
        assert_eq!(
            parse_stat(line),
            Some(Stat {
                parent: 41,
                ticks: 124
            })
        );
    }

    #[test]
    fn a_line_that_is_cut_off_says_nothing() {
        for line in [
            "",
            "812",
            "812 (x) S",
            "812 (x) S 41 812 812 0 -1 0 1 2 3 4 100 20",
        ] {
            assert_eq!(parse_stat(line), None, "{line:?}");
        }
    }

    #[test]
    fn memory_is_read_in_kibibytes() {
        let rollup = "5581-7ffe ---p 00000000 00:00 0  [rollup]\nRss:                4716 kB\nPss:                1201 kB\nPss_Dirty:           300 kB\n";
        assert_eq!(
            parse_memory(rollup),
            Some(Memory {
                resident: 4716,
                proportional: 1201
            })
        );
        assert_eq!(parse_memory("Rss: many kB"), None);
    }

    #[test]
    fn a_child_is_family() {
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .unwrap();
        let family = family(std::process::id()).unwrap();
        let own = memory(std::process::id()).unwrap();
        assert!(anonymous(std::process::id()).unwrap() <= own.resident);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(family.contains(&child.id()) && family.contains(&std::process::id()));
        assert!(own.resident > 0 && own.proportional <= own.resident);
        assert!(processor_seconds(&family) >= 0.0);
    }
}
