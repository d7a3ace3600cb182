//! The gateway with the functions and the database that it starts.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// A gateway that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Stack {
    gateway: Child,
    /// What it printed when it was ready, by the word before the colon.
    lines: HashMap<String, String>,
}

impl Stack {
    /// Starts the gateway of `programs` with its database in memory, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(programs: &Path, template: &Path) -> Result<Self> {
        let program = programs.join("gateway");
        let mut command = Command::new(&program);
        command
            .arg("--template")
            .arg(template)
            .arg("--functions")
            .arg(programs);
        command.args(["--listen", "127.0.0.1:0", "--memory"]);
        // Logging would be a large part of the cost. Concurrent appends cancel transactions, which are warnings.
        command.env("RUST_LOG", "error");
        let mut gateway = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = gateway
            .stdout
            .take()
            .context("the gateway has no standard output")?;
        let mut stack = Self {
            gateway,
            lines: HashMap::new(),
        };
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some((word, rest)) = line.trim().split_once(": ") {
                stack.lines.insert(word.to_owned(), rest.to_owned());
            }
            if line.starts_with("dynamodb:") {
                return Ok(stack);
            }
        }
        bail!("the gateway ended before it was ready")
    }

    /// What the gateway printed behind `word`, such as `endpoint`.
    pub(crate) fn line(&self, word: &str) -> Result<&str> {
        self.lines
            .get(word)
            .map(String::as_str)
            .with_context(|| format!("the gateway printed no line {word}:"))
    }

    pub(crate) fn process(&self) -> u32 {
        self.gateway.id()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // Politely, because it ends its functions only then; std knows only the other way.
        let asked = Command::new("kill")
            .arg(self.gateway.id().to_string())
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.gateway.kill();
        }
        let _ = self.gateway.wait();
    }
}
