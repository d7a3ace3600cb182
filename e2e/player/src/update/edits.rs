//! What is rewritten in a file, by the lines that the file has before. Pure.

/// A rewritten line, with those that continue it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Where it begins in the file as it was, counted from 1.
    pub line: usize,
    /// The lines as they were.
    pub before: Vec<String>,
    /// The lines as they are now. There may be more or fewer.
    pub after: Vec<String>,
}

/// The changes of one transcript, from top to bottom.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits(Vec<Change>);

impl Edits {
    /// The line of the unchanged file that line `number` of the changed one was. A changed line is the one that it replaces.
    pub(super) fn original(&self, number: usize) -> usize {
        let (mut added, mut removed) = (0, 0);
        for change in &self.0 {
            if change.line + added >= number + removed {
                break;
            }
            added += change.after.len();
            removed += change.before.len();
        }
        number + removed - added
    }

    /// Takes a change. It replaces an earlier change of the same line, whose original is then kept.
    pub(super) fn take(&mut self, new: Change) {
        match self.0.binary_search_by_key(&new.line, |change| change.line) {
            Ok(index) => self.0[index].after = new.after,
            Err(index) => self.0.insert(index, new),
        }
    }

    /// The changes that change something.
    pub(super) fn changes(self) -> Vec<Change> {
        let differs = |change: &Change| change.before != change.after;
        self.0.into_iter().filter(differs).collect()
    }

    /// `text`, the unchanged file, with the changes.
    pub(super) fn applied(&self, text: &str) -> String {
        apply(text, &self.0)
    }
}

/// `text`, a file, with `changes`; line ends stay as they are.
pub(crate) fn apply(text: &str, changes: &[Change]) -> String {
    let mut applied = String::with_capacity(text.len());
    let mut replaced = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let content = line.trim_end_matches('\n').trim_end_matches('\r');
        let end = &line[content.len()..];
        if let Some(change) = changes.iter().find(|change| change.line == number) {
            replaced = change.before.len();
            // The last line of a file may have no end.
            applied.push_str(&change.after.join(if end.is_empty() { "\n" } else { end }));
            applied.push_str(end);
        } else if replaced == 0 {
            applied.push_str(line);
        }
        replaced = replaced.saturating_sub(1);
    }
    applied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(line: usize, before: &[&str], after: &[&str]) -> Change {
        let owned = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        Change {
            line,
            before: owned(before),
            after: owned(after),
        }
    }

    #[test]
    fn line_ends_and_other_lines_stay() {
        let two = change(2, &["b"], &["c", "d"]);
        let one = change(2, &["b", "| b"], &["c"]);
        for (text, change, expected) in [
            ("a\r\nb\r\nb", &two, "a\r\nc\r\nd\r\nb"),
            ("a\nb", &two, "a\nc\nd"),
            ("a\nb\n| b\nb", &one, "a\nc\nb"),
        ] {
            assert_eq!(apply(text, std::slice::from_ref(change)), expected);
        }
    }

    #[test]
    fn lines_of_the_changed_text_lead_back_to_those_of_the_file() {
        let mut edits = Edits::default();
        edits.take(change(4, &["d", "| d"], &["D"]));
        edits.take(change(2, &["b"], &["B", "| B", "| B"]));
        let numbers: Vec<_> = [1, 2, 5, 6, 7].map(|n| edits.original(n)).into();
        assert_eq!(numbers, [1, 2, 3, 4, 6]);
        assert_eq!(
            edits.applied("a\nb\nc\nd\n| d\ne\n"),
            "a\nB\n| B\n| B\nc\nD\ne\n"
        );
    }

    #[test]
    fn a_line_that_is_changed_twice_and_back_has_not_changed() {
        let mut edits = Edits::default();
        edits.take(change(1, &["a"], &["b"]));
        edits.take(change(1, &["b"], &["a"]));
        assert_eq!(edits.changes(), []);
    }
}
