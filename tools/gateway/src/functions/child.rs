//! Processes of functions: starts each in its own process group, and leaves no process of that group behind.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child as Process, Command};

use super::logs;

/// First argument that makes the gateway's executable run a function, see [`become_function`].
pub const EXEC_ARGUMENT: &str = "__exec-function";

/// How long a function may take to end after SIGTERM.
const GRACE: Duration = Duration::from_millis(500);

/// How to start one function's processes.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) folder: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
    /// An executable that calls [`become_function`].
    pub(crate) launcher: Option<PathBuf>,
}

/// A running process. Dropping it kills its whole group.
#[derive(Debug)]
pub(crate) struct Child {
    process: Process,
    group: Option<Pid>,
}

impl Child {
    pub(crate) fn start(launch: &Launch, runtime_api: &str) -> io::Result<Self> {
        let mut command = match &launch.launcher {
            Some(launcher) => {
                let mut command = Command::new(launcher);
                command
                    .arg(EXEC_ARGUMENT)
                    .arg(std::process::id().to_string())
                    .arg(&launch.program);
                command
            }
            None => Command::new(&launch.program),
        };
        command
            .args(&launch.arguments)
            .env_clear()
            .envs(&launch.environment)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .current_dir(&launch.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // In a separate group, functions survive Ctrl-C in the terminal until their last invocation has finished.
            .process_group(0)
            .kill_on_drop(true);
        let mut process = command.spawn()?;
        let group = process
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(stdout) = process.stdout.take() {
            tokio::spawn(logs::copy(launch.name.clone(), stdout));
        }
        if let Some(stderr) = process.stderr.take() {
            tokio::spawn(logs::copy(launch.name.clone(), stderr));
        }
        Ok(Self { process, group })
    }

    /// Waits until the process has ended.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub(crate) async fn ended(&mut self) -> String {
        let status = self.process.wait().await;
        // Its children would otherwise keep running and hold the log open.
        self.signal(Signal::KILL);
        self.group = None;
        status.map_or_else(|error| error.to_string(), describe)
    }

    /// Sends SIGTERM, waits [`GRACE`], and kills what is left of the group.
    pub(crate) async fn stop(mut self) {
        self.signal(Signal::TERM);
        let _ = tokio::time::timeout(GRACE, self.process.wait()).await;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // Fails when the group has ended already.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// Turns the calling process into a function's process, which the kernel kills when the gateway dies, even by `SIGKILL`. This
/// needs Linux; elsewhere it outlives a `SIGKILL` of the gateway.
///
/// The gateway's executable calls this when its first argument is [`EXEC_ARGUMENT`]. A process can request the signal only
/// for itself, after its start and before it runs the function, which is why it has to start as the gateway's executable.
///
/// # Errors
/// Returns only when the program cannot be run.
pub fn become_function(mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    use std::os::unix::process::CommandExt;
    let gateway = arguments
        .next()
        .and_then(|id| id.to_str()?.parse::<i32>().ok());
    let Some(program) = arguments.next() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no program given");
    };
    #[cfg(target_os = "linux")]
    {
        if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)) {
            return error.into();
        }
        // The gateway may have died before the request.
        if rustix::process::getppid().map(Pid::as_raw_pid) != gateway {
            std::process::exit(1);
        }
    }
    std::process::Command::new(Path::new(&program))
        .args(arguments)
        .exec()
}
