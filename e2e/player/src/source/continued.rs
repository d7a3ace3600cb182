//! Which lines continue the line above: `| …`, JSON that is not closed, and a command whose line ends with a backslash.
//!
//! `wscat` and documents print JSON of several lines without `|`. Its brackets say where it ends.

/// For each line, how many bytes precede the text with which it continues the line above; `None` if it begins.
pub(super) fn continuations(lines: &[String]) -> Vec<Option<usize>> {
    let mut continues: Vec<_> = lines.iter().map(|line| after_bar(line)).collect();
    // Nothing stands above it.
    if let Some(first) = continues.first_mut() {
        *first = None;
    }
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let below = &lines[at..];
        let more = match (command(line), frame(line)) {
            (true, _) => below_command(line, below),
            (_, Some(frame)) => below_json(frame, below),
            _ => Vec::new(),
        };
        for before in more {
            continues[at] = Some(before);
            at += 1;
        }
    }
    continues
}

/// How many bytes precede the text of a line `| …`.
fn after_bar(line: &str) -> Option<usize> {
    let rest = line.trim_start().strip_prefix('|')?;
    match rest.strip_prefix(' ') {
        Some(content) => Some(line.len() - content.len()),
        None if rest.is_empty() => Some(line.len()),
        None => None,
    }
}

fn command(line: &str) -> bool {
    let mut words = line.split_whitespace();
    !is_prompted(line) && words.any(|word| word == "wscat" || word.starts_with("wscat@"))
}

/// Whether the line sends or expects something, or is a comment.
fn is_prompted(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("> ") || line.starts_with("< ") || line.starts_with('#')
}

/// The lines of a command. An interactive shell prints its second prompt, `> `, before them.
fn below_command(first: &str, below: &[String]) -> Vec<usize> {
    let mut last = first;
    let mut more = Vec::new();
    for line in below {
        if !last.ends_with('\\') {
            break;
        }
        let text = line.trim_start();
        let text = text.strip_prefix("> ").unwrap_or(text);
        more.push(line.len() - text.len());
        last = line;
    }
    more
}

/// What follows the prompt, if it is JSON as far as one can see.
fn frame(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let frame = line
        .strip_prefix("< ")
        .or_else(|| line.strip_prefix("> "))?;
    let frame = frame.strip_prefix("exactly ").unwrap_or(frame).trim();
    frame.starts_with(['{', '[']).then_some(frame)
}

/// The lines of JSON that begins with `first`; none if it is closed there, or nowhere.
fn below_json(first: &str, below: &[String]) -> Vec<usize> {
    let mut depth = Depth::default();
    if depth.takes(first) != Some(Progress::Open) {
        return Vec::new();
    }
    let mut more = Vec::new();
    for line in below {
        if is_prompted(line) || after_bar(line).is_some() {
            break;
        }
        more.push(0);
        match depth.takes(line) {
            Some(Progress::Open) => {}
            Some(Progress::Closed) => return more,
            None => break,
        }
    }
    Vec::new()
}

/// How many brackets are open.
#[derive(Default)]
struct Depth(usize);

#[derive(PartialEq, Eq)]
enum Progress {
    Open,
    Closed,
}

impl Depth {
    /// Takes a line of JSON; `None` if it is not JSON: a string is not closed, or something follows the end.
    fn takes(&mut self, line: &str) -> Option<Progress> {
        let (mut in_string, mut escaped, mut closed) = (false, false, false);
        for c in line.trim().chars() {
            if closed {
                return None;
            }
            match c {
                _ if escaped => escaped = false,
                '\\' if in_string => escaped = true,
                '"' => in_string = !in_string,
                _ if in_string => {}
                '{' | '[' => self.0 += 1,
                '}' | ']' => {
                    self.0 = self.0.checked_sub(1)?;
                    closed = self.0 == 0;
                }
                _ => {}
            }
        }
        match (in_string, closed) {
            (true, _) => None,
            (false, true) => Some(Progress::Closed),
            (false, false) => Some(Progress::Open),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of `text` that continue the line above.
    #[track_caller]
    fn continued(text: &str) -> Vec<usize> {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let numbered = (1..).zip(continuations(&lines));
        numbered
            .filter_map(|(number, before)| before.map(|_| number))
            .collect()
    }

    #[test]
    fn json_continues_until_it_is_closed() {
        assert_eq!(
            continued("< {\n  \"a\": [\n    \"}\"\n  ]\n}\n> b"),
            [2, 3, 4, 5]
        );
        assert_eq!(continued("> [\n1\n]\n< exactly [\n]\n"), [2, 3, 5]);
        assert_eq!(continued("  < {\n\n  }\n"), [2, 3]);
    }

    #[test]
    fn other_text_with_brackets_does_not_continue() {
        for text in [
            "< {\"a\":1}\n}",
            "< [INFO] a\n]",
            "> {\"a\":\n< {\"error\":1}\n}",
            "< {\n",
            "< {\"a\n}",
            "< {\n} b\n}",
            "< {0\n# a\n}",
            "< \\{\n}",
        ] {
            assert_eq!(continued(text), [] as [usize; 0], "{text}");
        }
    }

    #[test]
    fn bars_continue_any_line_but_the_first() {
        assert_eq!(continued("| a\n| b\n|\n|c\n< {\n| }"), [2, 3, 6]);
    }

    #[test]
    fn a_backslash_continues_a_command() {
        assert_eq!(continued("$ wscat \\\n> -c a \\\n  -n\n> b"), [2, 3]);
        assert_eq!(
            continued("> wscat \\\n> b\n# wscat \\\n> b"),
            [] as [usize; 0]
        );
    }
}
