//! Accepts what YAML's grammar forbids and other readers take: inside brackets, braces and quotation marks, lines that are indented no
//! more than the key they belong to, as in `Resource: [` with its `]` below the R. CloudFormation, `sam` and the Serverless Framework
//! read such templates, because indentation has no meaning there.

use saphyr_parser::ScanError;

/// The parser's rules that such lines break. It checks them only inside brackets, braces and quotation marks.
const IN_FLOW: [&str; 2] = [
    "invalid indentation",
    "invalid indentation in flow construct",
];
const IN_QUOTES: &str = "invalid indentation in quoted scalar";

/// Most lines that are indented; each needs the document to be read again.
const MAX_LINES: usize = 500;

/// A document with some of its lines indented further. The numbers of the lines stay.
pub(super) struct Relaxed<'s> {
    lines: Vec<&'s str>,
    is_indented: Vec<bool>,
    /// More than the indentation of any line.
    indent: String,
    left: usize,
    has_quotes: bool,
}

impl<'s> Relaxed<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let lines: Vec<_> = source.lines().collect();
        let widths = lines.iter().map(|line| indentation(line));
        Self {
            indent: " ".repeat(widths.max().unwrap_or_default() + 1),
            is_indented: vec![false; lines.len()],
            lines,
            left: MAX_LINES,
            has_quotes: false,
        }
    }

    /// Indents the line that the error is about. `None` if its indentation is not what is wrong.
    pub(super) fn without(&mut self, error: &ScanError) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        let index = error.marker().line().checked_sub(1)?;
        let index = if error.info() == IN_QUOTES {
            // The error names the line that opens the quotation mark, not the one that is indented too little.
            self.has_quotes = true;
            (index + 1..self.lines.len()).find(|index| self.can_be_indented(*index))?
        } else {
            IN_FLOW.contains(&error.info()).then_some(index)?
        };
        if !self.can_be_indented(index) {
            return None;
        }
        self.is_indented[index] = true;
        Some(self.source())
    }

    /// Whether quotation marks were followed to where they end, which is far from where one is missing.
    pub(super) fn has_quotes(&self) -> bool {
        self.has_quotes
    }

    /// The column in the document as it was written.
    pub(super) fn column(&self, line: usize, column: usize) -> usize {
        let is_indented = self.is_indented.get(line.wrapping_sub(1));
        match is_indented {
            Some(true) => column.saturating_sub(self.indent.len()),
            _ => column,
        }
    }

    fn can_be_indented(&self, index: usize) -> bool {
        let line = self.lines.get(index);
        line.is_some_and(|line| !line.trim().is_empty()) && !self.is_indented[index]
    }

    fn source(&self) -> String {
        let mut source = String::new();
        for (line, is_indented) in self.lines.iter().zip(&self.is_indented) {
            if *is_indented {
                source.push_str(&self.indent);
            }
            source.push_str(line);
            source.push('\n');
        }
        source
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use crate::template::yaml::{Node, read};

    /// Both documents have the same keys and values.
    #[track_caller]
    fn reads_as(source: &str, same: &str) {
        let without_lines = |source: &str| {
            let mut node = read(source).unwrap();
            node.set_line(0);
            node
        };
        assert_eq!(without_lines(source), without_lines(same));
    }

    #[test]
    fn a_bracket_may_be_closed_below_its_key() {
        let wanted = "a:\n  b: [\"x\", \"y\"]\n  c: {\"d\": \"e\"}\n  f: 1\n";
        reads_as(
            "a:\n  b: [\n    \"x\",\n    \"y\"\n  ]\n  c: {\n    \"d\": \"e\"\n  }\n  f: 1\n",
            wanted,
        );
        reads_as(
            "a:\n  b: [\n\"x\",\n\"y\"\n]\n  c: {\n\"d\":\n\"e\"\n}\n  f: 1\n",
            wanted,
        );
        reads_as(
            "a:\n- !Join [\n  '',\n  ['x', 'y']\n  ]\n",
            "a:\n- !Join ['', ['x', 'y']]\n",
        );
        reads_as("a:\n  b: [\nx,\ny\n]\n", "a:\n  b: [x, y]\n");
        reads_as(
            "a:\n  - b: [\n    {c: d}\n    ]\n  - b: [\n  {c: d}\n  ]\n",
            "a:\n  - b: [{c: d}]\n  - b: [{c: d}]\n",
        );
    }

    #[test]
    fn text_in_quotation_marks_may_continue_at_any_column() {
        reads_as(
            "a:\n    b: \"one\n  two\n\nthree\"\n    c: 'four\nfive'\n",
            "a:\n    b: \"one two\\nthree\"\n    c: 'four five'\n",
        );
    }

    #[test]
    fn nodes_keep_their_lines() {
        let node = read("a:\n  b: [\n    \"x\"\n  ]\n  c: 1\n").unwrap();
        let line = |node: Option<&Node>| node.unwrap().line;
        let a = node.get("a").unwrap();
        assert_eq!(a.items_of("b")[0].line, 3);
        assert_eq!(line(a.get("c")), 5);
    }

    #[test]
    fn other_mistakes_are_still_reported_where_they_are() {
        for (source, line, words) in [
            (
                "a:\n  b: [\n    \"x\"\n  ]\n  c: @x\n",
                5,
                "in column 6, `c: @x`",
            ),
            (
                "a:\n  b: [\n    \"x\"\n  ]\n  c:\n    \"d\n",
                6,
                "close the quotation mark",
            ),
            (
                "a:\n  b: [\"x\",\n  \"y\"\n  c: 1\n",
                4,
                "close the bracket",
            ),
            ("a:\n  b: \"x\n  c: \"y\"\n", 2, "close the quotation mark"),
            ("a:\n  b: 1\n c: [\n]\n", 3, "indent the line"),
        ] {
            let (found, message) = read(source).unwrap_err();
            assert_eq!(found, line, "{source:?}: {message}");
            assert!(message.contains(words), "{source:?}: {message}");
        }
    }
}
