//! One line of a transcript in its form.

use std::borrow::Cow;

use super::json;
use crate::transcript::command::{prompt, short_option};
use crate::transcript::{CONNECTED, words};

/// `line` in its form, without surrounding blanks. Lines of other kinds only lose those blanks.
pub(super) fn formatted(line: &str) -> Cow<'_, str> {
    let text = line.trim_start();
    let trimmed = text.trim_end();
    if text.starts_with(['>', '<']) {
        return prompted(text);
    }
    if text.starts_with('|') {
        // It continues a frame, whose blanks count.
        return if trimmed == "|" { "|" } else { text }.into();
    }
    if let Some((text, _)) = prompt::command(trimmed) {
        return command(text);
    }
    match trimmed.split_whitespace().next() {
        Some(first) if first == "in" || first.bytes().all(|b| b.is_ascii_digit()) => {
            // `50 times > text`, `in frames of 1024 bytes > text`
            match text.find(['>', '<']) {
                Some(prompt) => format!("{}{}", &text[..prompt], prompted(&text[prompt..])).into(),
                None => trimmed.into(),
            }
        }
        Some("pause") => {
            let time = trimmed.strip_prefix("pause").unwrap_or_default();
            format!("pause {}", time_with_unit(time)).into()
        }
        Some("Connected" | "connected") => CONNECTED.into(),
        Some("Disconnected" | "disconnected") => disconnected(trimmed),
        _ => trimmed.into(),
    }
}

/// A line that begins with `>` or `<`.
fn prompted(text: &str) -> Cow<'_, str> {
    match text.strip_prefix('>') {
        Some(frame) => sent(text, frame),
        None => expected(text, &text[1..]),
    }
}

/// Every character after `> ` is sent.
fn sent<'a>(text: &'a str, frame: &str) -> Cow<'a, str> {
    match frame {
        " " => ">".into(),
        _ => match bytes(frame) {
            Some(bytes) => format!("> {bytes}").into(),
            None => text.into(),
        },
    }
}

/// Every character after `< ` is compared, unless it is JSON or has a special meaning.
fn expected<'a>(text: &'a str, frame: &str) -> Cow<'a, str> {
    if frame.trim_start().starts_with(['{', '[']) {
        return format!("< {}", json::formatted(frame)).into();
    }
    if let Some(json) = frame.strip_prefix(" exactly ")
        && json.trim_start().starts_with(['{', '['])
    {
        return format!("< exactly {}", json::formatted(json)).into();
    }
    if let Some(time) = frame.strip_prefix(" nothing for ") {
        return format!("< nothing for {}", time_with_unit(time)).into();
    }
    match (frame, bytes(frame)) {
        (_, Some(bytes)) => format!("< {bytes}").into(),
        (" ", _) => "<".into(),
        _ => text.into(),
    }
}

/// `<bytes 00 ff>` with one blank before each byte, in lower case.
fn bytes(frame: &str) -> Option<String> {
    let digits = frame
        .trim_end()
        .strip_prefix(" <bytes")?
        .strip_suffix('>')?;
    let digits: Vec<_> = digits.split_whitespace().map(str::to_lowercase).collect();
    let is_hex = |byte: &String| byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit());
    let blank = if digits.is_empty() { "" } else { " " };
    digits
        .iter()
        .all(is_hex)
        .then(|| format!("<bytes{blank}{}>", digits.join(" ")))
}

/// `300 ms`.
fn time_with_unit(time: &str) -> String {
    let time = time.trim();
    let unit = time.find(|c: char| c.is_ascii_alphabetic());
    match unit.map(|at| time.split_at(at)) {
        Some((number, unit)) => format!("{} {unit}", number.trim_end()),
        None => time.to_owned(),
    }
}

/// `$ wscat -c URL`: on one line, without a version, with short options, one blank between words, quotes as they are.
fn command(text: &str) -> Cow<'_, str> {
    let Ok(words) = words::split(text, 0) else {
        return text.into();
    };
    let words = words.iter().skip(1).map(|word| &text[word.bytes.clone()]);
    let words: Vec<_> = words.map(shortened).collect();
    format!("$ wscat {}", words.join(" ")).into()
}

/// An option by its short name, if it has one, and its value after a blank.
fn shortened(word: &str) -> Cow<'_, str> {
    let (long, value) = word.split_once('=').unwrap_or((word, ""));
    match (short_option(long), value) {
        (Some(short), "") => short.into(),
        (Some(short), value) => format!("{short} {value}").into(),
        (None, _) => word.into(),
    }
}

/// `Disconnected (code: 1000, reason: "a")`; the reason is a text, and stays as it is.
fn disconnected(line: &str) -> Cow<'_, str> {
    let line: Cow<'_, str> = match line.strip_prefix('d') {
        Some(rest) => format!("D{rest}").into(),
        None => line.into(),
    };
    let parts = line
        .strip_prefix("Disconnected (code: ")
        .and_then(|rest| rest.strip_suffix(')'));
    let Some(inside) = parts else {
        return line;
    };
    match inside.split_once(',') {
        None => format!("Disconnected (code: {})", inside.trim()),
        Some((code, reason)) => {
            let (code, reason) = (code.trim(), reason.trim_start());
            format!("Disconnected (code: {code}, {reason})")
        }
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_has_one_form() {
        for (line, expected) in [
            ("npx wscat --connect=ws://a", "$ wscat -c ws://a"),
            ("$ wscat  --connect ws://a", "$ wscat -c ws://a"),
            (
                "wscat --header 'a:  b' --no-color -c a  -s x",
                "$ wscat -H 'a:  b' --no-color -c a -s x",
            ),
            (
                "wscat -c a --execute='b  c' --wait 2",
                "$ wscat -c a -x 'b  c' -w 2",
            ),
            ("wscat --no-check -c a", "$ wscat -n -c a"),
            ("ana@host:~$ npx -y wscat@6 -c a", "$ wscat -c a"),
            ("Connected", CONNECTED),
            ("disconnected (code: 1000)", "Disconnected (code: 1000)"),
            ("> ", ">"),
            (">  a ", ">  a "),
            ("  > a", "> a"),
            ("> <bytes 0A  ff>", "> <bytes 0a ff>"),
            ("< a ", "< a "),
            ("< ", "<"),
            ("< <bytes>", "< <bytes>"),
            ("< nothing for 300ms ", "< nothing for 300 ms"),
            ("<  {\"a\" :1}", "< {\"a\":1}"),
            ("< exactly  { \"a\":1} ", "< exactly {\"a\":1}"),
            ("<  exactly  {", "<  exactly  {"),
            ("3 times < { \"a\":1} ", "3 times < {\"a\":1}"),
            ("3 times > a ", "3 times > a "),
            ("in frames of 10 bytes > a ", "in frames of 10 bytes > a "),
            ("in any order: ", "in any order:"),
            ("pause  2s ", "pause 2 s"),
            ("restart the gateway ", "restart the gateway"),
            ("  [bob] ", "[bob]"),
            ("#  a ", "#  a"),
            ("exit ", "exit"),
            (
                "Disconnected (code: 1000 ,reason: \"a,  b\") ",
                "Disconnected (code: 1000, reason: \"a,  b\")",
            ),
            ("what is this ", "what is this"),
        ] {
            assert_eq!(formatted(line), expected, "{line}");
            assert_eq!(formatted(expected), expected);
        }
    }
}
