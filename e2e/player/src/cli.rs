//! The command line of the program `papagaio`: which command is meant. What a command does is left to its module.
//!
//! Playing is what the program is for, so it needs no name: `papagaio FILE…` plays, and anything else is a subcommand. A file that is
//! called like a subcommand is written with a folder: `./record`.

pub mod fmt;
pub mod play;
pub mod record;
mod update;

use std::io::Write;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

/// What the program was asked.
#[derive(Debug, Parser)]
#[command(
    name = "papagaio",
    version,
    about = play::ABOUT_SHORT,
    long_about = play::ABOUT,
    after_help = play::EXAMPLES,
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

/// Everything but playing.
#[derive(Debug, Subcommand)]
enum Command {
    Record(record::Arguments),
    Fmt(fmt::Arguments),
}

impl Arguments {
    /// Does what was asked, and says which exit code that gives.
    ///
    /// # Errors
    ///
    /// If nothing could be tried at all. The exit code for that is 2.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        match self.command {
            None => self.play.run(out),
            Some(Command::Record(arguments)) => arguments.run(out),
            Some(Command::Fmt(arguments)) => arguments.run(out),
        }
    }
}

/// A runtime for one command. One thread is enough: what is tried is the other side.
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
    fn files_are_played_without_saying_so() {
        for arguments in [&["a.wscat"][..], &["a.wscat", "b.md"], &["--list", "a"]] {
            assert!(asked(arguments).unwrap().command.is_none(), "{arguments:?}");
        }
    }

    #[test]
    fn a_file_may_be_called_like_a_command() {
        for arguments in [&["./record"][..], &["a.wscat", "record"]] {
            assert!(asked(arguments).unwrap().command.is_none(), "{arguments:?}");
        }
    }

    #[test]
    fn what_a_command_does_not_know_is_refused() {
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
    fn every_command_teaches_itself() {
        for command in Arguments::command().get_subcommands_mut() {
            let name = command.get_name().to_owned();
            let help = command.render_long_help().to_string();
            assert!(help.contains(&format!("papagaio {name} ")), "{help}");
        }
    }
}
