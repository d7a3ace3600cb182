//! Reasons why a function has no program.

use std::{fmt, io, path::PathBuf};

/// A function without a program.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Cargo cannot be run.
    #[error("cannot run cargo in {folder}: {source}; install Rust from https://rustup.rs")]
    NoCargo {
        /// The folder of the package.
        folder: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Cargo ran and failed; it has printed why to stderr.
    #[error("cargo could not build {what} in {folder}; see the compiler's messages above")]
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
        /// The executables that cargo built.
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
    /// The executable is for another machine, or a script whose interpreter is not there.
    #[error("{function}: cannot run {program}: {why}")]
    NotForHere {
        /// Logical id.
        function: String,
        /// The file.
        program: PathBuf,
        /// Why, and what to do about it.
        why: String,
    },
    /// esbuild cannot be run.
    #[error("cannot run {esbuild}: {source}; install it again with `npm install`")]
    NoEsbuild {
        /// The executable.
        esbuild: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// esbuild ran and failed; it has printed why to stderr.
    #[error(
        "esbuild could not bundle {what} in {folder}; see its messages above, and run `npm install` there if packages are missing"
    )]
    NotBundled {
        /// The modules.
        what: String,
        /// The folder of the project.
        folder: PathBuf,
    },
    /// The interpreter of a managed runtime is not installed.
    #[error("{function} needs {runtime}: there is no {program} on PATH; install it")]
    NoInterpreter {
        /// Logical id.
        function: String,
        /// As the template names it.
        runtime: String,
        /// The executable that was looked for.
        program: &'static str,
    },
    /// Several functions have no program.
    #[error("{}", Lines(.0))]
    Several(Vec<BuildError>),
    /// A file for a function cannot be written.
    #[error("{function}: cannot write its inline code: {source}")]
    Inline {
        /// Logical id.
        function: String,
        /// The operating system's error.
        source: io::Error,
    },
}

struct Lines<'a>(&'a [BuildError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let line_end = if index == 0 { "" } else { "\n" };
            write!(f, "{line_end}{error}")?;
        }
        Ok(())
    }
}
