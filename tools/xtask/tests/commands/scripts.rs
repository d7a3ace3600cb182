//! A directory of shell scripts that the command finds instead of the tools, and the command itself.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take that is waited for.
const LIMIT: Duration = Duration::from_secs(30);

/// Tools made of scripts. Each script sees its directory as `$HERE`.
pub(crate) struct Scripts {
    directory: tempfile::TempDir,
}

impl Scripts {
    /// A toolchain that builds everything at once, and what `cargo xtask dev` looks for.
    pub(crate) fn new() -> Self {
        let scripts = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let lock =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"))
                .unwrap();
        let (_, after) = lock
            .split_once("name = \"wasm-bindgen\"\nversion = \"")
            .unwrap();
        let wasm_bindgen = after.split('"').next().unwrap();
        fs::create_dir_all(scripts.path("lib/rustlib/wasm32-unknown-unknown/lib")).unwrap();
        scripts
            .with(
                "cargo",
                r#"[ "$1" = metadata ] && echo "{\"target_directory\":\"$HERE/target\"}"; exit 0"#,
            )
            .with("rustc", "echo $HERE")
            .with("trunk", "echo trunk 0.21.14")
            .with("wasm-bindgen", &format!("echo wasm-bindgen {wasm_bindgen}"))
            .with(
                "wasm-bindgen-test-runner",
                &format!("echo wasm-bindgen-test-runner {wasm_bindgen}"),
            )
    }

    /// Adds a script, or replaces it.
    pub(crate) fn with(self, name: &str, script: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let here = self.directory.path().display();
        fs::write(&path, format!("#!/bin/sh\nHERE='{here}'\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs `cargo xtask` to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    /// Starts `cargo xtask`.
    #[track_caller]
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.path(name));
        let path = std::env::join_paths([
            self.directory.path(),
            Path::new("/usr/bin"),
            Path::new("/bin"),
        ])
        .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .env("PATH", path)
            .env("CARGO", self.path("cargo"))
            .env("XDG_CACHE_HOME", self.path("cache"));
        command
            .stdin(Stdio::null())
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap());
        Running {
            child: command.spawn().unwrap(),
            stdout,
            stderr,
        }
    }

    /// Waits until a script has written this file.
    #[track_caller]
    pub(crate) fn wait_for_file(&self, name: &str) -> String {
        wait_until(&format!("no script wrote {name}"), || {
            fs::read_to_string(self.path(name)).is_ok_and(|text| text.ends_with('\n'))
        });
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Fails if a process whose number a script wrote into this file still runs.
    #[track_caller]
    pub(crate) fn assert_ended(&self, file: &str) {
        for process in fs::read_to_string(self.path(file))
            .unwrap()
            .split_whitespace()
        {
            let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
            let is_zombie = state
                .rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('Z'));
            assert!(state.is_empty() || is_zombie, "still running: {state}");
        }
    }
}

#[track_caller]
fn wait_until(otherwise: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LIMIT, "{otherwise}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A command that runs; killed if the test ends before it.
pub(crate) struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    /// Sends a signal, by its name.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &process])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits until it has printed this line.
    #[track_caller]
    pub(crate) fn wait_for_line(&self, line: &str) {
        wait_until(&format!("{line:?} was not printed"), || {
            fs::read_to_string(&self.stdout)
                .unwrap()
                .lines()
                .any(|printed| printed == line)
        });
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        wait_until("the command did not end", || {
            self.child.try_wait().unwrap().is_some()
        });
        let code = self.child.wait().unwrap().code();
        let [stdout, stderr] =
            [&self.stdout, &self.stderr].map(|path| fs::read_to_string(path).unwrap());
        Ended {
            code,
            stdout,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Has no effect on one that has ended.
        let _ = self.child.kill();
    }
}

/// How a command ended and what it said.
pub(crate) struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(
            self.stdout.contains(words),
            "{words:?} is not in stdout:\n{}",
            self.stdout
        );
        self
    }

    /// The last line of standard error holds these words.
    #[track_caller]
    pub(crate) fn complains_with(self, words: &str) -> Self {
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("error: ") && last.contains(words),
            "{words:?} is not in {last:?}"
        );
        self
    }

    /// The last line of standard error is this one.
    #[track_caller]
    pub(crate) fn complains(self, sentence: &str) -> Self {
        assert_eq!(
            self.stderr.lines().last(),
            Some(format!("error: {sentence}").as_str())
        );
        self
    }
}
