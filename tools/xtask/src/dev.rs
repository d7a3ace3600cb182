//! `cargo xtask dev`: the whole chat on this machine.

mod estimate;
mod gateway;
mod issuer;
pub(crate) mod page;
mod site;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;

use crate::interrupt::{self, Interrupted};
use crate::net;
use crate::output::say;
use crate::process::{self, Job};
use crate::progress::Task;
use crate::tools::cache::Cache;
use crate::tools::trunk::{self, Trunk};
use crate::tools::{mock_issuer, rust_target};
use crate::workspace::Workspace;

/// Building tools and chat side by side is worthwhile from this many cores; with fewer it only costs memory.
const CORES_FOR_TWO_BUILDS: usize = 4;

/// Runs the whole chat on this machine, and rebuilds what you edit.
///
/// Starts the gateway with the real functions and a real database, and Trunk for the app. When you edit a file, the app reloads,
/// or the functions are replaced while clients stay connected.
///
/// Missing tools are installed first, once, into ~/.cache/papo/tools. Open the printed address in two tabs, and chat.
/// Ctrl-C stops everything.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Port of the app
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Port of the gateway. The app's port forwards /dev to it; `wscat -c ws://127.0.0.1:3001/dev` connects directly
    #[arg(long, value_name = "PORT", default_value_t = gateway::PORT, value_parser = clap::value_parser!(u16).range(1..))]
    gateway_port: u16,
    /// Keep the database in memory, so that it is empty at each start
    #[arg(long, conflicts_with = "data")]
    memory: bool,
    /// Directory of the database, relative to the root of the repository
    #[arg(long, value_name = "DIR", default_value = ".papo/data")]
    data: PathBuf,
    /// Require people to sign in, at a local issuer of tokens that asks for a name and no password. Needs Node.js
    #[arg(long)]
    auth: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask dev
  cargo xtask dev --memory
  cargo xtask dev --port 9000 --gateway-port 9001";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let begin = Instant::now();
    if arguments.port == arguments.gateway_port {
        bail!(
            "--port and --gateway-port are both {}: choose two different ports",
            arguments.port
        );
    }
    net::require_free(arguments.port, "--port")?;
    net::require_free(arguments.gateway_port, "--gateway-port")?;

    let workspace = Workspace::find()?;
    let cache = Cache::of_this_user()?;
    // Before anything is built: the disk may be read-only, and Node may be missing.
    if !arguments.memory {
        let data = workspace.root().join(&arguments.data);
        std::fs::create_dir_all(&data).with_context(|| {
            format!(
                "cannot create {} for the database: choose another directory with --data, or --memory",
                data.display()
            )
        })?;
    }
    let issuer = arguments.auth.then(|| mock_issuer::provide(&cache));
    let issuer = issuer.transpose()?;
    estimate::print(&workspace, &cache)?;
    let trunk = prepare(&workspace, &cache)?;

    let mut jobs = Vec::new();
    let outcome = start(arguments, &workspace, &trunk, issuer.as_deref(), &mut jobs);
    let outcome = outcome.and_then(|()| {
        say!("ready after {:.1} s", begin.elapsed().as_secs_f64());
        say!("open http://{}", net::local(arguments.port));
        watch(&mut jobs)
    });
    process::terminate_all(jobs);
    match outcome {
        // Ctrl-C is how this command is meant to end.
        Err(error) if error.is::<Interrupted>() => Ok(()),
        other => other,
    }
}

/// Installs the tools and builds the chat, side by side where there are enough cores.
fn prepare(workspace: &Workspace, cache: &Cache) -> Result<Trunk> {
    rust_target::require(workspace, rust_target::WASM)?;
    if estimate::cores() < CORES_FOR_TWO_BUILDS {
        let trunk = trunk::provide(workspace, cache)?;
        compile(workspace)?;
        return Ok(trunk);
    }
    std::thread::scope(|scope| {
        let tools = scope.spawn(|| trunk::provide(workspace, cache));
        let compiled = compile(workspace);
        let trunk = match tools.join() {
            Ok(trunk) => trunk,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        compiled?;
        trunk
    })
}

/// Builds before anything is started, so that a compile error ends the command.
fn compile(workspace: &Workspace) -> Result<()> {
    let builds = [
        (
            "building the gateway",
            workspace.cargo(["build", "-p", "papo-gateway", "--bins"]),
        ),
        // As the gateway builds them when their sources change.
        (
            "building the functions",
            workspace.cargo(["build", "-p", "papo-lambdas", "--bins"]),
        ),
        // As Trunk builds it.
        (
            "building the app",
            workspace.cargo([
                "build",
                "-p",
                "papo-app",
                "--bin",
                "papo-app",
                "--target",
                rust_target::WASM,
            ]),
        ),
        (
            "building the sign-in module",
            workspace.cargo(["build", "-p", "papo-sign-in", "--target", rust_target::WASM]),
        ),
    ];
    for (title, mut cargo) in builds {
        let task = Task::start(title);
        task.run_cargo(&mut cargo)
            .with_context(|| format!("{title} failed{}", advice(&cargo)))?;
        task.finish();
    }
    Ok(())
}

/// Why a build may fail here only.
fn advice(cargo: &Command) -> &'static str {
    let has_flags = std::env::var_os("RUSTFLAGS").is_some_and(|flags| !flags.is_empty());
    if has_flags
        && cargo
            .get_args()
            .any(|argument| argument == rust_target::WASM)
    {
        " (RUSTFLAGS also applies to WebAssembly, and is wrong there if it is meant for the linker or processor of this machine)"
    } else {
        ""
    }
}

fn start(
    arguments: &Arguments,
    workspace: &Workspace,
    trunk: &Trunk,
    issuer: Option<&Path>,
    jobs: &mut Vec<Job>,
) -> Result<()> {
    let sign_in = match issuer {
        Some(modules) => Some(issuer::start(workspace, modules, jobs)?),
        None => None,
    };
    let sign_in = sign_in.as_ref();
    let data = (!arguments.memory).then_some(arguments.data.as_path());
    let port = arguments.gateway_port;
    let ready = gateway::start(workspace, port, data, sign_in, jobs)?;
    // Trunk bundles while the gateway starts; it connects to it only for a client.
    site::start(workspace, trunk, arguments.port, port, sign_in, jobs)?;
    let gateway::Ready { endpoint, dynamodb } =
        wait_for("starting the gateway", gateway::LIMIT, jobs, || {
            ready.try_recv().ok()
        })?;
    say!("gateway on {endpoint}, DynamoDB on {dynamodb}");
    wait_for("bundling the app", site::LIMIT, jobs, || {
        net::answers(arguments.port).then_some(())
    })
}

/// Starts a server that prints a line of JSON when it is ready. That line is received; the others are passed on.
fn start_server<Ready: DeserializeOwned + Send + 'static>(
    name: &str,
    command: &Command,
    jobs: &mut Vec<Job>,
) -> Result<Receiver<Ready>> {
    let mut command = process::supervised(command)?;
    command.stdout(Stdio::piped());
    let mut job = Job::start(name, &mut command)?;
    let stdout = job.take_stdout();
    let stdout = stdout.with_context(|| format!("{name} has no standard output"))?;
    jobs.push(job);
    let (sender, ready) = mpsc::channel();
    // Ends with the server, which closes its standard output.
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(line) => drop(sender.send(line)),
                Err(_) => say!("{line}"),
            }
        }
    });
    Ok(ready)
}

/// Waits until `poll` returns a value.
fn wait_for<T>(
    title: &str,
    limit: Duration,
    jobs: &mut [Job],
    mut poll: impl FnMut() -> Option<T>,
) -> Result<T> {
    let task = Task::start(title);
    let mut value = None;
    process::wait_until(title, limit, || {
        require_running(jobs)?;
        value = poll();
        Ok(value.is_some())
    })?;
    task.finish();
    value.with_context(|| format!("{title} has no result"))
}

/// Returns an error when a job exits or after a signal.
fn watch(jobs: &mut [Job]) -> Result<()> {
    loop {
        interrupt::check()?;
        require_running(jobs)?;
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn require_running(jobs: &mut [Job]) -> Result<()> {
    for job in jobs {
        if let Some(status) = job.exit_status()? {
            bail!(
                "{} exited ({status}), so everything was stopped; see its output above",
                job.name()
            );
        }
    }
    Ok(())
}
