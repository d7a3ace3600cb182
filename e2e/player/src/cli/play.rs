//! `papagaio FILE…`: plays transcripts.

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use clap::Args;

use super::settings::Options;
use crate::files;
use crate::stack::{Stack, installed_gateway};
use crate::suite::{Case, Server, Suite};

/// What to play, and against what.
#[derive(Debug, Args)]
// By default, clap names the group after the type, and another type has the same name.
#[group(skip)]
pub struct Arguments {
    /// Transcripts, Markdown documents, directories that are searched for *.wscat, or - for standard input.
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    options: Options,

    /// Start a local API Gateway with the functions of this SAM template for each job, and play against that.
    #[arg(
        long,
        value_name = "TEMPLATE",
        conflicts_with = "url",
        help_heading = "Server"
    )]
    template: Option<PathBuf>,

    /// With --template: use the functions' executables in this directory instead of building them.
    #[arg(
        long,
        value_name = "DIR",
        requires = "template",
        help_heading = "Server"
    )]
    functions: Option<PathBuf>,

    /// With --template: value of a parameter of the template; may be repeated.
    #[arg(
        long = "parameter",
        value_name = "KEY=VALUE",
        requires = "template",
        value_parser = parse_parameter,
        help_heading = "Server"
    )]
    parameters: Vec<(String, String)>,

    /// How many transcripts are played at the same time: 1 by default, and with --template one per core.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// Play only transcripts whose name contains this; a block of a document has its line in the name.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Print which transcripts would be played, and play none.
    #[arg(long)]
    list: bool,

    /// Print the whole conversation of each transcript, with times in seconds.
    #[arg(short, long)]
    verbose: bool,

    /// Write a report for CI systems; the only format is junit.
    #[arg(long, num_args = 2, value_names = ["FORMAT", "FILE"])]
    report: Vec<String>,

    /// Rewrite failed lines from what arrived, and show the difference.
    #[arg(long, conflicts_with_all = ["list", "template", "report"])]
    update: bool,
}

fn parse_parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// The program in one line.
pub(super) const ABOUT_SHORT: &str = "Plays wscat transcripts against a WebSocket server";

/// The program on one page.
pub(super) const ABOUT: &str = r#"Plays wscat transcripts against a WebSocket server, and reports every difference.

A transcript is what wscat prints, in a file that ends with .wscat:

    $ wscat -c ws://127.0.0.1:3001/dev
    > {"action": "connected"}
    < {"type":"connected","connectionId":"<string>"}

The text after > is sent. The text after < must be the next thing that arrives. JSON is compared
as JSON, and may have more fields. <string>, <number>, <any> and other types stand for values;
any other name, such as <alice>, captures the value in its place, and compares with it from then
on. At the end, connections must still be open, with nothing unread.

In Markdown documents, each block ```wscat is a transcript.

The whole format: papagaio help format"#;

/// Exit codes.
pub(super) const EXIT_CODES: &str = "  \
  0    all passed, or were skipped because only a local stack can do what they need
  1    some failed
  2    some could not run: not readable, not a transcript, or nothing answers at the address
  130  interrupted";

/// Examples.
pub(super) const EXAMPLES: &str = "  \
  papagaio tests/
  papagaio --url wss://staging.example.com tests/ --report junit report.xml
  papagaio --url wss://abc.execute-api.sa-east-1.amazonaws.com/prod --base-path /dev tests/
  papagaio --secret TOKEN --filter login tests/ README.md";

impl Arguments {
    /// Plays what was asked for, and returns the exit code.
    ///
    /// # Errors
    ///
    /// If nothing could be tried. The exit code for that is 2.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        let settings = self.options.settings()?;
        let paths = files::find(&self.paths)?;
        ensure!(
            !self.update || !paths.iter().any(|path| files::is_standard_input(path)),
            "- is standard input, in which --update cannot rewrite lines; name a file"
        );
        let mut cases: Vec<_> = paths.iter().flat_map(|path| Case::read(path)).collect();
        if let Some(filter) = &self.filter {
            cases.retain(|case| case.name().contains(filter.as_str()));
            if cases.is_empty() {
                bail!("no transcript's name contains \"{filter}\"");
            }
        }
        if self.list {
            for case in cases {
                writeln!(out, "{}", case.name())?;
            }
            return Ok(0);
        }
        if self.update {
            let updating = super::update::run(&cases, &settings, out);
            return super::runtime()?.block_on(updating);
        }
        let junit = match self.report.as_slice() {
            [] => None,
            [format, file] if format == "junit" => Some(PathBuf::from(file)),
            [format, ..] => bail!("unknown report format {format}; the only one is junit"),
        };
        let (server, jobs) = match self.template {
            None => (Server::Running, 1),
            Some(template) => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                let mut stacks = Stack::builder(template, installed_gateway()?);
                if let Some(functions) = self.functions {
                    stacks = stacks.functions(functions);
                }
                for (name, value) in self.parameters {
                    stacks = stacks.parameter(name, value);
                }
                (Server::Stacks(Box::new(stacks)), cores)
            }
        };
        let suite = Suite {
            server,
            settings,
            jobs: self.jobs.map_or(jobs, usize::from),
            verbose: self.verbose,
            live: std::io::stderr().is_terminal(),
            junit,
        };
        Ok(super::runtime()?
            .block_on(suite.run(cases, out))?
            .exit_code())
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
    fn listing_prints_the_names_that_the_filter_leaves_and_connects_to_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one.wscat", "two.wscat"] {
            std::fs::write(folder.path().join(name), "not a transcript").unwrap();
        }
        let path = folder.path().to_str().unwrap();
        let (result, out) = run(&[path, "--list", "--filter", "two"]);
        assert_eq!(result.unwrap(), 0);
        assert_eq!(out, format!("{path}/two.wscat\n"));
    }

    #[test]
    fn the_filter_reaches_blocks_of_documents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.markdown");
        let block = "```wscat\n$ wscat -c ws://a\n```\n";
        std::fs::write(&path, format!("{block}{block}")).unwrap();
        let path = path.to_str().unwrap();
        let (result, out) = run(&[path, "--list", "--filter", ":5"]);
        assert_eq!(result.unwrap(), 0);
        assert_eq!(out, format!("{path}:5\n"));
    }

    #[test]
    fn a_filter_or_a_directory_without_transcripts_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        assert!(run(&[path, "--list"]).0.is_err());
        std::fs::write(folder.path().join("one.wscat"), "").unwrap();
        let error = run(&[path, "--filter", "two"]).0.unwrap_err().to_string();
        assert_eq!(error, "no transcript's name contains \"two\"");
    }

    #[test]
    fn invalid_arguments_are_rejected() {
        for arguments in [
            &[][..],
            &["a", "--url", "ftp://a"],
            &["a", "--url", "ws://a:99999"],
            &["a", "--url", "ws://a/path"],
            &["a", "--base-path", "/dev"],
            &["a", "--timeout", "5"],
            &["a", "--timeout", "0s"],
            &["a", "--nonsense"],
        ] {
            assert!(run(arguments).0.is_err(), "{arguments:?}");
        }
    }
}
