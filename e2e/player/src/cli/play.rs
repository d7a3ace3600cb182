//! `papagaio FILE…`: plays transcripts.

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::duration;
use crate::endpoint::Endpoint;
use crate::files;
use crate::stack::{Stack, installed_gateway};
use crate::suite::{Suite, Target};

/// What to play, and against what.
#[derive(Debug, Args)]
// Clap would name the group after the type, and there is another type with that name.
#[group(skip)]
pub struct Arguments {
    /// Transcripts, Markdown documents, or folders that are searched for *.wscat.
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,

    /// The endpoint, ws:// or wss://.
    #[arg(long, default_value = "ws://127.0.0.1:3001/dev")]
    url: Endpoint,

    /// Starts a local stack from this SAM template for each job, and plays against that.
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "url")]
    template: Option<PathBuf>,

    /// With --template: takes the functions' executables from this folder instead of building them.
    #[arg(long, value_name = "DIR", requires = "template")]
    functions: Option<PathBuf>,

    /// How many transcripts are played side by side: 1 against one endpoint, where all hear each other, and with --template one a core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// How long each line may wait for what it expects, such as 500ms or 5s.
    #[arg(long, default_value = "5s", value_parser = duration::parse)]
    timeout: Duration,

    /// Plays only the transcripts whose path contains this.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Prints which transcripts would be played, and plays none.
    #[arg(long)]
    list: bool,

    /// Prints the whole conversation of each transcript, with times in seconds.
    #[arg(long)]
    verbose: bool,

    /// Writes a report for CI systems: junit is the only format.
    #[arg(long, num_args = 2, value_names = ["FORMAT", "FILE"])]
    report: Vec<String>,

    /// Writes lines that fail anew, from what really came, and shows the difference.
    #[arg(long, conflicts_with_all = ["list", "template", "report"])]
    update: bool,
}

/// The program in one line.
pub(super) const ABOUT_SHORT: &str = "Plays transcripts against a WebSocket endpoint";

/// The program on one page.
pub(super) const ABOUT: &str = r#"Plays transcripts against a WebSocket endpoint.

A transcript is what wscat prints, in a file that ends with .wscat:

    $ wscat -c ws://127.0.0.1:3001/dev
    > {"action": "connected"}
    < {"type":"connected","connectionId":"<string>"}

What stands behind > is sent, and what stands behind < has to be the next thing that
arrives. JSON is compared as JSON, and may have more fields. <string>, <number>, <epoch-ms>
and <any> stand for values; any other name, such as <alice>, keeps the value that stands
there first, and compares with it from then on.

Markdown documents work too: each block ```wscat in one is a transcript.

The address in a file is only an example: --url says where to connect."#;

/// Exit codes and examples.
pub(super) const EXAMPLES: &str = "\
Exit code:
  0  all passed, or were skipped because only a local stack can do what they need
  1  some failed
  2  some could not run: not readable, no transcript, or nothing answers at the address

Examples:
  papagaio e2e/transcripts
  papagaio --template lambdas/template.yaml e2e/transcripts --report junit report.xml
  papagaio --url wss://abc123.execute-api.sa-east-1.amazonaws.com/dev e2e/transcripts --filter message";

impl Arguments {
    /// Plays what was asked for, and says which exit code that gives.
    ///
    /// # Errors
    ///
    /// If nothing could be tried at all. The exit code for that is 2.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        let mut paths = files::find(&self.paths)?;
        if let Some(filter) = &self.filter {
            paths.retain(|path| path.to_string_lossy().contains(filter.as_str()));
            if paths.is_empty() {
                bail!("no transcript's path contains \"{filter}\"");
            }
        }
        if self.list {
            for path in paths {
                // A document may have several; what is wrong with a file is said when it is played.
                match files::read(&path) {
                    Ok(transcripts) => {
                        for transcript in transcripts {
                            writeln!(out, "{}", transcript.name())?;
                        }
                    }
                    Err(_) => writeln!(out, "{}", path.display())?,
                }
            }
            return Ok(0);
        }
        if self.update {
            let updating = super::update::run(&paths, &self.url, self.timeout, out);
            return super::runtime()?.block_on(updating);
        }
        let junit = match self.report.as_slice() {
            [] => None,
            [format, file] if format == "junit" => Some(PathBuf::from(file)),
            [format, ..] => bail!("there is no report of format {format}; junit is one"),
        };
        let (target, jobs) = match self.template {
            None => (Target::Endpoint(self.url), 1),
            Some(template) => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                let mut stacks = Stack::builder(template, installed_gateway()?);
                if let Some(functions) = self.functions {
                    stacks = stacks.functions(functions);
                }
                (Target::Stacks(stacks), cores)
            }
        };
        let suite = Suite {
            paths,
            target,
            limit: self.timeout,
            jobs: self.jobs.map_or(jobs, usize::from),
            verbose: self.verbose,
            live: std::io::stderr().is_terminal(),
            junit,
        };
        Ok(super::runtime()?.block_on(suite.run(out))?.exit_code())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[track_caller]
    fn run(arguments: &[&str]) -> (Result<u8>, String) {
        let arguments = [&["papagaio"], arguments].concat();
        let mut out = Vec::new();
        let result = crate::cli::Arguments::try_parse_from(arguments)
            .map_err(Into::into)
            .and_then(|arguments| arguments.run(&mut out));
        (result, String::from_utf8(out).unwrap())
    }

    #[test]
    fn listing_names_what_the_filter_leaves_and_connects_to_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one.wscat", "two.wscat"] {
            std::fs::write(folder.path().join(name), "no transcript").unwrap();
        }
        let path = folder.path().to_str().unwrap();
        let (result, out) = run(&[path, "--list", "--filter", "two"]);
        assert_eq!(result.unwrap(), 0);
        assert_eq!(out, format!("{path}/two.wscat\n"));
    }

    #[test]
    fn a_filter_that_leaves_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one.wscat"), "").unwrap();
        let (result, _) = run(&[folder.path().to_str().unwrap(), "--filter", "two"]);
        let error = result.unwrap_err().to_string();
        assert_eq!(error, "no transcript's path contains \"two\"");
    }

    #[test]
    fn nonsense_on_the_command_line_is_named() {
        for arguments in [
            &[][..],
            &["a", "--url", "http://a"],
            &["a", "--timeout", "5"],
            &["a", "--nonsense"],
        ] {
            assert!(run(arguments).0.is_err(), "{arguments:?}");
        }
    }
}
