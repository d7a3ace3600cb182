//! Packages of the operating system, which are installed only as root on Debian.

use anyhow::{Context, Result};

use super::path;
use crate::process;
use crate::progress::Task;

/// Whether we are root on Debian.
///
/// Not on Ubuntu, whose package `chromium` only refers to the snap of the same name.
pub(crate) fn can_install() -> bool {
    rustix::process::geteuid().is_root()
        && path::find("apt-get").is_some()
        && std::fs::read_to_string("/etc/os-release").is_ok_and(|release| is_debian(&release))
}

/// Reads os-release(5).
fn is_debian(release: &str) -> bool {
    release
        .lines()
        .any(|line| matches!(line.trim(), "ID=debian" | "ID=\"debian\""))
}

pub(crate) fn install(packages: &[&str], task: &Task) -> Result<()> {
    task.note(format!("apt-get install {}", packages.join(" ")));
    let apt = || {
        let mut command = process::command("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .arg("--quiet");
        command
    };
    task.run_quietly(apt().arg("update"))
        .and_then(|()| {
            task.run_quietly(
                apt()
                    .args(["install", "--yes", "--no-install-recommends"])
                    .args(packages),
            )
        })
        .with_context(|| format!("cannot install {}", packages.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::is_debian;

    #[test]
    fn derivatives_do_not_count_as_debian() {
        assert!(is_debian(
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n"
        ));
        assert!(!is_debian("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n"));
        assert!(!is_debian(""));
    }
}
