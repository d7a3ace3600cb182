//! Parts of long texts: values that are shortened, and the part of a line around an error.

use unicode_width::UnicodeWidthChar as _;

use crate::source::Span;

/// Longest frame that is shown whole, in characters.
pub(super) const FRAME_CHARS: usize = 400;

/// Longest value that is shown whole after carets, in characters.
pub(crate) const VALUE_CHARS: usize = 100;

/// Longest line of a transcript that is shown whole, in bytes.
const LINE_BYTES: usize = 500;

/// Maximum number of carets, so that the text after them stays in view.
const MAX_CARETS: usize = 120;

/// A value on one line, shortened in the middle if it is long.
pub(crate) fn clip_value(value: &str) -> String {
    clip(value, VALUE_CHARS)
}

/// A frame on one line, shortened in the middle if it is long.
pub(crate) fn clip_frame(value: &str) -> String {
    clip(value, FRAME_CHARS)
}

pub(super) fn clip(value: &str, max: usize) -> String {
    let visible: String = value
        .chars()
        .flat_map(|c| {
            // Tabs and control characters would break the alignment.
            let escaped = c.is_control().then(|| c.escape_default());
            let plain = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect();
    let length = visible.chars().count();
    if length <= max {
        return visible;
    }
    let half = max / 2;
    let head: String = visible.chars().take(half).collect();
    let tail: String = visible.chars().skip(length - half).collect();
    format!(
        "{head} … {} characters left out … {tail}",
        length - 2 * half
    )
}

/// The part of a long line around `span`, and the place of `span` in it.
pub(super) fn window(line: &str, span: &Span) -> (String, Span) {
    if line.len() <= LINE_BYTES {
        return (line.to_owned(), span.clone());
    }
    let from = span.bytes.start.saturating_sub(LINE_BYTES / 2);
    let from = line.floor_char_boundary(from.min(line.len()));
    let to = line.floor_char_boundary((from + LINE_BYTES).min(line.len()));
    let begin = if from > 0 { "… " } else { "" };
    let end = if to < line.len() { " …" } else { "" };
    let shift = |at: usize| at.clamp(from, to) - from + begin.len();
    let bytes = shift(span.bytes.start)..shift(span.bytes.end);
    let shown = format!("{begin}{}{end}", &line[from..to]);
    (shown, Span::new(span.line, bytes))
}

/// `line` with symbols instead of control characters, which would change what the terminal shows: `␛` for the escape character.
pub(super) fn visible(line: &str) -> String {
    let symbol = |c: char| match c {
        '\t' => c,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(c),
        '\x7f'..='\u{9f}' => '␡',
        _ => c,
    };
    line.chars().map(symbol).collect()
}

/// White space up to the span, and carets under it: at least one, even at the end of a line, and fewer than a long span has bytes.
pub(super) fn underline(line: &str, span: &Span) -> (String, String) {
    let pad = text_before(line, span.bytes.start)
        .chars()
        .map(|c| {
            if c == '\t' {
                "\t".to_owned()
            } else {
                // A control character is shown as its symbol.
                " ".repeat(c.width().unwrap_or(1))
            }
        })
        .collect();
    let under = text_before(line, span.bytes.end);
    let under = under.get(span.bytes.start..).unwrap_or("");
    let width: usize = under.chars().map(|c| c.width().unwrap_or(1)).sum();
    (pad, "^".repeat(width.clamp(1, MAX_CARETS)))
}

/// The line up to `end`, moved back to where a character begins.
pub(super) fn text_before(line: &str, end: usize) -> &str {
    let end = line.floor_char_boundary(end.min(line.len()));
    &line[..end]
}
