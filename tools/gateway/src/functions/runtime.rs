//! Managed runtimes: finds the interpreter that a function asks for, and provides the runtime clients, which are part of
//! this executable, as files.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use data_encoding::BASE64;

use crate::{
    template::{Language, Runtime},
    temporary::Folder,
};

/// The runtime clients and the files that come with them, by name.
const FILES: &[(&str, &str)] = &[
    ("layers.cjs", include_str!("runtime/layers.cjs")),
    ("layers.mjs", include_str!("runtime/layers.mjs")),
    ("network.cjs", include_str!("runtime/network.cjs")),
    ("node.mjs", include_str!("runtime/node.mjs")),
    ("python.py", include_str!("runtime/python.py")),
    (
        "python-path/sitecustomize.py",
        include_str!("runtime/sitecustomize.py"),
    ),
];

/// Module that redirects connections to AWS in Node.js, for `--require`.
pub(super) const NODE_HOOK: &str = "network.cjs";
/// Module that finds the files of layers in Node.js, for `--require`.
pub(super) const LAYERS_HOOK: &str = "layers.cjs";
/// Folder with the module that redirects connections in Python, for `PYTHONPATH`.
pub(super) const PYTHON_HOOK: &str = "python-path";
/// Certificate of the gateway's authority.
pub(super) const AUTHORITY: &str = "authority.pem";
/// The same, with the authorities that the machine trusts.
pub(super) const AUTHORITIES: &str = "authorities.pem";

/// Files that functions need at run time; removed when dropped.
#[derive(Debug)]
pub(crate) struct RuntimeFiles {
    folder: Folder,
}

impl RuntimeFiles {
    /// Writes them. `authority` is the certificate of the gateway's authority, as PEM.
    pub(crate) fn write(authority: &str) -> io::Result<Self> {
        let folder = Folder::create()?;
        std::fs::create_dir(folder.join(PYTHON_HOOK))?;
        for (name, text) in FILES {
            std::fs::write(folder.join(name), text)?;
        }
        std::fs::write(folder.join(AUTHORITY), authority)?;
        let mut authorities = authority.to_owned();
        for certificate in rustls_native_certs::load_native_certs().certs {
            authorities.push_str(&pem(&certificate));
        }
        std::fs::write(folder.join(AUTHORITIES), authorities)?;
        Ok(Self { folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The runtime client for a language.
    pub(super) fn client(&self, language: Language) -> PathBuf {
        self.folder().join(match language {
            Language::Node => "node.mjs",
            Language::Python => "python.py",
        })
    }

    /// Writes the code that a template contains into a separate folder, under the name that Lambda uses.
    pub(super) fn write_inline(
        &self,
        function: &str,
        language: Language,
        code: &str,
    ) -> io::Result<PathBuf> {
        let folder = self.folder().join("inline").join(function);
        std::fs::create_dir_all(&folder)?;
        let name = match language {
            Language::Node => "index.js",
            Language::Python => "index.py",
        };
        std::fs::write(folder.join(name), code)?;
        Ok(folder)
    }
}

/// A certificate as PEM (RFC 7468).
fn pem(certificate: &[u8]) -> String {
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in BASE64.encode(certificate).as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

/// The interpreters on `PATH`. Each is searched for only once.
#[derive(Debug, Default)]
pub(super) struct Interpreters {
    found: BTreeMap<String, Option<Interpreter>>,
    warned: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct Interpreter {
    program: PathBuf,
    version: String,
}

impl Interpreters {
    /// The interpreter for `runtime`: the one of exactly its version if `PATH` has it, else any, with a warning.
    pub(super) fn find(&mut self, runtime: &Runtime) -> Option<PathBuf> {
        let wanted = runtime.version();
        let names = match runtime.language {
            Language::Node => vec!["node".to_owned()],
            Language::Python => vec![format!("python{wanted}"), "python3".to_owned()],
        };
        let interpreter = names.into_iter().find_map(|name| self.named(&name))?;
        let same =
            interpreter.version == wanted || interpreter.version.starts_with(&format!("{wanted}."));
        if !same && self.warned.insert(runtime.name.clone()) {
            tracing::warn!(
                "functions for {} run on version {} ({})",
                runtime.name,
                interpreter.version,
                interpreter.program.display()
            );
        }
        Some(interpreter.program)
    }

    fn named(&mut self, name: &str) -> Option<Interpreter> {
        let found = self.found.entry(name.to_owned());
        found.or_insert_with(|| look_up(name)).clone()
    }
}

fn look_up(name: &str) -> Option<Interpreter> {
    let path = std::env::var_os("PATH")?;
    let program = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())?;
    // `v20.20.2` or `Python 3.11.7`. A shim of a version manager may exist and fail.
    let output = Command::new(&program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().last()?.trim_start_matches('v');
    output.status.success().then(|| Interpreter {
        program: program.clone(),
        version: version.to_owned(),
    })
}
