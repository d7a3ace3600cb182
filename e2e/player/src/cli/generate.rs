//! `papagaio completions` and `papagaio man`: files for shells and `man`, made from the command line's own definition.

use std::io::Write;

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::play;

/// Print completions for a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, out: &mut impl Write) -> Result<u8> {
        // The generator panics if it cannot write, so it writes into memory.
        let mut text = Vec::new();
        let mut command = super::Arguments::command();
        clap_complete::generate(self.shell, &mut command, "papagaio", &mut text);
        out.write_all(&text)?;
        Ok(0)
    }
}

/// Prints the man page. It is the only one, so it leads to the help of the other commands and not to pages of theirs.
pub(super) fn man(out: &mut impl Write) -> Result<u8> {
    let command = super::Arguments::command();
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    writeln!(out, ".SH COMMANDS")?;
    for command in command.get_subcommands() {
        let (name, about) = (command.get_name(), command.get_about());
        let about = about.map(ToString::to_string).unwrap_or_default();
        writeln!(out, ".TP\n\\fBpapagaio {name}\\fR\n{}", roff(&about))?;
    }
    writeln!(
        out,
        ".PP\nEach explains its options with \\fB\\-\\-help\\fR."
    )?;
    for (heading, text) in [
        ("EXIT STATUS", play::EXIT_CODES),
        ("EXAMPLES", play::EXAMPLES),
    ] {
        writeln!(out, ".SH \"{heading}\"\n.nf\n{}\n.fi", roff(text))?;
    }
    man.render_version_section(out)?;
    Ok(0)
}

/// `text` as it is, where `man` would make typographic characters of its own from hyphens and backslashes.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}
