//! The text of a message as people type it: links, mentions, code, **bold**, _italic_, quotes and lists.
//!
//! A small subset of Markdown with the rules of chats rather than documents: a line break is a line break, and a text that
//! is not complete markup stays as it was typed. The result is a tree that is rendered as nodes, never as HTML. Pure code, in
//! linear time.

mod inline;

pub use inline::{Inline, inlines, mention_of, started_mention};

/// A part of a message that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Lines of text.
    Text(Vec<Vec<Inline>>),
    /// Code between fences, as it is.
    Code(String),
    /// Lines that start with `>`.
    Quote(Vec<Vec<Inline>>),
    /// Items that start with `-` or `*`, or with numbers from the given one.
    List {
        /// The first number of a numbered list.
        start: Option<u32>,
        /// The items.
        items: Vec<Vec<Inline>>,
    },
}

/// Reads the text of a message.
pub fn parse(text: &str) -> Vec<Block> {
    let text = without_direction_marks(text);
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(opening) = line.trim_start().strip_prefix("```") {
            let rest: Vec<&str> = lines.clone().collect();
            let end = rest.iter().position(|it| it.trim() == "```");
            if let Some(end) = end.filter(|_| !opening.contains('`')) {
                blocks.push(Block::Code(rest[..end].join("\n")));
                lines.nth(end);
                continue;
            }
        }
        push(&mut blocks, line);
    }
    blocks
}

fn push(blocks: &mut Vec<Block>, line: &str) {
    if let Some(quoted) = line.strip_prefix('>') {
        let quoted = inlines(quoted.strip_prefix(' ').unwrap_or(quoted));
        match blocks.last_mut() {
            Some(Block::Quote(lines)) => lines.push(quoted),
            _ => blocks.push(Block::Quote(vec![quoted])),
        }
    } else if let Some((number, item)) = item(line) {
        let item = inlines(item);
        match blocks.last_mut() {
            Some(Block::List { start, items }) if start.is_some() == number.is_some() => {
                items.push(item);
            }
            _ => blocks.push(Block::List {
                start: number,
                items: vec![item],
            }),
        }
    } else {
        match blocks.last_mut() {
            Some(Block::Text(lines)) => lines.push(inlines(line)),
            _ => blocks.push(Block::Text(vec![inlines(line)])),
        }
    }
}

/// The number and the text of a list item.
fn item(line: &str) -> Option<(Option<u32>, &str)> {
    let bullet = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
    if let Some(text) = bullet {
        return Some((None, text));
    }
    let (number, rest) = line.split_once('.')?;
    let text = rest.strip_prefix(' ')?;
    // A year at the start of a sentence is not a list.
    let is_number =
        !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| (number.parse().ok(), text))
}

/// The text without the characters that change the direction of what follows, with which a text can pose as another one
/// (`exe.fdp` as `pdf.exe`). Each line runs in the direction of its letters.
fn without_direction_marks(text: &str) -> String {
    text.chars().filter(|c| !is_direction_mark(*c)).collect()
}

/// How many characters of a text are quoted: more than two lines have.
const EXCERPT: usize = 300;

/// The beginning of a text, where it is quoted. Nobody sees the rest there, but a screen reader would read it out.
pub fn excerpt(text: &str) -> String {
    plain(&text.chars().take(EXCERPT).collect::<String>())
}

/// The text without the marks within its lines, for where it cannot be rendered. Those of lists, quotes and code blocks stay.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    for line in without_direction_marks(text).lines() {
        if !plain.is_empty() {
            plain.push('\n');
        }
        push_plain(&mut plain, &inlines(line));
    }
    plain
}

/// Appends a line to `plain`, without its marks.
fn push_plain(plain: &mut String, line: &[Inline]) {
    for part in line {
        match part {
            Inline::Text(text) | Inline::Code(text) | Inline::Link(text) => plain.push_str(text),
            Inline::Strong(inner) | Inline::Emphasis(inner) => push_plain(plain, inner),
            Inline::Mention(name) => {
                plain.push('@');
                plain.push_str(name);
            }
        }
    }
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// How many emoji are shown large if there is nothing else.
const LARGE_EMOJI: usize = 3;

/// Whether the text consists of a few emoji.
pub fn is_large_emoji(text: &str) -> bool {
    let mut emoji = 0;
    let mut joined = false;
    for c in text.trim().chars() {
        match c {
            '\u{200d}' => joined = true,
            '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' => {}
            // Two of these make one flag.
            '\u{1f1e6}'..='\u{1f1ff}' => emoji += 1,
            '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}' => {
                emoji += usize::from(!std::mem::take(&mut joined)) * 2;
            }
            _ => return false,
        }
    }
    (1..=LARGE_EMOJI * 2).contains(&emoji)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a message down with one line for each block.
    fn drawn(text: &str) -> String {
        let lines = |lines: &[Vec<Inline>]| {
            let lines: Vec<_> = lines.iter().map(|line| inline::drawn(line)).collect();
            lines.join(" / ")
        };
        let blocks: Vec<_> = parse(text)
            .iter()
            .map(|block| match block {
                Block::Text(text) => lines(text),
                Block::Code(code) => format!("code: {}", code.replace('\n', " / ")),
                Block::Quote(text) => format!("quote: {}", lines(text)),
                Block::List { start: None, items } => format!("list: {}", lines(items)),
                Block::List {
                    start: Some(start),
                    items,
                } => format!("list from {start}: {}", lines(items)),
            })
            .collect();
        blocks.join("\n")
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(drawn("a\n\n  b"), "a /  /   b");
        assert_eq!(drawn(""), "");
    }

    #[test]
    fn fenced_code_is_left_as_it_is() {
        assert_eq!(
            drawn("look:\n```rust\nlet **a** = 1;\n  b\n```\nok"),
            "look:\ncode: let **a** = 1; /   b\nok"
        );
        assert_eq!(drawn("```\nnever closed"), "``` / never closed");
    }

    #[test]
    fn quotes_and_lists_are_blocks() {
        assert_eq!(drawn("> a\n>b\nc"), "quote: a / b\nc");
        assert_eq!(
            drawn("- a\n* b\n3. c\n4. d"),
            "list: a / b\nlist from 3: c / d"
        );
        assert_eq!(
            drawn("2026. What a year\n-1\n1.5"),
            "2026. What a year / -1 / 1.5"
        );
    }

    #[test]
    fn marks_that_change_the_direction_are_dropped() {
        assert_eq!(
            drawn("invoice\u{202e}fdp.exe\u{2066}\u{200f}\u{61c}"),
            "invoicefdp.exe"
        );
    }

    #[test]
    fn a_plain_text_has_no_marks() {
        assert_eq!(
            plain("**a _b_** `c` @Ana\n* https://example.com\u{202e}"),
            "a b c @Ana\n* https://example.com"
        );
        assert_eq!(plain("2 ** 3, a_b"), "2 ** 3, a_b");
        assert_eq!(excerpt(&"é".repeat(EXCERPT + 1)), "é".repeat(EXCERPT));
    }

    #[test]
    fn a_few_emoji_alone_are_large() {
        for text in ["👍", "👩🏽‍💻", "🇧🇷🇵🇹", " 🎉🎉🎉 ", "❤️"] {
            assert!(is_large_emoji(text), "{text}");
        }
        for text in ["", "a", "👍 ok", "🎉🎉🎉🎉", "1"] {
            assert!(!is_large_emoji(text), "{text}");
        }
    }
}
