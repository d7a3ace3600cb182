//! `papagaio fmt`: formats transcripts.

use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{files, format};

/// Format transcripts.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Arguments {
    /// Transcripts, Markdown documents, directories that are searched for *.wscat, or - for standard input.
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,

    /// Change no file, name those that would change, and exit with 1 if there are any.
    #[arg(long)]
    check: bool,
}

const ABOUT: &str = "\
Formats transcripts.

Meaningless blanks are removed, the wscat line is written in one way, and there is at most one
empty line between two lines. Comments stay, and so does every character that is sent. Expected
JSON loses blanks outside of strings; a blank after each colon and comma, or none, stays as in
the line.

What a transcript does and expects never changes. In Markdown documents only the blocks ```wscat
change.";

const EXAMPLES: &str = "\
Exit code:
  0  done, or nothing to do
  1  with --check: some files would change
  2  some could not be read, or are not transcripts

Examples:
  papagaio fmt e2e/transcripts e2e/player/README.md
  papagaio fmt --check e2e/transcripts
  papagaio fmt - <my.wscat";

/// Exit code: some files would change.
const WOULD_CHANGE: u8 = 1;

/// Exit code: some files are not transcripts.
const COULD_NOT: u8 = 2;

impl Arguments {
    /// Formats the files, and returns the exit code.
    ///
    /// # Errors
    ///
    /// If there is nothing to format, or a file cannot be written.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        if self.paths.iter().any(|path| files::is_standard_input(path)) {
            ensure!(
                self.paths.len() == 1,
                "- is standard input, which is formatted alone; leave out the files"
            );
            return self.pass_through(out);
        }
        let done = if self.check {
            "would change"
        } else {
            "changed"
        };
        let (mut changed, mut unchanged, mut failed) = (0, 0, 0);
        for path in files::find(&self.paths)? {
            match formatted(&path) {
                Err(error) => {
                    failed += 1;
                    writeln!(out, "{}: could not format\n\n{error}\n", path.display())?;
                }
                Ok((before, after)) if before == after => unchanged += 1,
                Ok((_, after)) => {
                    changed += 1;
                    if !self.check {
                        std::fs::write(&path, after)
                            .with_context(|| format!("cannot write {}", path.display()))?;
                    }
                    writeln!(out, "{}: {done}", path.display())?;
                }
            }
        }
        write!(out, "{changed} {done}, {unchanged} already formatted")?;
        match failed {
            0 => writeln!(out)?,
            _ => writeln!(out, ", {failed} could not be formatted")?,
        }
        Ok(match (failed, changed) {
            (1.., _) => COULD_NOT,
            (0, 1..) if self.check => WOULD_CHANGE,
            _ => 0,
        })
    }

    /// Formats standard input, for editors.
    fn pass_through(&self, out: &mut impl Write) -> Result<u8> {
        const NAME: &str = "<stdin>";
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("cannot read standard input")?;
        let after = format::transcript(NAME, &text)?;
        if !self.check {
            out.write_all(after.as_bytes())?;
        } else if after != text {
            writeln!(out, "{NAME}: would change")?;
            return Ok(WOULD_CHANGE);
        }
        Ok(0)
    }
}

/// The file's text, and the formatted text.
fn formatted(path: &Path) -> Result<(String, String)> {
    // Its errors are the most precise.
    files::read(path)?;
    let before = std::fs::read_to_string(path)?;
    let name = path.display().to_string();
    let after = if files::is_document(path) {
        format::document(&name, &before)
    } else {
        format::transcript(&name, &before)
    };
    Ok((before, after?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_FORM: &str = "$ wscat -c ws://a\n< {\"a\":1}\n";
    const NOT_IN_FORM: &str = "wscat -c ws://a  \n<  {\"a\" :1}";

    #[track_caller]
    fn run(files: &[(&str, &str)], check: bool) -> (u8, String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<_> = files
            .iter()
            .map(|(name, _)| folder.path().join(name))
            .collect();
        for (path, (_, text)) in paths.iter().zip(files) {
            std::fs::write(path, text).unwrap();
        }
        let mut out = Vec::new();
        let arguments = Arguments {
            paths: paths.clone(),
            check,
        };
        let code = arguments.run(&mut out).unwrap();
        let root = format!("{}/", folder.path().display());
        let out = String::from_utf8(out).unwrap().replace(&root, "");
        let after = paths.iter().map(std::fs::read_to_string);
        (code, out, after.map(Result::unwrap).collect())
    }

    #[test]
    fn changed_files_are_written_and_named() {
        let (code, out, after) = run(&[("a.wscat", NOT_IN_FORM), ("b.wscat", IN_FORM)], false);
        assert_eq!(
            (code, out.as_str()),
            (0, "a.wscat: changed\n1 changed, 1 already formatted\n")
        );
        assert_eq!(after, [IN_FORM, IN_FORM]);
    }

    #[test]
    fn checking_changes_nothing_and_exits_with_1() {
        let (code, out, after) = run(&[("a.wscat", NOT_IN_FORM)], true);
        assert_eq!(code, 1);
        assert_eq!(
            out,
            "a.wscat: would change\n1 would change, 0 already formatted\n"
        );
        assert_eq!(after, [NOT_IN_FORM]);
        assert_eq!(run(&[("a.wscat", IN_FORM)], true).0, 0);
    }

    #[test]
    fn invalid_files_are_reported_and_the_others_are_formatted() {
        let (code, out, after) = run(&[("a.wscat", "oi\n"), ("b.wscat", NOT_IN_FORM)], false);
        assert_eq!(code, 2);
        assert!(out.contains("--> a.wscat:1:1"), "{out}");
        assert!(out.ends_with("1 changed, 0 already formatted, 1 could not be formatted\n"));
        assert_eq!(after, ["oi\n", IN_FORM]);
    }
}
