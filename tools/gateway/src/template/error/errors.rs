//! All problems of a template together.

use std::fmt;

use super::{Error, List};

/// Everything that keeps a template from running, sorted by file and line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Errors(Vec<(Error, Lines)>);

/// Further lines with the same problem.
type Lines = Vec<usize>;

impl Errors {
    /// `problems` must not be empty; they are sorted, and the same problem on several lines becomes one.
    pub(crate) fn new(mut problems: Vec<Error>) -> Self {
        problems.sort_by_cached_key(|error| (error.file.clone(), error.line, error.to_string()));
        problems.dedup();
        let mut distinct: Vec<(Error, Lines)> = Vec::new();
        for error in problems {
            let same = |known: &Error| known.file == error.file && known.problem == error.problem;
            match distinct.iter_mut().find(|(known, _)| same(known)) {
                Some((_, also)) => also.push(error.line),
                None => distinct.push((error, Vec::new())),
            }
        }
        Self(distinct)
    }

    /// The problems, sorted by file and line.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter().map(|(error, _)| error)
    }
}

/// What was noticed while templates were read.
#[derive(Default)]
pub(crate) struct Noticed {
    pub(crate) problems: Vec<Error>,
    pub(crate) remarks: Vec<String>,
}

impl Noticed {
    pub(crate) fn add(&mut self, more: Self) {
        self.problems.extend(more.problems);
        self.remarks.extend(more.remarks);
    }

    /// All problems, the last of which keeps others from being found.
    pub(crate) fn failed(&mut self, last: Error) -> Errors {
        self.problems.push(last);
        Errors::new(std::mem::take(&mut self.problems))
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Self(vec![(error, Vec::new())])
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (error, also)) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
            match also.as_slice() {
                [] => {}
                [line] => write!(f, " (also on line {line})")?,
                lines => write!(f, " (also on lines {})", List(lines))?,
            }
        }
        Ok(())
    }
}
