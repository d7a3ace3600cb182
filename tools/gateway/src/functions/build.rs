//! Finds the program of every function: builds Rust functions with cargo, has others bundled, and finds the interpreter of a
//! managed runtime.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use cargo_metadata::Message;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::{
    build_error::BuildError,
    bundle,
    executable::obstacle,
    runtime::{Interpreters, RuntimeFiles},
};
use crate::{
    paths::absolute,
    template::{Code, Function, Language, Runtime, Source},
};

/// How to start a function, and the folder that it runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    /// The executable or interpreter.
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) folder: PathBuf,
}

/// The programs of all functions, by logical id. With `prebuilt`, executables that would otherwise be built with cargo are
/// taken from that folder.
pub(crate) async fn programs(
    functions: &[Function],
    prebuilt: Option<&Path>,
    files: &RuntimeFiles,
) -> Result<BTreeMap<String, Program>, BuildError> {
    let mut built = BTreeMap::new();
    if prebuilt.is_none() {
        for (folder, binaries) in packages(functions) {
            let executables = cargo_build(&folder, &binaries).await?;
            built.insert(folder, executables);
        }
    }
    bundle::all(functions, files).await?;
    let mut sources = Sources {
        prebuilt,
        built,
        interpreters: Interpreters::default(),
        files,
    };
    let (mut programs, mut failures) = (BTreeMap::new(), Vec::new());
    for function in functions {
        match sources.program(function) {
            Ok(program) => drop(programs.insert(function.logical_id.clone(), program)),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.len() {
        0 => Ok(programs),
        1 => Err(failures.remove(0)),
        _ => Err(BuildError::Several(failures)),
    }
}

/// Where programs come from.
struct Sources<'s> {
    prebuilt: Option<&'s Path>,
    /// The executables that cargo built, by folder and name.
    built: BTreeMap<PathBuf, BTreeMap<String, PathBuf>>,
    interpreters: Interpreters,
    files: &'s RuntimeFiles,
}

impl Sources<'_> {
    fn program(&mut self, function: &Function) -> Result<Program, BuildError> {
        match &function.code {
            Code::Bootstrap { folder } => {
                let hint = ", which may be a program in any language; build it first, for instance with `sam build`";
                executable(function, folder.join("bootstrap"), folder, hint)
            }
            Code::Cargo { folder, binary } => {
                let program = match self.prebuilt {
                    Some(prebuilt) => {
                        prebuilt.join(binary.as_ref().unwrap_or(&function.logical_id))
                    }
                    None => self.choose(function, folder, binary.as_deref())?,
                };
                let hint = "; build it first, or omit --functions";
                executable(function, program, folder, hint)
            }
            Code::Managed {
                source, runtime, ..
            } => self.managed(function, source, runtime),
        }
    }

    /// The executable of a package: the one of this name, or the only one.
    fn choose(
        &self,
        function: &Function,
        folder: &Path,
        binary: Option<&str>,
    ) -> Result<PathBuf, BuildError> {
        let built = self.built.get(folder).into_iter().flatten();
        let is_meant = |name: &str| binary.is_none_or(|binary| binary == name);
        let mut meant = built.clone().filter(|(name, _)| is_meant(name));
        match (meant.next(), meant.next()) {
            (Some((_, program)), None) => Ok(program.clone()),
            _ => Err(BuildError::Ambiguous {
                function: function.logical_id.clone(),
                folder: folder.to_owned(),
                found: built.map(|(name, _)| name.clone()).collect(),
            }),
        }
    }

    fn managed(
        &mut self,
        function: &Function,
        source: &Source,
        runtime: &Runtime,
    ) -> Result<Program, BuildError> {
        let id = &function.logical_id;
        let interpreter =
            self.interpreters
                .find(runtime)
                .ok_or_else(|| BuildError::NoInterpreter {
                    function: id.clone(),
                    runtime: runtime.name.clone(),
                    program: match runtime.language {
                        Language::Node => "node",
                        Language::Python => "python3",
                    },
                })?;
        let folder = match source {
            Source::Folder(folder) | Source::Archive(folder) => absolute(folder),
            Source::Bundle(bundle) => bundle::folder(bundle, self.files),
            Source::Inline { code, .. } => self
                .files
                .write_inline(id, runtime.language, code)
                .map_err(|source| BuildError::Inline {
                    function: id.clone(),
                    source,
                })?,
        };
        Ok(Program {
            path: interpreter,
            arguments: vec![self.files.client(runtime.language).into()],
            folder,
        })
    }
}

fn executable(
    function: &Function,
    program: PathBuf,
    folder: &Path,
    hint: &'static str,
) -> Result<Program, BuildError> {
    if !program.is_file() {
        let function = function.logical_id.clone();
        return Err(BuildError::Missing {
            function,
            program,
            hint,
        });
    }
    if let Some(why) = obstacle(&program) {
        let function = function.logical_id.clone();
        return Err(BuildError::NotForHere {
            function,
            program,
            why,
        });
    }
    Ok(Program {
        path: absolute(&program),
        arguments: Vec::new(),
        folder: absolute(folder),
    })
}

/// The packages to build, each with the binaries to build; an empty set means all.
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

/// Builds and returns the executables by name. Cargo's progress and the compiler's messages go to stderr.
async fn cargo_build(
    folder: &Path,
    binaries: &BTreeSet<String>,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
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
    let no_cargo = |source| BuildError::NoCargo {
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
            // Build scripts may print other lines.
            if let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(&line)
                && let Some(executable) = artifact.executable
            {
                executables.insert(artifact.target.name, executable.into_std_path_buf());
            }
        }
    }
    if cargo.wait().await.map_err(no_cargo)?.success() {
        Ok(executables)
    } else {
        Err(BuildError::Failed {
            what,
            folder: folder.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{self, Overrides};

    #[tokio::test]
    async fn all_functions_without_a_program_are_reported_at_once() {
        let source = "Resources:\n  Api:\n    Type: AWS::Serverless::WebSocketApi\n    Properties: { StageName: dev, \
                      RouteSelectionExpression: $request.body.action, Routes: { one: { FunctionArn: !GetAtt One.Arn }, \
                      two: { FunctionArn: !GetAtt Two.Arn } } }\n";
        let function = |id: &str| {
            format!(
                "  {id}: {{ Type: AWS::Serverless::Function, Properties: {{ Runtime: provided.al2023, Handler: bootstrap, \
                 CodeUri: {id} }} }}\n"
            )
        };
        let source = [source, &function("One"), &function("Two")].concat();
        let stack = template::read(Path::new("t.yaml"), &source, &Overrides::default()).unwrap();
        let files = RuntimeFiles::write("").unwrap();
        let failure = programs(&stack.functions, None, &files).await.unwrap_err();
        let said = failure.to_string();
        let wanted = [
            "One: there is no executable One/bootstrap",
            "Two: there is no executable Two/bootstrap",
        ];
        assert_eq!(said.lines().count(), 2);
        for (line, wanted) in said.lines().zip(wanted) {
            assert!(line.starts_with(wanted), "{said}");
        }
    }
}
