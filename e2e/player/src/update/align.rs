//! Rewrites text line by line and word by word: parts of the old text that still fit stay, with their placeholders. Pure.

use crate::pattern::{Captures, Notation, Template};

/// Above this many comparisons, all of the text is written again.
const MAX_PAIRS: usize = 10_000;

/// The costs that decide which old part stands for which new one. Keeping an old part that fits one new part costs nothing.
const REPLACED: usize = 3;
/// For each part that a placeholder accepts besides its first. As much as a new part, so that no other part is given up for it.
const ACCEPTED: usize = 3;
const ADDED: usize = 3;
const REMOVED: usize = 4;

/// `old`, as it is written in a transcript, changed so that it expects `new`. `written` writes a part of `new`.
pub(super) fn text(
    old: &str,
    new: &str,
    known: &Captures,
    written: &mut dyn FnMut(&str) -> String,
) -> String {
    by(&['\n', ' '], old, new, known, written)
}

/// As [`text`], with parts between `separators`: first the parts between the first one.
fn by(
    separators: &[char],
    old: &str,
    new: &str,
    known: &Captures,
    written: &mut dyn FnMut(&str) -> String,
) -> String {
    let Some((&separator, finer)) = separators.split_first() else {
        return written(new);
    };
    let between = separator.to_string();
    let olds = parts(old, separator);
    let news: Vec<&str> = new.split(separator).collect();
    let templates: Vec<_> = olds
        .iter()
        .map(|part| Template::expected(part, 0, Notation::Plain).ok())
        .collect();
    let fits = |index: usize, text: &str| {
        let template = templates[index].as_ref();
        template.is_some_and(|template| template.fits(text, &mut known.clone(), 0))
    };
    if olds.len() * news.len() > MAX_PAIRS {
        return written(new);
    }
    let rewritten: Vec<String> = aligned(&olds, &news, &between, &fits)
        .into_iter()
        .map(|step| match step {
            Step::Keep { old, .. } => olds[old].to_owned(),
            Step::Replace { old, new } => by(finer, olds[old], news[new], known, written),
            Step::Add { new } => written(news[new]),
        })
        .collect();
    rewritten.join(&between)
}

/// The parts of `text` between separators that are not inside a placeholder.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut inside) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '<' => inside = text[at..].contains('>'),
            '>' => inside = false,
            c if c == separator && !inside => {
                parts.push(&text[from..at]);
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Where a part of the new text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The old part stands for this many new ones.
    Keep {
        old: usize,
        news: usize,
    },
    Replace {
        old: usize,
        new: usize,
    },
    Add {
        new: usize,
    },
}

/// The cheapest way from `olds` to `news`. Old parts that it does not name are removed.
fn aligned(
    olds: &[&str],
    news: &[&str],
    between: &str,
    fits: &dyn Fn(usize, &str) -> bool,
) -> Vec<Step> {
    // For each old and new part: the cost from there to the end, and the next step; `None` removes an old part.
    let mut table = vec![vec![(0, None); news.len() + 1]; olds.len() + 1];
    for old in (0..=olds.len()).rev() {
        for new in (0..=news.len()).rev() {
            let mut ways = Vec::new();
            if old < olds.len() && new < news.len() {
                let max = if olds[old].contains('<') {
                    news.len() - new
                } else {
                    1
                };
                for count in 1..=max {
                    if fits(old, &news[new..new + count].join(between)) {
                        let cost = (count - 1) * ACCEPTED + table[old + 1][new + count].0;
                        ways.push((cost, Some(Step::Keep { old, news: count })));
                    }
                }
                // Of equally cheap ways, the first counts: a placeholder takes as much as it can.
                ways.reverse();
                let cost = REPLACED + table[old + 1][new + 1].0;
                ways.push((cost, Some(Step::Replace { old, new })));
            }
            if new < news.len() {
                ways.push((ADDED + table[old][new + 1].0, Some(Step::Add { new })));
            }
            if old < olds.len() {
                ways.push((REMOVED + table[old + 1][new].0, None));
            }
            table[old][new] = ways
                .into_iter()
                .min_by_key(|(cost, _)| *cost)
                .unwrap_or_default();
        }
    }
    let mut steps = Vec::new();
    let (mut old, mut new) = (0, 0);
    while old < olds.len() || new < news.len() {
        let step = table[old][new].1;
        match step {
            Some(Step::Keep { news, .. }) => (old, new) = (old + 1, new + news),
            Some(Step::Replace { .. }) => (old, new) = (old + 1, new + 1),
            Some(Step::Add { .. }) => new += 1,
            None => old += 1,
        }
        steps.extend(step);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expectation::literal;

    #[track_caller]
    fn becomes(old: &str, new: &str, expected: &str) {
        let rewritten = text(old, new, &Captures::default(), &mut |part| {
            literal::text(part)
        });
        assert_eq!(rewritten, expected);
    }

    #[test]
    fn words_that_fit_stay_with_their_placeholders() {
        becomes("<integer> users", "17 members", "<integer> members");
        becomes("<name> left", "bob left the room", "<name> left the room");
        becomes("kicked <any>", "banned for spam", "banned <any>");
        becomes(
            "v<integer> of <matching a b|c>",
            "v3 von a b",
            "v<integer> von <matching a b|c>",
        );
        becomes("a b c", "b c", "b c");
        becomes("", "a <b>", r"a \<b>");
    }

    #[test]
    fn lines_that_fit_stay_whatever_comes_between_them() {
        becomes(
            "MESSAGE\n<any>\n\nrain",
            "MESSAGE\na:1\nb:2\n\nsnow",
            "MESSAGE\n<any>\n\nsnow",
        );
        becomes("A\nn:<number>\nc\n\nx", "A\nn:5\n\nx", "A\nn:<number>\n\nx");
        becomes("A\nn:<number>", "A\nb\nn:5", "A\nb\nn:<number>");
        becomes("A\nn:<number> m", "A\nn:5 k", "A\nn:<number> k");
    }

    #[test]
    fn a_long_text_is_written_again() {
        let new = "b ".repeat(200);
        becomes(&"a ".repeat(200), &new, &new);
    }
}
