//! Settings for all transcripts of a run.

use std::time::Duration;

use tokio::time::Instant;

use crate::endpoint::Target;
use crate::json::Json;
use crate::pattern::Captures;
use crate::proxy::Proxies;
use crate::transcript::TlsOptions;

/// How transcripts are played.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server to use instead of those in the transcripts.
    pub target: Option<Target>,
    /// How long each line may wait.
    pub limit: Duration,
    /// How long connections must stay open and silent after the last line.
    pub linger: Duration,
    /// Until when servers may be starting: a connection that nothing answers is tried again.
    pub starting: Option<Instant>,
    /// Certificates, where a transcript does not say.
    pub tls: TlsOptions,
    /// Proxies, where a transcript does not say.
    pub proxies: Proxies,
    /// Values of `<$name>`.
    pub variables: Variables,
}

/// The values of variables, and which of them are secret.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    values: Captures,
    secrets: Vec<String>,
}

impl Settings {
    /// Plays transcripts against the addresses that they name, without proxies, and with this time limit for each line.
    pub fn new(limit: Duration) -> Self {
        Self {
            target: None,
            limit,
            linger: Duration::from_millis(200),
            starting: None,
            tls: TlsOptions::default(),
            proxies: Proxies::None,
            variables: Variables::default(),
        }
    }
}

impl Variables {
    /// Sets a variable.
    pub fn insert(&mut self, name: &str, value: &str) {
        let value = Json::from(value);
        self.values.insert(&format!("${name}"), value, 0);
    }

    /// Sets a variable whose value is never printed.
    pub fn insert_secret(&mut self, name: &str, value: &str) {
        self.insert(name, value);
        let in_json = Json::from(value).to_string();
        let in_json = in_json[1..in_json.len() - 1].to_owned();
        for text in [value.to_owned(), in_json] {
            if !text.is_empty() && !self.secrets.contains(&text) {
                self.secrets.push(text);
            }
        }
        // A value that contains another one is masked first.
        self.secrets
            .sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// All values, by names that begin with `$`.
    pub(crate) fn values(&self) -> &Captures {
        &self.values
    }

    /// `text` with `***` instead of secrets.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for secret in &self.secrets {
            if masked.contains(secret) {
                masked = masked.replace(secret, "***");
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_also_inside_json_and_inside_each_other() {
        let mut variables = Variables::default();
        variables.insert_secret("short", "abc");
        variables.insert_secret("long", "x\"abc");
        variables.insert("plain", "visible");
        assert_eq!(
            variables.mask(r#"abc {"a":"x\"abc"} visible"#),
            r#"*** {"a":"***"} visible"#
        );
    }
}
