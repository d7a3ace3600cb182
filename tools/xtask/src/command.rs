//! Commands of programs that run cargo or local servers, or that may do so later.

use std::env;
use std::ffi::{OsStr, OsString};
use std::process::{Command, Stdio};

/// The variables that name a proxy.
const PROXIES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// What no proxy can reach for us.
const LOCAL: &str = "localhost,127.0.0.1,::1";

/// A command without standard input, and with an environment that does not change where programs are built and which local
/// servers can be reached.
///
/// - `cargo run` and `cargo test` set variables such as `CARGO_MANIFEST_DIR` for the package of this program. Build scripts that
///   watch them, such as ring's, would run again each time the developer alternates between such a program and plain `cargo`.
/// - With `CARGO_BUILD_TARGET`, cargo would put programs into another folder than the one in which they are looked for.
/// - Where there is a proxy, many clients would ask it even for servers on this machine.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_only_for_us) {
            command.env_remove(&name);
        }
    }
    if PROXIES.iter().any(|it| env::var_os(it).is_some()) {
        for name in ["NO_PROXY", "no_proxy"] {
            command.env(name, with_local(env::var_os(name)));
        }
    }
    command.stdin(Stdio::null());
    command
}

fn is_only_for_us(variable: &str) -> bool {
    let prefixes = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
    ];
    let names = ["CARGO_PRIMARY_PACKAGE", "CARGO_BUILD_TARGET"];
    names.contains(&variable) || prefixes.iter().any(|it| variable.starts_with(it))
}

/// The exceptions from a proxy, and this machine.
fn with_local(exceptions: Option<OsString>) -> OsString {
    let mut all = exceptions.unwrap_or_default();
    if !all.is_empty() {
        all.push(",");
    }
    all.push(LOCAL);
    all
}

#[cfg(test)]
mod tests {
    use super::{is_only_for_us, with_local};

    #[test]
    fn only_variables_that_are_meant_for_this_program_are_removed() {
        for removed in [
            "CARGO_PKG_NAME",
            "CARGO_MANIFEST_DIR",
            "CARGO_CRATE_NAME",
            "CARGO_BUILD_TARGET",
        ] {
            assert!(is_only_for_us(removed), "{removed}");
        }
        for kept in ["CARGO_TARGET_DIR", "CARGO_HOME", "CARGO", "RUSTFLAGS"] {
            assert!(!is_only_for_us(kept), "{kept}");
        }
    }

    #[test]
    fn this_machine_is_added_to_the_exceptions_from_a_proxy() {
        assert_eq!(with_local(None), "localhost,127.0.0.1,::1");
        assert_eq!(
            with_local(Some("corp.example".into())),
            "corp.example,localhost,127.0.0.1,::1"
        );
    }
}
