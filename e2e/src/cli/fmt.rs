//! `e2e fmt`: writes transcripts in one form.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

/// Writes transcripts in one form.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Arguments {
    /// Transcripts, Markdown documents, or folders that are searched for *.wscat.
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,

    /// Changes no file, names those that would change, and exits with 1 if there are any.
    #[arg(long)]
    check: bool,
}

const ABOUT: &str = "\
Writes transcripts in one form.

What a transcript does never changes. In Markdown documents only the blocks ```wscat are touched.";

const EXAMPLES: &str = "\
Examples:
  e2e fmt e2e/transcripts e2e/README.md
  e2e fmt --check e2e/transcripts";

impl Arguments {
    /// Does what was asked, and says which exit code that gives.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, or holds no transcript.
    pub fn run(self, _out: &mut impl Write) -> Result<u8> {
        let Self { paths, check } = self;
        bail!("cannot format {paths:?} yet (check: {check})")
    }
}
