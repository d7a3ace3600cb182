//! Decides which line each frame meets where the order does not matter. Pure.

use super::arrival::Arrival;
use super::failure::Unmet;
use super::judge::received;
use crate::pattern::{self, Captures};
use crate::transcript::Candidate;

/// The remaining lines and arrivals after matching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// Lines without a frame, by their index.
    pub(super) lines: Vec<usize>,
    /// Frames without a line, by their index.
    pub(super) arrivals: Vec<usize>,
}

/// Whether `arrival` meets any of `lines`.
pub(super) fn fits_any(lines: &[Candidate], arrival: &Arrival, known: &Captures) -> bool {
    lines
        .iter()
        .any(|line| fits(line, arrival, &mut known.clone()))
}

pub(super) fn fits(line: &Candidate, arrival: &Arrival, known: &mut Captures) -> bool {
    received(&line.expected, arrival, known, line.span.line).is_ok()
}

/// Assigns each of `arrivals` to a different line. Returns the captures.
pub(super) fn assign(
    lines: &[Candidate],
    arrivals: &[Arrival],
    known: &Captures,
) -> Result<Captures, Rest> {
    let fits =
        |arrival: &Arrival, line: &Candidate, known: &mut Captures| fits(line, arrival, known);
    let captures = pattern::assign(arrivals, lines, known, fits);
    captures
        .filter(|_| arrivals.len() == lines.len())
        .ok_or_else(|| rest(lines, arrivals, known))
}

/// What differs between the last line and the last frame, if one of each is left.
pub(super) fn last_pair(
    lines: &[Candidate],
    arrivals: &[Arrival],
    rest: &Rest,
    known: &Captures,
) -> Option<Unmet> {
    let (&[line], &[arrival]) = (&rest.lines[..], &rest.arrivals[..]) else {
        return None;
    };
    let Candidate { span, expected } = &lines[line];
    received(expected, &arrivals[arrival], &mut known.clone(), span.line).err()
}

/// What remains when each arrival in turn takes the first line that it fits.
fn rest(lines: &[Candidate], arrivals: &[Arrival], known: &Captures) -> Rest {
    let mut known = known.clone();
    let mut rest = Rest {
        lines: (0..lines.len()).collect(),
        arrivals: Vec::new(),
    };
    for (index, arrival) in arrivals.iter().enumerate() {
        let found = rest
            .lines
            .iter()
            .position(|line| fits(&lines[*line], arrival, &mut known));
        match found {
            Some(at) => {
                rest.lines.remove(at);
            }
            None => rest.arrivals.push(index),
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{Directive, Transcript};

    fn lines(text: &str) -> Vec<Candidate> {
        let text = format!("$ wscat -c ws://a\nin any order:\n{text}");
        let transcript = Transcript::fragment("a", &text).unwrap();
        match &transcript.steps[1].directive {
            Directive::Unordered(lines) => lines.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn assigned(text: &str, frames: &[&str]) -> Result<Captures, Rest> {
        let frames: Vec<_> = frames
            .iter()
            .map(|frame| Arrival::Text((*frame).to_owned()))
            .collect();
        assign(&lines(text), &frames, &Captures::default())
    }

    #[test]
    fn each_frame_finds_its_line_even_if_another_would_fit_too() {
        assigned("< <any>\n< a", &["a", "b"]).unwrap();
        assigned("< <any>\n< a", &["b", "a"]).unwrap();
        let captures = assigned(
            "< {\"a\":\"<x>\"}\n< {\"b\":\"<x>\",\"a\":\"<any>\"}",
            &[r#"{"a":"1","b":"2"}"#, r#"{"a":"2"}"#],
        );
        assert_eq!(captures.unwrap().get("x").unwrap().value, "2".into());
    }

    #[test]
    fn unmatched_lines_and_frames_are_reported() {
        let rest = assigned("< a\n< b\n< c", &["c", "x"]).unwrap_err();
        assert_eq!((rest.lines, rest.arrivals), (vec![0, 1], vec![1]));
        let rest = assigned("< a\n< b", &["b"]).unwrap_err();
        assert_eq!((rest.lines, rest.arrivals), (vec![0], vec![]));
    }

    #[test]
    fn contradictions_end() {
        let text = "< {\"a\":\"<x>\",\"b\":\"<y>\"}\n".repeat(40);
        let frames: Vec<_> = (0..40)
            .map(|n| format!(r#"{{"a":"1","b":"{}"}}"#, n / 39))
            .collect();
        let frames: Vec<_> = frames.iter().map(String::as_str).collect();
        assert_eq!(assigned(&text, &frames).unwrap_err().lines.len(), 1);
    }
}
