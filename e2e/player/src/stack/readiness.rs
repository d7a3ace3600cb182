//! Parses what the gateway prints when it is ready: one line per resource, `dynamodb:` last.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::duration;
use crate::endpoint::Endpoint;

/// The running resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Readiness {
    pub(super) endpoint: Endpoint,
    /// The address of the app, if it is served.
    pub(super) site: Option<String>,
    /// The names of the tables, by their logical IDs.
    pub(super) tables: BTreeMap<String, String>,
    /// Address of DynamoDB's API.
    pub(super) dynamodb: String,
}

impl Readiness {
    /// Reads lines until the gateway is ready.
    pub(super) fn wait(lines: &Receiver<String>, limit: Duration) -> Result<Self> {
        let deadline = Instant::now() + limit;
        let mut printed = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match lines.recv_timeout(left) {
                Ok(line) => {
                    let last = line.starts_with("dynamodb:");
                    printed.push(line);
                    if last {
                        return Self::parse(&printed);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    bail!("it was not ready within {}", duration::show(limit));
                }
                Err(RecvTimeoutError::Disconnected) => bail!("it ended before it was ready"),
            }
        }
    }

    fn parse(lines: &[String]) -> Result<Self> {
        let mut top = BTreeMap::new();
        let mut tables = BTreeMap::new();
        let mut section = "";
        for line in lines {
            let (name, value) = line
                .split_once(':')
                .with_context(|| format!("it printed \"{line}\""))?;
            let value = value.trim();
            if let Some(name) = name.strip_prefix("  ") {
                if section == "tables" {
                    tables.insert(name.to_owned(), value.to_owned());
                }
            } else {
                section = name;
                top.insert(name, value);
            }
        }
        let line = |name: &str| {
            top.get(name)
                .copied()
                .with_context(|| format!("it did not print a line {name}:"))
        };
        Ok(Self {
            endpoint: line("endpoint")?.parse()?,
            site: top.get("site").map(|site| (*site).to_owned()),
            tables,
            dynamodb: line("dynamodb")?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const PRINTED: &str = "\
endpoint: ws://127.0.0.1:3001/dev
site: http://127.0.0.1:3001/
functions:
  connectionWS: api-dev-connectionWS
tables:
  ConnectionsTable: api-dev-ConnectionsTable
schedules:
  garbageCollectionWS: rate(10 minutes)
dynamodb: http://127.0.0.1:8000";

    #[test]
    fn resources_are_found_by_their_names() {
        let lines: Vec<_> = PRINTED.lines().map(str::to_owned).collect();
        let ready = Readiness::parse(&lines).unwrap();
        assert_eq!(ready.endpoint.to_string(), "ws://127.0.0.1:3001/dev");
        assert_eq!(ready.site.as_deref(), Some("http://127.0.0.1:3001/"));
        assert_eq!(ready.tables["ConnectionsTable"], "api-dev-ConnectionsTable");
        assert_eq!(ready.tables.len(), 1);
        assert_eq!(ready.dynamodb, "http://127.0.0.1:8000");
    }

    #[test]
    fn an_early_exit_and_silence_are_different_errors() {
        let (sender, lines) = channel();
        let error = Readiness::wait(&lines, Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.to_string(), "it was not ready within 1 ms");
        drop(sender);
        let error = Readiness::wait(&lines, Duration::from_mins(1)).unwrap_err();
        assert_eq!(error.to_string(), "it ended before it was ready");
    }

    #[test]
    fn a_missing_line_is_named() {
        let error = Readiness::parse(&["dynamodb: http://a".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "it did not print a line endpoint:");
    }
}
