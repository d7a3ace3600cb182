//! `papagaio help format`: the whole format, without the repository.

use std::io::Write;

use anyhow::Result;
use clap::Args;

/// The page, which is Markdown.
const PAGE: &str = include_str!("../../FORMAT.md");

/// Explain the format of transcripts.
#[derive(Debug, Args)]
#[command(long_about = PAGE)]
pub(super) struct Arguments {}

/// Prints the page.
///
/// # Errors
///
/// If `out` cannot be written to.
pub(super) fn run(out: &mut impl Write) -> Result<u8> {
    out.write_all(PAGE.as_bytes())?;
    Ok(0)
}
