//! `papagaio record`: an interactive terminal that records a transcript.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use super::settings::Connecting;
use crate::duration;
use crate::files::EXTENSION;
use crate::pattern::{NAME_RULE, is_name};
use crate::record::{HELP, Input, RecordError, Recorder, quoted};
use crate::transcript::TlsOptions;

/// Record what you type and what arrives as a transcript.
#[derive(Debug, Args)]
#[command(long_about = about(), after_help = EXAMPLES)]
pub struct Arguments {
    /// The transcript to write; its name ends with .wscat.
    #[arg(value_name = "FILE")]
    path: PathBuf,

    /// The server's address, ws:// or wss://.
    #[arg(long)]
    url: String,

    /// Overwrite an existing file.
    #[arg(long)]
    force: bool,

    /// The name of the first terminal, if there are several.
    #[arg(long = "as", value_name = "NAME", default_value = "terminal-1", value_parser = terminal_name)]
    name: String,

    /// A header for every connection, as in wscat.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// A sub-protocol for every connection, as in wscat.
    #[arg(short, long = "subprotocol", value_name = "PROTOCOL")]
    subprotocols: Vec<String>,

    /// How long nothing must arrive before a piped line counts as answered; waits for at most ten times as long.
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = duration::parse)]
    settle: Duration,

    /// How long a connection may take to open.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration::parse_limit)]
    timeout: Duration,

    #[command(flatten)]
    connecting: Connecting,
}

/// Checks the name of a terminal.
fn terminal_name(name: &str) -> Result<String, &'static str> {
    if is_name(name) {
        Ok(name.to_owned())
    } else {
        Err(NAME_RULE)
    }
}

/// The equivalent options of `wscat`, for the transcript.
fn tls(tls: &TlsOptions) -> Vec<String> {
    let files = [
        ("--ca", &tls.ca),
        ("--cert", &tls.cert),
        ("--key", &tls.key),
    ];
    let files = files.into_iter().filter_map(|(option, path)| {
        let path = path.as_ref()?.display().to_string();
        Some(format!("{option} {}", quoted(&path)))
    });
    let insecure = tls.insecure.then(|| "-n".to_owned());
    insecure.into_iter().chain(files).collect()
}

fn about() -> String {
    format!(
        "\
Records what you type and what arrives as a transcript.

{HELP}

In the transcript, IDs become <string> or <uuid>, and times <date> or <epoch-ms>, even inside
text. A value that arrives again, or is typed after it arrived, is captured where it first arrived
and compared from then on. Tokens and passwords in addresses and headers become variables such as
<$token> and do not appear in the file. At the end, lines that will not pass when the file is
played are listed."
    )
}

const EXAMPLES: &str = "\
Examples:
  papagaio record --url ws://127.0.0.1:3001/dev my-behaviour.wscat
  papagaio record --url wss://staging.example.com/chat --as alice two-people.wscat
  papagaio record --secret token --url 'wss://example.com/chat?token=<$token>' chat.wscat
  echo '{\"action\": \"ping\"}' | papagaio record --url ws://127.0.0.1:3001/dev ping.wscat";

const WELCOME: &str = "\
What you type is sent. /connect NAME opens another terminal, /help shows everything, and /quit
or Ctrl-D ends the recording.";

/// Exit code: interrupted before anything was recorded.
const INTERRUPTED: u8 = 130;

impl Arguments {
    /// Records, and returns the exit code.
    ///
    /// # Errors
    ///
    /// If nothing could be recorded.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        let shown = self.path.display();
        if self.path.extension().is_none_or(|is| is != EXTENSION) {
            bail!("{shown}: the name of a transcript ends with .{EXTENSION}");
        }
        if self.path.exists() && !self.force {
            bail!("{shown} exists; overwrite it with --force, or record to another file");
        }
        let options = |name: &'static str, values: &[String]| {
            let words = values
                .iter()
                .map(|value| format!("{name} {}", quoted(value)));
            words.collect::<Vec<_>>()
        };
        let options = [
            options("-H", &self.headers),
            options("-s", &self.subprotocols),
            tls(&self.connecting.tls()),
        ];
        let recorder = Recorder {
            url: self.url,
            path: self.path.clone(),
            name: self.name,
            options: options.concat().join(" "),
            proxies: self.connecting.proxies(),
            variables: self.connecting.variables()?,
            settle: self.settle,
            timeout: self.timeout,
        };
        writeln!(out, "{WELCOME}")?;
        out.flush()?;
        let mut input = Input::standard()?;
        let runtime = super::runtime()?;
        let written = match runtime.block_on(recorder.run(&mut input)) {
            Err(error @ RecordError::Interrupted) => {
                writeln!(out, "{error}")?;
                return Ok(INTERRUPTED);
            }
            result => result?,
        };
        input.finish();
        writeln!(out, "wrote {} lines to {shown}", written.lines)?;
        for remark in written.remarks {
            writeln!(out, "note: {remark}")?;
        }
        if !written.variables.is_empty() {
            let names = written.variables.iter().map(|name| format!("<${name}>"));
            let names = names.collect::<Vec<_>>().join(", ");
            writeln!(
                out,
                "note: values of variables are not in the file: {names}"
            )?;
        }
        let options = written.variables.iter();
        let mut play: Vec<_> = options
            .map(|name| format!("--secret {name}=VALUE"))
            .collect();
        play.push(shown.to_string());
        writeln!(out, "play them with: papagaio {}", play.join(" "))?;
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_needs_a_name_that_transcripts_allow() {
        assert_eq!(terminal_name("alice-2"), Ok("alice-2".to_owned()));
        for name in ["", "1a", "a b", "é", "a]"] {
            assert!(terminal_name(name).is_err(), "{name}");
        }
    }
}
