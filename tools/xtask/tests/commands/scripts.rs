//! Runs the command with a directory of shell scripts in place of the tools.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Limit for everything that a test waits for.
const LIMIT: Duration = Duration::from_secs(30);

/// Tools made of scripts. Each script finds their directory in `$HERE`.
pub(crate) struct Scripts {
    directory: tempfile::TempDir,
    github: String,
    /// How many commands have been started, whose outputs are kept apart.
    started: AtomicU32,
}

impl Scripts {
    /// A toolchain whose builds succeed at once, and the tools of `cargo xtask dev`.
    pub(crate) fn new() -> Self {
        let scripts = Self {
            directory: tempfile::tempdir().unwrap(),
            // Connections to this port are refused.
            github: "http://127.0.0.1:9".to_owned(),
            started: AtomicU32::new(0),
        };
        // The scripts' directory is the workspace, so that no test touches this repository.
        let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Trunk.toml");
        fs::copy(settings, scripts.path("Trunk.toml")).unwrap();
        fs::create_dir_all(scripts.path("target")).unwrap();
        fs::create_dir_all(scripts.path("lib/rustlib/wasm32-unknown-unknown/lib")).unwrap();
        scripts
            .with_cargo("exit 0")
            .with("rustc", "echo $HERE")
            .with("trunk", "echo trunk 0.21.14")
            .with("wasm-bindgen", "echo wasm-bindgen 0.2.1")
            .with("wasm-opt", "echo 'wasm-opt version 132 (version_132)'")
            .with(
                "wasm-bindgen-test-runner",
                "echo wasm-bindgen-test-runner 0.2.1",
            )
    }

    /// Replaces cargo by a script, which is not asked about the workspace.
    pub(crate) fn with_cargo(self, script: &str) -> Self {
        let metadata = serde_json::json!({
            "version": 1,
            "packages": [],
            "workspace_members": [],
            "resolve": null,
            "workspace_root": self.directory.path(),
            "target_directory": self.path("target"),
        });
        let answers = format!(
            "case $1 in\nmetadata) echo '{metadata}'; exit;;\npkgid) echo index#$2@0.2.1; exit;;\nesac"
        );
        self.with("cargo", &format!("{answers}\n{script}"))
    }

    /// Downloads releases from this server instead of GitHub.
    pub(crate) fn with_github(mut self, url: String) -> Self {
        self.github = url;
        self
    }

    /// Adds or replaces a script.
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

    /// The lines that scripts have appended to this file.
    #[track_caller]
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Runs `cargo xtask` to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    /// Starts `cargo xtask`.
    #[track_caller]
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        self.start_command(self.command(arguments))
    }

    /// `cargo xtask` with its environment, to be changed.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
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
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("PAPO_GITHUB_URL", &self.github)
            .stdin(Stdio::null());
        command
    }

    /// Starts a command.
    #[track_caller]
    pub(crate) fn start_command(&self, mut command: Command) -> Running {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let [stdout, stderr] =
            ["stdout", "stderr"].map(|name| self.path(&format!("{name}-{number}")));
        command
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap());
        Running {
            child: command.spawn().unwrap(),
            stdout,
            stderr,
        }
    }

    /// Waits until a script has written this file, and returns its content.
    #[track_caller]
    pub(crate) fn wait_for_file(&self, name: &str) -> String {
        wait_until(&format!("no script wrote {name}"), || {
            fs::read_to_string(self.path(name)).is_ok_and(|text| text.ends_with('\n'))
        });
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Fails if a process whose id a script wrote into this file still runs.
    #[track_caller]
    pub(crate) fn assert_ended(&self, file: &str) {
        for process in fs::read_to_string(self.path(file))
            .unwrap()
            .split_whitespace()
        {
            assert!(has_ended(process), "still running: {process}");
        }
    }

    /// Waits until the process has ended whose id a script wrote first into this file.
    #[track_caller]
    pub(crate) fn wait_for_end(&self, file: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        let process = text.split_whitespace().next().unwrap();
        wait_until(&format!("{process} did not end"), || has_ended(process));
    }
}

/// Whether there is no process with this id, or it waits for its parent to notice that it has ended.
fn has_ended(process: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let is_zombie = state
        .rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('Z'));
    state.is_empty() || is_zombie
}

#[track_caller]
fn wait_until(otherwise: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LIMIT, "{otherwise}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A running command, killed when dropped.
pub(crate) struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    /// Sends the signal of this name.
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

    /// Waits until the command has printed this line on standard error.
    #[track_caller]
    pub(crate) fn wait_for_warning(&self, line: &str) {
        wait_until(&format!("{line:?} was not printed"), || {
            let stderr = fs::read_to_string(&self.stderr).unwrap();
            stderr.lines().any(|printed| printed == line)
        });
    }

    /// Waits until the command has printed this line.
    #[track_caller]
    pub(crate) fn wait_for_line(&self, line: &str) {
        wait_until(&format!("{line:?} was not printed"), || {
            fs::read_to_string(&self.stdout)
                .unwrap()
                .lines()
                .any(|printed| printed == line)
        });
    }

    /// Waits until the command has exited.
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
        // Has no effect if it has exited.
        let _ = self.child.kill();
    }
}

/// The exit code and output of a command.
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
    pub(crate) fn prints(self, words: &str) -> Self {
        assert!(
            self.stdout.contains(words),
            "{words:?} is not in stdout:\n{}",
            self.stdout
        );
        self
    }

    /// The last line of standard error is an error with these words.
    #[track_caller]
    pub(crate) fn fails_with(self, words: &str) -> Self {
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("error: ") && last.contains(words),
            "{words:?} is not in {last:?}"
        );
        self
    }

    /// Standard error contains these words.
    #[track_caller]
    pub(crate) fn warns_of(self, words: &str) -> Self {
        let stderr = &self.stderr;
        assert!(stderr.contains(words), "{words:?} is not in:\n{stderr}");
        self
    }

    /// Standard error does not contain these words.
    #[track_caller]
    pub(crate) fn warns_nothing_of(self, words: &str) -> Self {
        assert!(
            !self.stderr.contains(words),
            "{words:?} is in stderr:\n{}",
            self.stderr
        );
        self
    }

    /// The last line of standard error is this error.
    #[track_caller]
    pub(crate) fn fails(self, sentence: &str) -> Self {
        assert_eq!(
            self.stderr.lines().last(),
            Some(format!("error: {sentence}").as_str())
        );
        self
    }
}
