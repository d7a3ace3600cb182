//! The command line of the program `papagaio`. Each command has its own module.
//!
//! Playing needs no command: `papagaio FILE…` plays. A file with the name of a command is written with its directory: `./record`.

pub mod fmt;
mod format_help;
mod generate;
pub mod load;
pub mod play;
pub mod record;
mod settings;
mod update;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::transcript::suggest;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "papagaio",
    version,
    about = play::ABOUT_SHORT,
    long_about = play::ABOUT,
    after_help = format!("Exit code:\n{}\n\nExamples:\n{}", play::EXIT_CODES, play::EXAMPLES),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    subcommand_help_heading = "Other commands",
    override_usage = "papagaio [OPTIONS] <FILE>...\n       papagaio <COMMAND> --help"
)]
pub struct Arguments {
    #[command(flatten)]
    play: play::Arguments,

    #[command(subcommand)]
    command: Option<Command>,
}

/// Commands other than playing.
#[derive(Debug, Subcommand)]
enum Command {
    Record(Box<record::Arguments>),
    Fmt(fmt::Arguments),
    Load(Box<load::Arguments>),
    /// Explain the format of transcripts.
    #[command(long_about = format_help::about())]
    Format,
    Completions(generate::Completions),
    /// Print the man page.
    Man,
}

impl Arguments {
    /// Parses the arguments of the program, of which the first is its name.
    ///
    /// # Errors
    ///
    /// If they are invalid, or ask for help. The error is to be printed.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let arguments: Vec<_> = arguments.into_iter().collect();
        if let Some(first) = arguments.get(1).and_then(|first| first.to_str())
            && let Some(command) = misspelt(first)
            && !Path::new(first).exists()
        {
            let message =
                format!("there is no file or command {first}; did you mean papagaio {command}?");
            return Err(Self::command().error(ErrorKind::InvalidSubcommand, message));
        }
        Self::try_parse_from(arguments)
    }

    /// Runs the command, and returns the exit code.
    ///
    /// # Errors
    ///
    /// If nothing could be tried. The exit code for that is 2.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        match self.command {
            None => self.play.run(out),
            Some(Command::Record(arguments)) => arguments.run(out),
            Some(Command::Fmt(arguments)) => arguments.run(out),
            Some(Command::Load(arguments)) => arguments.run(out),
            Some(Command::Format) => format_help::run(out),
            Some(Command::Completions(arguments)) => arguments.run(out),
            Some(Command::Man) => generate::man(out),
        }
    }
}

/// The command that `word` is probably a misspelling of.
fn misspelt(word: &str) -> Option<String> {
    let mut command = Arguments::command();
    command.build();
    let names = command.get_subcommands().map(clap::Command::get_name);
    let nearest = suggest::nearest(word, names).filter(|nearest| *nearest != word);
    let is_word = word.bytes().all(|b| b.is_ascii_alphabetic());
    nearest.filter(|_| is_word).map(str::to_owned)
}

/// A runtime for one command. One thread is enough: the server under test does the work.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn asked(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        let arguments = std::iter::once(&"papagaio").chain(arguments);
        Arguments::read(arguments.map(OsString::from))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_shows_a_transcript_as_it_is_written() {
        let help = Arguments::command().render_long_help().to_string();
        assert!(
            help.contains("    > {\"action\": \"connected\"}\n    < {"),
            "{help}"
        );
    }

    #[test]
    fn files_are_played_without_a_command() {
        for arguments in [&["a.wscat"][..], &["a.wscat", "b.md"], &["--list", "a"]] {
            assert!(asked(arguments).unwrap().command.is_none(), "{arguments:?}");
        }
    }

    #[test]
    fn a_file_may_have_the_name_of_a_command() {
        for arguments in [&["./record"][..], &["a.wscat", "record"]] {
            assert!(asked(arguments).unwrap().command.is_none(), "{arguments:?}");
        }
    }

    #[test]
    fn unknown_arguments_are_rejected() {
        for arguments in [
            &[][..],
            &["--nonsense"],
            &["fmt"],
            &["fmt", "--list", "a"],
            &["record"],
            &["--list", "fmt"],
        ] {
            let known = asked(arguments).map(|asked| asked.command);
            assert!(!matches!(known, Ok(Some(_))), "{arguments:?}");
        }
    }

    #[test]
    fn a_misspelt_command_is_not_taken_for_a_file() {
        for (arguments, meant) in [
            (&["recrod", "--url", "ws://a/dev", "a.wscat"][..], "record"),
            (&["recrod", "--as", "alice", "a.wscat"], "record"),
            (&["Load"], "load"),
            (&["completion", "bash"], "completions"),
        ] {
            let error = asked(arguments).unwrap_err().to_string();
            assert!(
                error.contains(&format!("did you mean papagaio {meant}?\n")),
                "{error}"
            );
        }
        for file in ["tests", "record.wscat", "./recrod"] {
            assert!(asked(&[file]).unwrap().command.is_none(), "{file}");
        }
    }

    #[test]
    fn every_command_has_help_with_its_usage() {
        for command in Arguments::command().get_subcommands_mut() {
            let name = command.get_name().to_owned();
            if matches!(name.as_str(), "format" | "completions" | "man") {
                continue;
            }
            let help = command.render_long_help().to_string();
            assert!(help.contains(&format!("papagaio {name} ")), "{help}");
        }
    }

    #[track_caller]
    fn printed(arguments: &[&str]) -> String {
        let mut out = Vec::new();
        assert_eq!(asked(arguments).unwrap().run(&mut out).unwrap(), 0);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_format_completions_and_a_man_page_are_printed() {
        assert!(printed(&["format"]).contains("## Captures and variables"));
        let help = asked(&["help", "format"]).unwrap_err().to_string();
        assert!(help.contains("in any order:"), "{help}");
        assert!(printed(&["completions", "bash"]).contains("--base-path"));
        let man = printed(&["man"]);
        assert!(man.contains(".TH papagaio"));
        assert!(man.contains("\\fBpapagaio record\\fR\n"), "{man}");
        assert!(!man.contains("papagaio\\-record(1)"), "{man}");
    }
}
