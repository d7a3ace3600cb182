//! The executable `gateway`, running, and clients for it.

#[path = "../gateway/clients.rs"]
mod clients;

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use papagaio::stack::Stack;
use tempfile::TempDir;

pub(crate) use self::clients::{Client, TIMEOUT, eventually};

/// A file of this package.
pub(crate) fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A gateway that runs until this is dropped.
pub(crate) struct Program {
    stack: Stack,
    endpoint: String,
}

impl Program {
    /// Starts it with the stack of the gateway's own tests, which does what messages tell it.
    pub(crate) fn with_obedient_stack() -> Self {
        Self::with_stack("template.yaml")
    }

    /// Starts it with one of the templates of `tests/stack`.
    pub(crate) fn with_stack(template: &str) -> Self {
        let template = file("tests/stack").join(template);
        Self::start(&template, &["--parameter", "Events=/dev/null"])
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(template: &Path, arguments: &[&str]) -> Self {
        let gateway = Path::new(env!("CARGO_BIN_EXE_gateway"));
        Self::run(gateway, template, arguments)
    }

    /// Starts it with the stack of the gateway's own tests and a limit of `files` open files.
    pub(crate) fn with_few_files(files: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let script = folder.path().join("gateway");
        let gateway = env!("CARGO_BIN_EXE_gateway");
        let limited = format!("#!/bin/sh\nulimit -n {files} && exec '{gateway}' \"$@\"\n");
        std::fs::write(&script, limited).unwrap();
        std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
        let arguments = ["--parameter", "Events=/dev/null"];
        Self::run(&script, &file("tests/stack/template.yaml"), &arguments)
    }

    fn run(gateway: &Path, template: &Path, arguments: &[&str]) -> Self {
        let builder = Stack::builder(template, gateway);
        let builder = arguments.iter().fold(builder, |all, it| all.argument(*it));
        let stack = builder.start().unwrap_or_else(|error| panic!("{error:#}"));
        Self {
            endpoint: stack.endpoint().to_string(),
            stack,
        }
    }

    /// `ws://HOST:PORT/STAGE`.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        let rest = self.endpoint.strip_prefix("ws://").unwrap();
        rest.split('/').next().unwrap()
    }

    /// `http://HOST:PORT/STAGE`, the endpoint of the management API.
    pub(crate) fn management(&self) -> String {
        self.endpoint.replacen("ws://", "http://", 1)
    }

    /// Kibibytes on its heap and its stacks.
    pub(crate) fn memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.stack.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        number.unwrap_or_else(|| panic!("no RssAnon in {status}"))
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        self.stack.log()
    }

    pub(crate) async fn connect(&self) -> Client {
        let client = Client::connect(&self.endpoint).await;
        client.unwrap_or_else(|refusal| panic!("{refusal:?}\n{}", self.log()))
    }
}
