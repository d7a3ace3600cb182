//! Links, mentions, code, bold and italic within a line.

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Text.
    Text(String),
    /// Between backticks.
    Code(String),
    /// Between double asterisks.
    Strong(Vec<Inline>),
    /// Between underscores.
    Emphasis(Vec<Inline>),
    /// An address: `http:`, `https:` or `mailto:`.
    Link(String),
    /// The name of a person, without its `@`.
    Mention(String),
}

/// The starts of addresses that become links.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Within a name, unlike a space, it does not end a mention.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Reads a line.
pub fn inlines(line: &str) -> Vec<Inline> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut unclosed = Unclosed::default();
    let mut rest = line;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let part = part(rest, before, &mut unclosed);
        let length = match (&part, c) {
            (Some((_, length)), _) => *length,
            // A run of marks is taken as a whole: in "****" no asterisk opens anything.
            (None, '*' | '_') => rest.len() - rest.trim_start_matches(c).len(),
            (None, _) => c.len_utf8(),
        };
        let (taken, left) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match part {
            Some((part, _)) => {
                if !text.is_empty() {
                    parts.push(Inline::Text(std::mem::take(&mut text)));
                }
                parts.push(part);
            }
            None => text.push_str(taken),
        }
        before = taken.chars().next_back();
        rest = left;
    }
    if !text.is_empty() {
        parts.push(Inline::Text(text));
    }
    parts
}

/// Which marks are known not to be closed in the rest of the line, so that it is not searched again and again.
#[derive(Debug, Default)]
struct Unclosed {
    code: bool,
    strong: bool,
    emphasis: bool,
}

/// The part that starts here, and its length in bytes.
fn part(rest: &str, before: Option<char>, unclosed: &mut Unclosed) -> Option<(Inline, usize)> {
    let at_word = !before.is_some_and(is_word);
    match rest.as_bytes().first()? {
        b'`' if !unclosed.code => {
            let Some((code, _)) = rest.strip_prefix('`')?.split_once('`') else {
                unclosed.code = true;
                return None;
            };
            (!code.is_empty()).then(|| (Inline::Code(code.to_owned()), code.len() + 2))
        }
        b'*' if !unclosed.strong => {
            let inner = rest.strip_prefix("**").filter(|it| opens(it, '*'))?;
            let inner = closed(inner, "**", |_| true);
            unclosed.strong = inner.is_none();
            inner.map(|it| (Inline::Strong(inlines(it)), it.len() + 4))
        }
        b'_' if !unclosed.emphasis && at_word => {
            let inner = rest.strip_prefix('_').filter(|it| opens(it, '_'))?;
            let is_end = |after: Option<char>| !after.is_some_and(|c| is_word(c) || c == '_');
            let inner = closed(inner, "_", is_end);
            unclosed.emphasis = inner.is_none();
            inner.map(|it| (Inline::Emphasis(inlines(it)), it.len() + 2))
        }
        b'h' | b'm' | b'H' | b'M' if at_word => link(rest),
        b'@' if at_word => mention(rest),
        _ => None,
    }
}

/// Whether `c` is part of a word: outside ASCII, everything from À on except the blocks of punctuation and symbols. The
/// tables of `char::is_alphanumeric` would be 1 % of the download.
fn is_word(c: char) -> bool {
    let is_mark = matches!(
        c,
        '\u{d7}' | '\u{f7}'
            | '\u{2000}'..='\u{2bff}'
            | '\u{3000}'..='\u{303f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ff00}'..='\u{ff0f}'
            | '\u{1f000}'..='\u{1faff}'
    );
    c.is_ascii_alphanumeric() || (c >= '\u{c0}' && !is_mark)
}

/// Whether a mark before `inner` opens something.
fn opens(inner: &str, mark: char) -> bool {
    inner
        .chars()
        .next()
        .is_some_and(|c| !c.is_whitespace() && c != mark)
}

/// The text up to the `mark` that closes it: only after a character that is not white space.
fn closed<'a>(text: &'a str, mark: &str, is_end: impl Fn(Option<char>) -> bool) -> Option<&'a str> {
    let mut before = ' ';
    let mut searched = 0;
    for (index, c) in text.char_indices() {
        if index >= searched
            && let Some((inner, rest)) = text.split_at_checked(index)
            && let Some(rest) = rest.strip_prefix(mark)
        {
            if !before.is_whitespace() && is_end(rest.chars().next()) {
                return Some(inner);
            }
            searched = index + mark.len();
        }
        before = c;
    }
    None
}

fn link(rest: &str) -> Option<(Inline, usize)> {
    let scheme = SCHEMES.into_iter().find(|scheme| {
        let start = rest.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    let is_end =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let address = without_punctuation(rest.split(is_end).next()?);
    (address.len() > scheme.len()).then(|| (Inline::Link(address.to_owned()), address.len()))
}

/// `@` and a name, up to white space. The spaces of a name are no-break spaces here: [`mention_of`] writes them so.
fn mention(rest: &str) -> Option<(Inline, usize)> {
    let rest = rest
        .strip_prefix('@')
        .filter(|it| it.starts_with(is_word))?;
    let is_end = |c: char| c.is_whitespace() && c != NO_BREAK_SPACE;
    let name = without_punctuation(rest.split(is_end).next()?);
    let length = '@'.len_utf8() + name.len();
    Some((Inline::Mention(name.replace(NO_BREAK_SPACE, " ")), length))
}

/// How a person is mentioned in a text.
pub fn mention_of(name: &str) -> String {
    ["@", &name.replace(' ', "\u{a0}")].concat()
}

/// The beginning of a name, if `text` ends with a mention that is being typed.
pub fn started_mention(text: &str) -> Option<&str> {
    let (before, name) = text.rsplit_once('@')?;
    let is_mention = !before.ends_with(is_word) && !name.chars().any(char::is_whitespace);
    is_mention.then_some(name)
}

/// The address without the punctuation of the sentence around it. A closing bracket belongs to the address if it has the
/// opening one.
fn without_punctuation(address: &str) -> &str {
    let excess = |open, close| {
        let opening = address.matches::<char>(open).count();
        address
            .matches::<char>(close)
            .count()
            .saturating_sub(opening)
    };
    let mut brackets = [
        (')', excess('(', ')')),
        (']', excess('[', ']')),
        ('}', excess('{', '}')),
    ];
    let mut kept = address.chars();
    let mut address = address;
    while let Some(last) = kept.next_back() {
        match brackets.iter_mut().find(|(close, _)| *close == last) {
            Some((_, excess)) if *excess > 0 => *excess -= 1,
            None if is_punctuation(last) => {}
            _ => break,
        }
        address = kept.as_str();
    }
    address
}

fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '…' | '”' | '’' | '»'
    )
}

/// Writes a line down with its marks.
#[cfg(test)]
pub(super) fn drawn(line: &[Inline]) -> String {
    line.iter()
        .map(|part| match part {
            Inline::Text(text) => text.clone(),
            Inline::Code(code) => format!("<code {code}>"),
            Inline::Strong(inner) => format!("<strong {}>", drawn(inner)),
            Inline::Emphasis(inner) => format!("<em {}>", drawn(inner)),
            Inline::Link(address) => format!("<link {address}>"),
            Inline::Mention(name) => format!("<mention {name}>"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(line: &str, expected: &str) {
        assert_eq!(drawn(&inlines(line)), expected);
    }

    #[test]
    fn code_bold_and_italic_are_marked() {
        reads("a `b **c**` d", "a <code b **c**> d");
        reads("**a _b_** c", "<strong a <em b>> c");
        reads("_a_, (_b_)", "<em a>, (<em b>)");
    }

    #[test]
    fn emphasis_does_not_start_inside_a_word_of_any_script() {
        for line in ["ação_a_", "漢_a_", "_a_é", "день_a_", "한_a_"] {
            reads(line, line);
        }
        reads("“_a_”", "“<em a>”");
        reads("👍_a_…", "👍<em a>…");
        reads("。_a_×", "。<em a>×");
    }

    #[test]
    fn incomplete_marks_stay_as_typed() {
        for line in [
            "2 * 3 * 4",
            "** a **",
            "snake_case_name",
            "_a",
            "`",
            "``",
            "**",
            "****",
            "a ** b",
            "__init__",
        ] {
            reads(line, line);
        }
    }

    #[test]
    fn addresses_become_links_without_the_punctuation_around_them() {
        reads(
            "see https://a.example/b?c=d#e.",
            "see <link https://a.example/b?c=d#e>.",
        );
        reads(
            "(http://a.example/x_(y))",
            "(<link http://a.example/x_(y)>)",
        );
        reads(
            "mailto:ana@a.example, HTTPS://B.example!",
            "<link mailto:ana@a.example>, <link HTTPS://B.example>!",
        );
        reads("**https://a.example**", "<strong <link https://a.example>>");
    }

    #[test]
    fn a_mention_is_a_name_up_to_white_space_without_the_punctuation_around_it() {
        reads("@Ana, vem?", "<mention Ana>, vem?");
        reads("(@李小龙) _@Zé_", "(<mention 李小龙>) <em <mention Zé>>");
        let written = format!("oi {}!", mention_of("Ana Maria"));
        reads(&written, "oi <mention Ana Maria>!");
        for line in ["ana@example.org", "@", "@ Ana", "@@", "@!"] {
            reads(line, line);
        }
    }

    #[test]
    fn a_mention_that_is_being_typed_is_at_the_end() {
        assert_eq!(started_mention("oi @"), Some(""));
        assert_eq!(started_mention("oi (@An"), Some("An"));
        for text in ["", "oi", "ana@ex", "@Ana ", "@Ana\u{a0}M", "@Ana\n"] {
            assert_eq!(started_mention(text), None, "{text:?}");
        }
    }

    #[test]
    fn other_schemes_are_not_links() {
        for line in [
            "javascript:alert(1)",
            "data:text/html,x",
            "xhttps://a.example",
            "https://",
            "ftp://a",
        ] {
            reads(line, line);
        }
    }

    #[test]
    fn hostile_lines_take_linear_time() {
        for unit in [
            "**a",
            "_a ",
            "`",
            "*",
            "_",
            "**_",
            "http://(",
            "https://a)",
            "@a)",
            "@",
        ] {
            let line = unit.repeat(8_192 / unit.len());
            let started = std::time::Instant::now();
            let _ = inlines(&line);
            assert!(started.elapsed().as_millis() < 1_000, "{unit}");
        }
    }
}
