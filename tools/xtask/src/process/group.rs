//! A process group: a program and everything that it started and that did not leave the group.

use std::process::Child;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

/// The group whose leader we started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group(Pid);

impl Group {
    /// The group that `child` leads; it must have been started with `process_group(0)`.
    pub(crate) fn led_by(child: &Child) -> Result<Self> {
        let id = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .context("the operating system gave no process id")?;
        Ok(Self(id))
    }

    /// Asks every member to end.
    pub(crate) fn terminate(self) {
        // The only failure is that nobody is left, which is what we want.
        let _ = kill_process_group(self.0, Signal::TERM);
    }

    /// Ends every member.
    pub(crate) fn kill(self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }

    /// Whether a member still runs. One that has ended and that its parent has not yet noticed does not count: where
    /// process 1 is not a proper init, as in many containers, such a one stays for ever.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_alive(self) -> bool {
        let Ok(processes) = std::fs::read_dir("/proc") else {
            return false;
        };
        processes.flatten().any(|process| {
            std::fs::read_to_string(process.path().join("stat"))
                .is_ok_and(|stat| runs_in(&stat, self.0.as_raw_nonzero().get()))
        })
    }

    /// Whether a member still runs.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn is_alive(self) -> bool {
        rustix::process::test_kill_process_group(self.0).is_ok()
    }
}

/// Reads `/proc/<pid>/stat` (proc(5)): `pid (name) state parent group …`. The name may hold blanks and brackets.
#[cfg(target_os = "linux")]
fn runs_in(stat: &str, group: i32) -> bool {
    let Some((_, after_name)) = stat.rsplit_once(')') else {
        return false;
    };
    let mut fields = after_name.split_whitespace();
    let state = fields.next();
    let of_group = fields.nth(1).and_then(|field| field.parse::<i32>().ok());
    of_group == Some(group) && !matches!(state, Some("Z" | "X"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::runs_in;

    #[test]
    fn a_running_member_counts() {
        assert!(runs_in("41 (gateway) S 40 41 41 0 -1 4194304", 41));
        assert!(!runs_in("41 (gateway) S 40 41 41 0 -1 4194304", 4));
    }

    #[test]
    fn a_zombie_does_not_count() {
        assert!(!runs_in("42 (rustc) Z 41 41 41 0 -1 4194304", 41));
    }

    #[test]
    fn a_name_with_blanks_and_brackets_confuses_nobody() {
        assert!(runs_in("43 (a) R 1 (b) R 7 41 41 0", 41));
    }

    #[test]
    fn nonsense_is_not_a_member() {
        for stat in [
            "",
            "44",
            "44 (x",
            "44 (x)",
            "44 (x) S",
            "44 (x) S 1",
            "44 (x) S 1 group",
        ] {
            assert!(!runs_in(stat, 41), "{stat:?}");
        }
    }
}
