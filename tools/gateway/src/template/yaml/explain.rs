//! Explains a syntax error of YAML: where it is, the line as written, and what to do about the usual causes. The parser names the
//! rule that is broken, which rarely says what to change.

use crate::proxy::first_chars;

/// Longest part of a line that a message repeats, in characters.
const SHOWN: usize = 80;

/// What parts of the parser's messages mean for the author of a template.
const REMEDIES: &[(&str, &str)] = &[
    (
        "trailing content",
        "write a quote within '…' twice ('it''s'), or put the whole value in quotes",
    ),
    (
        "escape character",
        "write each \\ twice, or put the value in '…' instead of \"…\"",
    ),
    ("quoted scalar", "close the quotation mark"),
    (
        "block scalar",
        "write the text that follows | or > on the next lines, indented",
    ),
    ("bracket", QUOTE_OR_BRACKET),
    ("flow", CLOSE),
    ("node content", CLOSE),
    ("illegal placement of ':'", CLOSE),
    (
        "simple key expect",
        "write a colon and a space after the key, or indent the line if it continues the one above",
    ),
];

const CLOSE: &str =
    "close the bracket or brace that is open here, or add the comma that is missing";
const QUOTE_OR_BRACKET: &str = "remove the bracket, or put the value in quotes";
const ALIGN: &str = "indent the line like those that it belongs to; the line above may lack a colon or a quotation mark";

/// The line and the message of a syntax error that the parser reports as `rule` at `line` (counted from 1) and `column` (from 0).
pub(super) fn explain(source: &str, line: usize, column: usize, rule: &str) -> (usize, String) {
    let lines: Vec<_> = source.lines().collect();
    let text = |line: usize| lines.get(line.wrapping_sub(1)).copied().unwrap_or_default();
    let marked = lines
        .iter()
        .position(|text| text.starts_with("<<<<<<< ") || text.starts_with(">>>>>>> "));
    if let Some(index) = marked {
        let remedy = "resolve the merge conflict that is marked in the file";
        return (index + 1, message(rule, lines[index], 0, remedy));
    }
    // The parser is one line early where a tab follows a value, and late where a line is incomplete at the end of the file.
    let tabbed = (line..=line + 1).find(|line| indentation(text(*line)).contains('\t'));
    if let Some(line) = tabbed {
        let column = indentation(text(line)).find('\t').unwrap_or_default();
        let remedy = "indent with spaces; YAML does not allow tabs";
        return (line, message(rule, text(line), column, remedy));
    }
    let written = (1..=line).rev().find(|line| !text(*line).trim().is_empty());
    let written = written.unwrap_or(line);
    let text = text(written);
    let column = if written == line {
        column
    } else {
        text.chars().count()
    };
    (
        written,
        message(rule, text, column, remedy(text, column, rule)),
    )
}

/// What to do about a line whose keys or values begin with what YAML takes for something else.
pub(super) fn quoting(text: &str) -> Option<&'static str> {
    // Each value follows a key, a dash or a bracket.
    let values = [": ", "- ", "["]
        .iter()
        .flat_map(|before| text.split(before).skip(1))
        .map(str::trim_start);
    let starts = |start: &str| values.clone().any(|value| value.starts_with(start));
    if starts("{{") {
        Some("put the value in quotes, because { begins a mapping")
    } else if starts("@") || starts("`") || starts("%") {
        Some("put the value in quotes, because no value begins with @, ` or % without them")
    } else if starts("*") || starts("&") {
        Some("put the value in quotes, unless it is an alias (*name) of an anchor (&name) above it")
    } else {
        None
    }
}

fn remedy(text: &str, column: usize, rule: &str) -> &'static str {
    if let Some(remedy) = quoting(text) {
        return remedy;
    }
    if rule.contains("mapping values") {
        let before: String = text.chars().take(column).collect();
        return if before.contains(": ") {
            "put the value in quotes, because it contains a colon"
        } else {
            ALIGN
        };
    }
    let mut known = REMEDIES.iter();
    let known = known.find(|(part, _)| rule.contains(part));
    known.map_or(ALIGN, |(_, remedy)| remedy)
}

fn message(rule: &str, text: &str, column: usize, remedy: &str) -> String {
    let shown = first_chars(text.trim(), SHOWN);
    format!("{rule} in column {}, `{shown}`: {remedy}", column + 1)
}

fn indentation(text: &str) -> &str {
    &text[..text.len() - text.trim_start().len()]
}

#[cfg(test)]
mod tests {
    use crate::template::yaml::read;

    /// The syntax error is on this line, in this column, and the message has the words of the remedy.
    #[track_caller]
    fn explained(source: &str, line: usize, column: usize, words: &str) {
        let (found, message) = read(source).unwrap_err();
        let text = source.lines().nth(line - 1).unwrap().trim();
        let place = format!("in column {column}, `{text}`: ");
        assert_eq!(found, line, "{message}");
        assert!(message.contains(&place), "{message:?} lacks {place:?}");
        let remedy = message.split(&place).nth(1).unwrap();
        assert!(remedy.contains(words), "{remedy:?} lacks {words:?}");
    }

    #[test]
    fn tabs_are_named() {
        explained("a:\n\tb: 1\n", 2, 1, "spaces");
        explained("a:\n  b: 1\n\tc: 2\n", 3, 1, "spaces");
        explained("a:\n  b:\n  \tc: 1\n", 3, 3, "spaces");
    }

    #[test]
    fn values_that_need_quotes_are_named() {
        explained(
            "a:\n  b: @x\n",
            2,
            6,
            "in quotes, because no value begins with @",
        );
        explained("- `x`\n", 1, 3, "in quotes");
        explained("a: %x\n", 1, 4, "in quotes");
        explained("a: *\n", 1, 4, "in quotes, unless it is an alias");
        explained(
            "a: *.example.com\n",
            1,
            4,
            "in quotes, unless it is an alias",
        );
        explained("a: b: c\n", 1, 5, "in quotes, because it contains a colon");
        explained("a: 'it's'\n", 1, 8, "twice");
        explained("a: \"\\d\"\n", 1, 4, "'…' instead");
        explained("a: ]\n", 1, 4, "in quotes");
        let (line, message) = read("a:\n  b: {{resolve:ssm:x}}\n").unwrap_err();
        assert_eq!(line, 2);
        assert!(
            message.contains("`b: {{resolve:ssm:x}}`: put the value in quotes, because {"),
            "{message}"
        );
    }

    #[test]
    fn what_is_not_closed_or_not_aligned_is_named() {
        explained("a: \"x\nb: 1\n", 1, 4, "close the quotation mark");
        explained("a: [1, 2\nb: 3\n", 2, 2, "close the bracket");
        explained("a: [\n", 1, 5, "close the bracket");
        explained("a: {x: 1\nb: 3\n", 2, 2, "close the bracket or brace");
        explained("{\"a\": 1\n \"b\": 2}", 2, 5, "comma");
        explained("a: 1\n b: 2\n", 2, 3, "indent the line");
        explained("a:\n  b: 1\n c: 2\n", 3, 2, "indent the line");
        explained("a: 1\nb\n", 2, 2, "a colon and a space");
        explained("a: |x\n", 1, 4, "on the next lines");
        explained(
            "b: 1\n<<<<<<< HEAD\na: 1\n=======\n",
            2,
            1,
            "merge conflict",
        );
    }

    #[test]
    fn a_long_line_is_cut() {
        let (_, message) = read(&format!("a: @{}\n", "é".repeat(200))).unwrap_err();
        assert!(message.contains("é…`"), "{message}");
        assert!(message.chars().count() < 250, "{message}");
    }
}
