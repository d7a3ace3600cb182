//! The story as a transcript.

use std::fmt::Write as _;

use serde_json::Value;

use super::names::{Names, place_of, text_of, typed_before};
use super::notation;
use super::replay::replay;
use super::story::{Happening, Story};
use crate::expectation::{self, literal, volatile};
use crate::format;
use crate::pattern::Captures;
use crate::player::Arrival;

/// The transcript of what happened; empty if nothing did.
pub(crate) fn transcript(story: &Story) -> String {
    let named = written(story, Names::of(story));
    // A value may stand where a name for it means something else. What is right goes before what reads well.
    match replay(&named, story) {
        Ok(()) => named,
        Err(_) => written(story, Names::default()),
    }
}

fn written(story: &Story, names: Names) -> String {
    let mut writer = Writer {
        story,
        names,
        known: Captures::default(),
        typed: 0,
        current: None,
        leaving: vec![false; story.terminals.len()],
        text: String::new(),
    };
    for (terminal, happening) in story.in_reading_order() {
        writer.happening(*terminal, happening);
    }
    // It is one, and what it means stays the same; if not, it is better to have what was recorded.
    format::transcript("", &writer.text).unwrap_or(writer.text)
}

struct Writer<'a> {
    story: &'a Story,
    names: Names,
    /// What the lines above have captured.
    known: Captures,
    /// How many lines that were typed are written.
    typed: usize,
    current: Option<usize>,
    /// Beside each terminal, whether it is closing its connection.
    leaving: Vec<bool>,
    text: String,
}

impl Writer<'_> {
    fn happening(&mut self, terminal: usize, happening: &Happening) {
        match happening {
            Happening::Connected(command) => {
                self.leaving[terminal] = false;
                self.line(terminal, &format!("$ {command}"));
                self.line(terminal, "Connected (press CTRL+C to quit)");
            }
            Happening::Refused(command, status) => {
                self.line(terminal, &format!("$ {command}"));
                let line = format!("error: Unexpected server response: {status}");
                self.line(terminal, &line);
            }
            Happening::Typed(line) => {
                let line = self.typed_with_captures(line);
                self.line(terminal, &format!("> {line}"));
                self.typed += 1;
            }
            // A transcript reads nothing between `exit` and the end.
            Happening::Arrived(arrival)
                if self.leaving[terminal] && !matches!(arrival, Arrival::Closed { .. }) => {}
            Happening::Arrived(arrival) => {
                let line = expectation::line(arrival, &self.known, &mut |key, value| {
                    self.leaf(key, value)
                });
                let line = self.text_with_captures(arrival, line);
                self.line(terminal, &line);
                self.capture(&line);
            }
            Happening::Left => {
                self.leaving[terminal] = true;
                self.line(terminal, "exit");
            }
            Happening::Noted(note) => self.line(terminal, format!("# {note}").trim_end()),
        }
    }

    fn line(&mut self, terminal: usize, line: &str) {
        if self.current != Some(terminal) && self.story.terminals.len() > 1 {
            let blank = if self.text.is_empty() { "" } else { "\n" };
            let name = &self.story.terminals[terminal];
            // Writing into a string cannot fail.
            let _ = writeln!(self.text, "{blank}[{name}]");
        }
        self.current = Some(terminal);
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// What stands for a value of a frame, if not the value itself.
    fn leaf(&self, key: Option<&str>, value: &Value) -> Option<String> {
        if !value.is_string() && !value.is_number() {
            return None;
        }
        let text = text_of(value);
        let quote = if value.is_string() { "\"" } else { "" };
        // A number and a text that read the same are not the same value.
        let is_captured_otherwise = |name: &&str| {
            self.known
                .get(name)
                .is_some_and(|known| known.value.is_string() && value.is_number())
        };
        if let Some(name) = self
            .names
            .get(&text)
            .filter(|name| !is_captured_otherwise(name))
        {
            return Some(format!("{quote}<{name}>{quote}"));
        }
        if let Value::String(_) = value {
            let written = literal::in_json(&value.to_string());
            let with_captures = self.with_captures(&written);
            if with_captures != written {
                return Some(with_captures);
            }
        }
        let is_typed = typed_before(self.story, self.story.happenings.len())
            .take(self.typed)
            .any(|line| line.contains(&text));
        if is_typed {
            return None;
        }
        volatile::placeholder(key, value).map(str::to_owned)
    }

    /// A line for a text that is no JSON, with names in the place of values; any other line as it is.
    fn text_with_captures(&self, arrival: &Arrival, line: String) -> String {
        if let Arrival::Text(text) = arrival
            && let Some(plain) = line
                .strip_prefix("< ")
                .filter(|line| !line.starts_with(['{', '[']))
        {
            let named = format!("< {}", self.with_captures(plain));
            if expectation::fits(&named, text, &self.known) {
                return named;
            }
        }
        line
    }

    /// What was typed, with names in the place of values if it sends the same so.
    fn typed_with_captures(&self, line: &str) -> String {
        let named = self.with_captures(line);
        let sent = notation::sent(line, &Captures::default());
        if notation::sent(&named, &self.known) == sent {
            named
        } else {
            line.to_owned()
        }
    }

    /// `text` with names in the place of values that the lines above have captured.
    fn with_captures(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, name) in self.names.iter() {
            if self.known.get(name).is_none() {
                continue;
            }
            while let Some(at) = place_of(&text, value) {
                text.replace_range(at..at + value.len(), &format!("<{name}>"));
            }
        }
        text
    }

    /// Notes which names `line`, which was just written, has captured.
    fn capture(&mut self, line: &str) {
        let number = self.text.lines().count();
        for (value, name) in self.names.iter() {
            if self.known.get(name).is_some() {
                continue;
            }
            if line.contains(&format!("\"<{name}>\"")) {
                self.known.insert(name, value.into(), number);
            } else if line.contains(&format!("<{name}>")) {
                let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
                self.known.insert(name, value, number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Transcript;

    const CONNECT: &str = "wscat -c ws://127.0.0.1:3001/dev";

    /// A story of lines as they were on the screen: `alice> typed`, `alice< arrived`, `alice! 1000 reason`, `alice$`, `alice exit`.
    fn story(lines: &str) -> Story {
        let mut story = Story::default();
        for line in lines.lines() {
            let at = line.find(['>', '<', '!', '$', ' ', '#']).unwrap();
            let (name, rest) = line.split_at(at);
            let (mark, text) = rest.split_at(1);
            let text = text.strip_prefix(' ').unwrap_or(text).to_owned();
            let terminal = story.terminal(name);
            let happening = match mark {
                ">" => Happening::Typed(text),
                "<" => Happening::Arrived(Arrival::Text(text)),
                "$" => Happening::Connected(CONNECT.to_owned()),
                "#" => Happening::Noted(text),
                "!" => {
                    let (code, reason) = text.split_once(' ').unwrap();
                    Happening::Arrived(Arrival::Closed {
                        code: code.parse().unwrap(),
                        reason: reason.to_owned(),
                    })
                }
                _ => Happening::Left,
            };
            story.add(terminal, happening);
        }
        story
    }

    #[track_caller]
    fn becomes(lines: &str, expected: &str) {
        let text = transcript(&story(lines));
        assert_eq!(text, expected);
        Transcript::parse("a.wscat", &text).unwrap();
    }

    #[test]
    fn one_terminal_needs_no_name() {
        becomes(
            "a$\na> {\"action\":\"connected\"}\na< {\"type\":\"connected\",\"connectionId\":\"c-1\"}\na exit\na! 1005 ",
            "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> {\"action\":\"connected\"}
< {\"type\":\"connected\",\"connectionId\":\"<string>\"}
exit
Disconnected (code: 1005, reason: \"\")
",
        );
    }

    #[test]
    fn values_that_come_again_are_captured_and_times_are_types() {
        becomes(
            "\
alice# Says hello.
alice$
alice> id
alice< {\"id\":\"c-1\"}
bob$
bob> hello c-1
bob< {\"to\":\"c-1\",\"text\":\"hello c-1\",\"messageId\":\"m-1\",\"at\":1733702400000,\"kind\":\"hello\"}
alice< {\"to\":\"c-1\",\"text\":\"hello c-1\",\"messageId\":\"m-1\",\"at\":1733702400000,\"kind\":\"hello\"}
",
            "\
[alice]
# Says hello.
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> id
< {\"id\":\"<alice>\"}

[bob]
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> hello <alice>
< {\"to\":\"<alice>\",\"text\":\"hello <alice>\",\"messageId\":\"<string>\",\"at\":<epoch-ms>,\"kind\":\"hello\"}

[alice]
< {\"to\":\"<alice>\",\"text\":\"hello <alice>\",\"messageId\":\"<string>\",\"at\":<epoch-ms>,\"kind\":\"hello\"}
",
        );
    }

    #[test]
    fn a_number_is_not_the_text_that_reads_the_same() {
        let mut story = Story::default();
        let (alice, bob) = (story.terminal("alice"), story.terminal("bob"));
        let arrived = |text: &str| Happening::Arrived(Arrival::Text(text.to_owned()));
        story.add(alice, Happening::Connected("wscat -c ws://a".to_owned()));
        story.add(bob, Happening::Connected("wscat -c ws://a".to_owned()));
        story.add(alice, arrived(r#"{"userId":42424}"#));
        story.add(bob, arrived(r#"{"id":"42424","text":"a"}"#));
        let text = transcript(&story);
        let (first, second) = text.split_once("[alice]\n<").expect(&text);
        assert!(
            first.contains(r#""<alice>""#) && !second.contains("<alice>"),
            "{text}"
        );
    }

    #[test]
    fn where_a_name_would_mean_something_else_no_value_has_one() {
        becomes(
            "alice$\nbob$\nalice< <alice>\nbob> \nalice< {\"id\":42424}\nbob< {\"id\":\"c-1\",\"text\":\"42424\"}\n",
            "\
[alice]
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)

[bob]
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)

[alice]
< \\<alice>

[bob]
>
< {\"id\":\"<string>\",\"text\":\"42424\"}

[alice]
< {\"id\":<number>}
",
        );
    }

    #[test]
    fn what_was_typed_stays_where_it_comes_back() {
        becomes(
            "a$\na> {\"clientMessageId\":\"mine-1\"}\na< {\"clientMessageId\":\"mine-1\",\"text\":\"<b>\"}\n",
            "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> {\"clientMessageId\":\"mine-1\"}
< {\"clientMessageId\":\"mine-1\",\"text\":\"\\<b>\"}
",
        );
    }

    #[test]
    fn a_terminal_may_connect_again_after_its_end() {
        becomes(
            "a$\na! 1001 Going away\na$\na exit\na< too late\na! 1005 \na$\n",
            "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
Disconnected (code: 1001, reason: \"Going away\")
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
exit
Disconnected (code: 1005, reason: \"\")
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
",
        );
    }

    #[test]
    fn nothing_happened_is_nothing() {
        assert_eq!(transcript(&Story::default()), "");
    }
}
