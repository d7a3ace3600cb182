//! `papagaio record`: an interactive terminal that writes down what happens.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::duration;
use crate::endpoint::Endpoint;
use crate::files::EXTENSION;
use crate::pattern::is_name;
use crate::record::{HELP, Input, Recorder, quoted};

/// Writes down as a transcript what is typed and what comes back.
#[derive(Debug, Args)]
#[command(long_about = about(), after_help = EXAMPLES)]
pub struct Arguments {
    /// The transcript to write; its name ends with .wscat.
    #[arg(value_name = "FILE")]
    path: PathBuf,

    /// The server's address, ws:// or wss://.
    #[arg(long)]
    url: Endpoint,

    /// Writes over a file that is there.
    #[arg(long)]
    force: bool,

    /// What the first terminal is called, if there are several.
    #[arg(long = "as", value_name = "NAME", default_value = "terminal-1", value_parser = terminal_name)]
    name: String,

    /// A header for every connection, as wscat has it.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// A sub-protocol for every connection, as wscat has it.
    #[arg(short, long = "subprotocol", value_name = "PROTOCOL")]
    subprotocols: Vec<String>,

    /// How long nothing must arrive until a line that is piped in is taken for answered.
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = duration::parse)]
    settle: Duration,

    /// How long a connection may take to open.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration::parse)]
    timeout: Duration,
}

/// A name that can stand in `[name]`.
fn terminal_name(name: &str) -> Result<String, &'static str> {
    if is_name(name) {
        Ok(name.to_owned())
    } else {
        Err("letters, digits, - and _ are allowed, a letter first")
    }
}

fn about() -> String {
    format!(
        "\
Writes down as a transcript what is typed and what comes back.

{HELP}

In the transcript ids are <string> and times <epoch-ms>; a value that came again, or was typed
after it had come, is captured where it came first, and compared from then on."
    )
}

const EXAMPLES: &str = "\
Examples:
  papagaio record --url ws://127.0.0.1:3001/dev my-behaviour.wscat
  papagaio record --url wss://abc123.execute-api.sa-east-1.amazonaws.com/dev --as alice two-people.wscat
  echo '{\"action\": \"connected\"}' | papagaio record --url ws://127.0.0.1:3001/dev connects.wscat && papagaio connects.wscat";

const WELCOME: &str = "\
What you type is sent. /connect NAME opens another terminal, /help shows everything, and /quit
or Ctrl-D ends the recording.";

impl Arguments {
    /// Does what was asked, and says which exit code that gives.
    ///
    /// # Errors
    ///
    /// If nothing could be recorded.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        let shown = self.path.display();
        if self.path.extension().is_none_or(|is| is != EXTENSION) {
            bail!("the name of a transcript ends with .{EXTENSION}, and {shown} does not");
        }
        if self.path.exists() && !self.force {
            bail!("{shown} exists; write over it with --force, or record into another file");
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
        ];
        let recorder = Recorder {
            endpoint: self.url,
            path: self.path.clone(),
            name: self.name,
            options: options.concat().join(" "),
            settle: self.settle,
            timeout: self.timeout,
        };
        writeln!(out, "{WELCOME}")?;
        out.flush()?;
        let mut input = Input::standard()?;
        let runtime = super::runtime()?;
        let written = runtime.block_on(recorder.run(&mut input))?;
        input.finish();
        writeln!(out, "wrote {} lines to {shown}", written.lines)?;
        writeln!(out, "play them with: papagaio {shown}")?;
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminals_name_is_one_that_a_transcript_can_have() {
        assert_eq!(terminal_name("alice-2"), Ok("alice-2".to_owned()));
        for name in ["", "1a", "a b", "é", "a]"] {
            assert!(terminal_name(name).is_err(), "{name}");
        }
    }
}
