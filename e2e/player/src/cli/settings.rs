//! Options about servers and variables, shared by the commands that play transcripts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use tokio::time::Instant;

use crate::duration;
use crate::endpoint::{Endpoint, Target};
use crate::pattern::{NAME_RULE, is_name};
use crate::player::{Settings, Variables};
use crate::proxy::{Proxies, Proxy};
use crate::transcript::TlsOptions;

/// Minimum number of characters of a secret. Shorter texts occur by chance, and masking them would make the output unreadable.
const MIN_SECRET: usize = 4;

/// How to connect, and the values of variables.
#[derive(Clone, Debug, Args)]
pub(super) struct Connecting {
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Server",
        help = "Connect through this HTTP proxy, such as user:password@127.0.0.1:3128, instead of those in the environment \
                (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY)"
    )]
    proxy: Option<Proxy>,

    /// Set <$NAME>; without =VALUE, from the environment variable NAME.
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Variables")]
    variable: Vec<String>,

    /// Like --variable, but print *** instead of the value, which has at least 4 characters.
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Variables")]
    secret: Vec<String>,

    /// Set the variables in this file, one NAME=VALUE per line.
    #[arg(long, value_name = "FILE", help_heading = "Variables")]
    variables_file: Vec<PathBuf>,

    /// Accept any certificate, even an expired or self-signed one.
    #[arg(long, help_heading = "TLS")]
    insecure: bool,

    /// Trust the certificates in this PEM file instead of the system's.
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    cacert: Option<PathBuf>,

    /// Present the client certificate in this PEM file.
    #[arg(long, value_name = "FILE", requires = "key", help_heading = "TLS")]
    cert: Option<PathBuf>,

    /// The private key of --cert, a PEM file.
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "TLS")]
    key: Option<PathBuf>,
}

/// How to play transcripts.
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// Use this server (scheme, host and port) instead of those in the files.
    #[arg(long, value_name = "URL", help_heading = "Server")]
    url: Option<Endpoint>,

    /// The prefix of the paths in the files that the path of --url replaces, such as /dev.
    #[arg(long, value_name = "PATH", requires = "url", help_heading = "Server")]
    base_path: Option<String>,

    /// How long each line may wait, such as 500ms or 5s.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration::parse_limit)]
    timeout: Duration,

    /// How long connections must stay open and silent after the last line.
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = duration::parse)]
    linger: Duration,

    /// Try again for this long, counted from the start, while nothing answers at an address: for servers that are still starting.
    #[arg(long, value_name = "TIME", value_parser = duration::parse, help_heading = "Server")]
    wait_for_server: Option<Duration>,

    #[command(flatten)]
    connecting: Connecting,
}

impl Options {
    /// The settings that the options make.
    pub(super) fn settings(&self) -> Result<Settings> {
        let target = match &self.url {
            Some(url) => Some(Target::new(url.clone(), self.base_path.as_deref())?),
            None => None,
        };
        Ok(Settings {
            target,
            linger: self.linger,
            starting: self.wait_for_server.map(|time| Instant::now() + time),
            tls: self.connecting.tls(),
            proxies: self.connecting.proxies(),
            variables: self.connecting.variables()?,
            ..Settings::new(self.timeout)
        })
    }
}

impl Connecting {
    /// Certificates, where a transcript does not say.
    pub(super) fn tls(&self) -> TlsOptions {
        TlsOptions {
            insecure: self.insecure,
            ca: self.cacert.clone(),
            cert: self.cert.clone(),
            key: self.key.clone(),
        }
    }

    /// The proxy of the command line, or else the proxies of the environment.
    pub(super) fn proxies(&self) -> Proxies {
        match self.proxy.clone() {
            Some(proxy) => Proxies::All(proxy),
            None => Proxies::from_environment(|name| std::env::var(name).ok()),
        }
    }

    /// The values of variables. Those on the command line win over those in files.
    pub(super) fn variables(&self) -> Result<Variables> {
        let environment = |name: &str| std::env::var(name).ok();
        let mut variables = Variables::default();
        for text in &self.secret {
            let (name, value) = secret(text, &environment)?;
            variables.insert_secret(&name, &value);
        }
        for text in &self.variable {
            let (name, value) = variable("--variable", text, &environment)?;
            variables.insert(&name, &value);
        }
        for path in &self.variables_file {
            for (name, value) in file(path)? {
                variables.insert(&name, &value);
            }
        }
        Ok(variables)
    }
}

fn variable(
    option: &str,
    text: &str,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<(String, String)> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, environment(text)),
    };
    check_name(name).with_context(|| format!("{option} {name}"))?;
    let value = value.ok_or_else(|| {
        anyhow!("{option} {name}: the environment has no variable {name}; write {option} {name}=VALUE, or set it")
    })?;
    Ok((name.to_owned(), value))
}

fn secret(text: &str, environment: &impl Fn(&str) -> Option<String>) -> Result<(String, String)> {
    let (name, value) = variable("--secret", text, environment)?;
    let length = value.chars().count();
    if length < MIN_SECRET {
        bail!(
            "--secret {name}: the value has {length} characters, and *** replaces it wherever it occurs in the output; a secret has at \
             least {MIN_SECRET} characters, and shorter values are passed with --variable"
        );
    }
    Ok((name, value))
}

/// `NAME=VALUE` lines; empty lines and `#` comments are skipped.
fn file(path: &Path) -> Result<Vec<(String, String)>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut variables = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let place = || format!("{}:{number}", path.display());
        let (name, value) = line
            .split_once('=')
            .with_context(|| format!("{}: expected NAME=VALUE", place()))?;
        check_name(name.trim()).with_context(place)?;
        variables.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(variables)
}

fn check_name(name: &str) -> Result<()> {
    if !is_name(name) {
        bail!("\"{name}\" cannot name a variable: {NAME_RULE}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        (name == "TOKEN").then(|| "from-env".to_owned())
    }

    #[test]
    fn a_variable_has_a_value_or_takes_it_from_the_environment() {
        let read = |text| variable("--variable", text, &environment);
        assert_eq!(read("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert_eq!(read("TOKEN").unwrap().1, "from-env");
        for (text, words) in [("NONE", "no variable NONE"), ("1a=b", "cannot name")] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_short_secret_is_rejected_and_not_printed() {
        let read = |text| secret(text, &environment);
        assert_eq!(read("TOKEN").unwrap().1, "from-env");
        assert_eq!(read("pin=1234").unwrap().1, "1234");
        for text in ["pin=Q7z", "pin="] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.contains("a secret has at least 4 characters"),
                "{error}"
            );
            assert!(!error.contains("Q7z"), "{error}");
        }
    }

    #[test]
    fn a_file_has_a_variable_on_each_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vars");
        std::fs::write(&path, "# comment\n\nuser = alice\ntoken=a=b\n").unwrap();
        let expected = [("user", "alice"), ("token", "a=b")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(file(&path).unwrap(), expected);
        std::fs::write(&path, "user\n").unwrap();
        let error = file(&path).unwrap_err().to_string();
        assert!(error.ends_with("vars:1: expected NAME=VALUE"), "{error}");
    }
}
