//! Functions and how they are run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name within the template.
    pub logical_id: String,
    /// Its name on AWS.
    pub name: String,
    /// How it is run.
    pub code: Code,
    /// Its layers, in the order of the template.
    pub layers: Vec<Layer>,
    /// `_HANDLER`.
    pub handler: String,
    /// Megabytes; reported to the function, not enforced.
    pub memory: u32,
    /// Longest time for one invocation.
    pub timeout: Duration,
    /// `ReservedConcurrentExecutions`: the largest number of concurrent processes.
    pub reserved_concurrency: Option<usize>,
    /// Maximum number of retries of a failed asynchronous invocation, such as a scheduled one.
    pub retries: usize,
    /// `Environment.Variables`, resolved.
    pub environment: BTreeMap<String, String>,
    /// `LoggingConfig`.
    pub logging: Logging,
}

#[cfg(test)]
impl Function {
    /// A function with Lambda's defaults.
    pub(crate) fn with_code(logical_id: &str, code: Code) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            name: logical_id.to_owned(),
            code,
            layers: Vec::new(),
            handler: "a.handler".to_owned(),
            memory: 128,
            timeout: Duration::from_secs(3),
            reserved_concurrency: None,
            retries: 2,
            environment: BTreeMap::new(),
            logging: Logging::default(),
        }
    }
}

/// A layer: a folder whose files are below `/opt` on Lambda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The folder.
    pub folder: PathBuf,
    /// Folder below `/opt` in which its files are; empty for `/opt` itself.
    pub place: &'static str,
}

impl Layer {
    /// The path here of a path below `/opt`; `None` for one outside of the layer.
    pub(crate) fn path(&self, below_opt: &str) -> Option<PathBuf> {
        let path = Path::new(below_opt).strip_prefix(self.place).ok()?;
        Some(self.folder.join(path))
    }
}

/// `LoggingConfig` of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logging {
    /// `Text` or `JSON`.
    pub format: Option<String>,
    /// Lowest level, with `JSON` only.
    pub level: Option<String>,
}

/// How a function is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// Built with cargo (`BuildMethod: rust-cargolambda`).
    Cargo {
        /// `CodeUri`, the folder of the package.
        folder: PathBuf,
        /// `BuildProperties.Binary`; without it the package must have exactly one executable.
        binary: Option<String>,
    },
    /// The executable `bootstrap` in `CodeUri`, in any language.
    Bootstrap {
        /// `CodeUri`.
        folder: PathBuf,
    },
    /// Run by an interpreter on `PATH` with the gateway's own runtime client.
    Managed {
        /// The code.
        source: Source,
        /// The runtime that the template asks for.
        runtime: Runtime,
        /// Folder of `sam build` with the function's dependencies, when `CodeUri` does not contain them.
        dependencies: Option<PathBuf>,
    },
}

impl Code {
    /// The folder with the code; `None` for code that the template or an archive contains.
    pub fn folder(&self) -> Option<&PathBuf> {
        match self {
            Self::Cargo { folder, .. }
            | Self::Bootstrap { folder }
            | Self::Managed {
                source: Source::Folder(folder),
                ..
            } => Some(folder),
            Self::Managed {
                source: Source::Bundle(bundle),
                ..
            } => Some(&bundle.folder),
            Self::Managed {
                source: Source::Archive(_) | Source::Inline { .. },
                ..
            } => None,
        }
    }

    /// Whether it must be built again when its sources change.
    pub(crate) fn is_built(&self) -> bool {
        matches!(
            self,
            Self::Cargo { .. }
                | Self::Managed {
                    source: Source::Bundle(_),
                    ..
                }
        )
    }
}

/// Code of a function with a managed runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `CodeUri`.
    Folder(PathBuf),
    /// The folder that an archive has been unpacked to.
    Archive(PathBuf),
    /// `InlineCode` or `ZipFile`.
    Inline {
        /// The text.
        code: String,
        /// The folder of the template, whose packages the code can use.
        folder: PathBuf,
    },
    /// TypeScript, or modules that a bundler puts together.
    Bundle(Bundle),
}

impl Source {
    /// The folder that holds the code as it is run.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) | Self::Archive(folder) => Some(folder),
            Self::Inline { .. } | Self::Bundle(_) => None,
        }
    }

    /// The folder whose packages the code uses, where that is not the folder in which it runs.
    pub(crate) fn project(&self) -> Option<&Path> {
        match self {
            Self::Folder(_) | Self::Archive(_) => None,
            Self::Inline { folder, .. } => Some(folder),
            Self::Bundle(bundle) => Some(&bundle.folder),
        }
    }
}

/// Modules that esbuild bundles before the function starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Folder that the handler's path is relative to.
    pub folder: PathBuf,
    /// The file with the handler, relative to `folder`.
    pub entry: PathBuf,
    /// The executable of the project's esbuild.
    pub esbuild: PathBuf,
    /// Command-line options of esbuild.
    pub options: Vec<String>,
}

/// A managed runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Language of the code.
    pub language: Language,
    /// As the template names it, for instance `nodejs22.x`.
    pub name: String,
}

impl Runtime {
    /// `None` for a runtime that cannot be run here.
    pub fn parse(name: &str) -> Option<Self> {
        let (language, version) = [("nodejs", Language::Node), ("python", Language::Python)]
            .into_iter()
            .find_map(|(start, language)| Some((language, name.strip_prefix(start)?)))?;
        let numeric = |c: char| c.is_ascii_digit() || ".x".contains(c);
        (!version.is_empty() && version.chars().all(numeric)).then(|| Self {
            language,
            name: name.to_owned(),
        })
    }

    /// The version that the name asks for, for instance `22` or `3.12`.
    pub fn version(&self) -> &str {
        let version = self
            .name
            .trim_start_matches(|c: char| c.is_ascii_alphabetic());
        version.trim_end_matches(".x")
    }
}

/// Language of a managed runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// `nodejs*`.
    Node,
    /// `python*`.
    Python,
}
