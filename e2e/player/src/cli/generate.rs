//! `papagaio completions` and `papagaio man`: files for shells and `man`, made from the command line's own definition.

use std::io::Write;

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

/// Print completions for a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

/// Print the man page.
#[derive(Debug, Args)]
pub(super) struct Man {}

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

/// Prints the man page.
pub(super) fn man(out: &mut impl Write) -> Result<u8> {
    clap_mangen::Man::new(super::Arguments::command()).render(out)?;
    Ok(0)
}
