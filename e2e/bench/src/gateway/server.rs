//! A server that prints its address, killed when it is dropped.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A server in its own process, like the gateway.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    /// `host:port`.
    pub(crate) address: String,
}

impl Server {
    /// Starts this program as the bare server.
    pub(crate) fn bare() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("bare-server")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the bare server")?;
        let output = process.stdout.take().context("no standard output")?;
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        let address = address.trim().to_owned();
        Ok(Self { process, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
