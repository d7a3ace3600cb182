//! Finds the executable of every function, building with cargo what the template says is built with cargo.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf, absolute},
    process::Stdio,
};

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::template::{Code, Function};

/// An executable that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Cargo cannot be run.
    #[error("cannot run cargo in {folder}: {source}; install Rust from https://rustup.rs")]
    NoCargo {
        /// The folder of the package.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Cargo ran and failed; it has said why on stderr.
    #[error("cargo could not build {what} in {folder}; the compiler's messages stand above")]
    Failed {
        /// The binaries.
        what: String,
        /// The folder of the package.
        folder: PathBuf,
    },
    /// The package has no executable of this name, or several and the template names none.
    #[error(
        "{function}: {folder} has the executables {found:?}; name one in Metadata.BuildProperties.Binary"
    )]
    Ambiguous {
        /// Logical id.
        function: String,
        /// The folder of the package.
        folder: PathBuf,
        /// What cargo made.
        found: Vec<String>,
    },
    /// There is no such file.
    #[error("{function}: there is no executable {program}{hint}")]
    Missing {
        /// Logical id.
        function: String,
        /// Where it should be.
        program: PathBuf,
        /// What to do about it.
        hint: &'static str,
    },
}

/// A function's executable, and the folder that it runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
}

/// The executables of all functions, by logical id. With `ready_made`, executables of functions that are otherwise
/// built with cargo are taken from that folder.
///
/// # Errors
/// When one cannot be built or found.
pub(crate) async fn programs(
    functions: &[Function],
    ready_made: Option<&Path>,
) -> Result<BTreeMap<String, Program>, Error> {
    let mut built = BTreeMap::new();
    for (folder, binaries) in packages(functions)
        .into_iter()
        .filter(|_| ready_made.is_none())
    {
        built.insert(folder.clone(), cargo_build(&folder, &binaries).await?);
    }
    let programs = functions.iter().map(|function| {
        let (program, folder, hint) = match &function.code {
            Code::Bootstrap { folder } => (
                folder.join("bootstrap"),
                folder,
                "; it has to be a file with the executable bit, in any language",
            ),
            Code::Cargo { folder, binary } => {
                let program = match (ready_made, binary) {
                    (Some(ready_made), Some(binary)) => ready_made.join(binary),
                    (Some(ready_made), None) => ready_made.join(&function.logical_id),
                    (None, _) => choose(function, folder, binary.as_deref(), built.get(folder))?,
                };
                (
                    program,
                    folder,
                    "; build it first, or leave --functions away",
                )
            }
        };
        let function = function.logical_id.clone();
        if !is_executable(&program) {
            return Err(Error::Missing {
                function,
                program,
                hint,
            });
        }
        let whole = |path: &Path| absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok((
            function,
            Program {
                program: whole(&program),
                folder: whole(folder),
            },
        ))
    });
    programs.collect()
}

/// The packages to build, each with the binaries that are wanted of it; none means all.
fn packages(functions: &[Function]) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let mut packages: BTreeMap<PathBuf, Option<BTreeSet<String>>> = BTreeMap::new();
    for function in functions {
        if let Code::Cargo { folder, binary } = &function.code {
            let binaries = packages
                .entry(folder.clone())
                .or_insert_with(|| Some(BTreeSet::new()));
            match (binary, binaries.as_mut()) {
                (Some(binary), Some(binaries)) => drop(binaries.insert(binary.clone())),
                _ => *binaries = None,
            }
        }
    }
    packages
        .into_iter()
        .map(|(folder, binaries)| (folder, binaries.unwrap_or_default()))
        .collect()
}

fn choose(
    function: &Function,
    folder: &Path,
    binary: Option<&str>,
    built: Option<&BTreeMap<String, PathBuf>>,
) -> Result<PathBuf, Error> {
    let found = built
        .map(|built| built.keys().cloned().collect::<Vec<_>>())
        .unwrap_or_default();
    let program = match (binary, found.as_slice()) {
        (Some(binary), _) => built.and_then(|built| built.get(binary)),
        (None, [only]) => built.and_then(|built| built.get(only)),
        (None, _) => None,
    };
    program.cloned().ok_or_else(|| Error::Ambiguous {
        function: function.logical_id.clone(),
        folder: folder.to_owned(),
        found,
    })
}

/// The part of cargo's messages that is read here
/// (<https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>).
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds and returns the executables by name. Cargo's progress and the compiler's messages go to stderr.
async fn cargo_build(
    folder: &Path,
    binaries: &BTreeSet<String>,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let what = if binaries.is_empty() {
        "the binaries".to_owned()
    } else {
        binaries
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    tracing::info!("building {what} in {}", folder.display());
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .arg("build")
        .arg("--message-format=json-render-diagnostics");
    if binaries.is_empty() {
        command.arg("--bins");
    }
    for binary in binaries {
        command.arg("--bin").arg(binary);
    }
    let no_cargo = |source| Error::NoCargo {
        folder: folder.to_owned(),
        source,
    };
    let mut cargo = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(no_cargo)?;
    let mut executables = BTreeMap::new();
    if let Some(output) = cargo.stdout.take() {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            // Build scripts may print lines that are no messages.
            let Ok(message) = serde_json::from_str::<Message>(&line) else {
                continue;
            };
            if let ("compiler-artifact", Some(target), Some(executable)) =
                (message.reason.as_str(), message.target, message.executable)
            {
                executables.insert(target.name, executable);
            }
        }
    }
    if cargo.wait().await.map_err(no_cargo)?.success() {
        Ok(executables)
    } else {
        Err(Error::Failed {
            what,
            folder: folder.to_owned(),
        })
    }
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
