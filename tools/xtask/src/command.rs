//! Commands of programs that run cargo, or that cargo may run later.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// A command without standard input, and without the variables that cargo has set for the package of this program.
///
/// `cargo run` and `cargo test` set variables such as `CARGO_MANIFEST_DIR`. Build scripts that watch them, such as ring's, would
/// run again each time the developer alternates between such a program and plain `cargo`.
pub fn command(program: impl AsRef<OsStr>) -> Command {
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
    let prefixes = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
    ];
    variable == "CARGO_PRIMARY_PACKAGE" || prefixes.iter().any(|it| variable.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::describes_our_package;

    #[test]
    fn only_variables_that_describe_this_package_are_removed() {
        for removed in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_CRATE_NAME"] {
            assert!(describes_our_package(removed), "{removed}");
        }
        for kept in ["CARGO_TARGET_DIR", "CARGO_HOME", "CARGO"] {
            assert!(!describes_our_package(kept), "{kept}");
        }
    }
}
