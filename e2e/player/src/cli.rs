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

use std::io::Write;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

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
    Format(format_help::Arguments),
    Completions(generate::Completions),
    Man(generate::Man),
}

impl Arguments {
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
            Some(Command::Format(_)) => format_help::run(out),
            Some(Command::Completions(arguments)) => arguments.run(out),
            Some(Command::Man(_)) => generate::man(out),
        }
    }
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
    use clap::CommandFactory as _;

    use super::*;

    #[track_caller]
    fn asked(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from([&["papagaio"], arguments].concat())
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
