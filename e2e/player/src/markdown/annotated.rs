//! Blocks of any language that a comment above them makes transcripts, so that documentation need not change:
//!
//! ````markdown
//! <!-- wscat: user1-abc123 is <user-1> -->
//! ```bash
//! wscat -c wss://xxx.execute-api.sa-east-1.amazonaws.com/dev
//! > {"action": "connected"}
//! < {"type":"connected","connectionId":"user1-abc123"}
//! ```
//! ````
//!
//! Readers of the document do not see the comment. It may contain several notes, separated by `;`: see [`Note`].

use super::Fence;
use crate::source::Source;
use crate::transcript::command::prompt;

/// A transcript of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotated {
    /// The text, in which lines have the same numbers as in the document. Sample values are replaced.
    pub text: String,
    /// Whether its terminals take turns.
    pub side_by_side: bool,
}

/// An invalid comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationError {
    /// The line of the comment, counted from 1.
    pub line: usize,
    /// The problem.
    pub message: String,
}

/// A note in a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Note {
    /// `goes on`: the block continues the transcript above.
    GoesOn,
    /// `[name]`: the block belongs to this terminal.
    Terminal(String),
    /// `side by side`: the terminals take turns, each up to its next `<` line, as a reader would read them.
    SideBySide,
    /// `one by one`: each `wscat` line of the block is a separate transcript.
    OneByOne,
    /// `abc123 is <id>`: in the `<` lines of this block, the sample value stands for the placeholder.
    Sample(String, String),
}

/// The annotated transcripts of `document`, in order.
///
/// # Errors
///
/// The first comment that is invalid, or has no block below it.
pub fn annotated(document: &str) -> Result<Vec<Annotated>, AnnotationError> {
    let mut found: Vec<Annotated> = Vec::new();
    // The comment whose block has not begun yet.
    let mut waiting: Option<(usize, Vec<Note>)> = None;
    let mut open: Option<(Fence<'_>, Option<Vec<Note>>)> = None;
    let mut blocks: Vec<(usize, Vec<Note>)> = Vec::new();
    for (number, line) in (1..).zip(document.lines()) {
        let line_is_blank = line.trim().is_empty();
        let fence = Fence::at(line);
        match (&open, fence) {
            (Some((opened, _)), Some(fence)) if fence.closes(opened) => open = None,
            (Some((_, Some(notes))), _) => put(&mut found, number, line, notes),
            (Some((_, None)), _) => {}
            (None, Some(fence)) => {
                // Blocks `wscat` are transcripts without a comment.
                let is_ours = fence.info == super::LANGUAGE;
                let notes = waiting
                    .take_if(|_| !is_ours)
                    .inspect(|(line, notes)| begin(&mut found, *line, notes))
                    .map(|(_, notes)| notes);
                if let Some((line, _)) = waiting {
                    let message = "a block ```wscat is a transcript without a comment".to_owned();
                    return Err(AnnotationError { line, message });
                }
                blocks.extend(notes.clone().map(|notes| (number, notes)));
                open = Some((fence, notes));
            }
            (None, None) => {
                if let Some((line, _)) = waiting
                    && !line_is_blank
                {
                    return Err(no_block(line));
                }
                if let Some(said) = comment(line) {
                    waiting = Some((number, notes(said, number, found.is_empty())?));
                }
            }
        }
    }
    if let Some((line, _)) = waiting {
        return Err(no_block(line));
    }
    for transcript in &mut found {
        transcript.text = sampled(&transcript.text, &blocks);
    }
    Ok(found)
}

fn no_block(line: usize) -> AnnotationError {
    let message = "only empty lines may stand between this comment and a fenced block".to_owned();
    AnnotationError { line, message }
}

/// The content of `<!-- wscat: … -->`; empty for `<!-- wscat -->`.
fn comment(line: &str) -> Option<&str> {
    let inside = line
        .trim()
        .strip_prefix("<!--")?
        .strip_suffix("-->")?
        .trim();
    let said = inside.strip_prefix("wscat")?;
    if said.is_empty() {
        return Some(said);
    }
    said.strip_prefix(':').map(str::trim)
}

fn notes(said: &str, line: usize, first: bool) -> Result<Vec<Note>, AnnotationError> {
    let parts = said
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let notes: Vec<_> = parts
        .map(|part| note(part).ok_or_else(|| AnnotationError {
            line,
            message: format!(
                "unknown note \"{part}\"; a note is: goes on, [name], side by side, one by one, or: VALUE is <placeholder>"
            ),
        }))
        .collect::<Result<_, _>>()?;
    if first && notes.contains(&Note::GoesOn) {
        let message = "there is no transcript above to continue".to_owned();
        return Err(AnnotationError { line, message });
    }
    Ok(notes)
}

fn note(part: &str) -> Option<Note> {
    match part {
        "goes on" => return Some(Note::GoesOn),
        "side by side" => return Some(Note::SideBySide),
        "one by one" => return Some(Note::OneByOne),
        _ => {}
    }
    if part.starts_with('[') && part.ends_with(']') {
        return Some(Note::Terminal(part.to_owned()));
    }
    let (value, placeholder) = part.split_once(" is ")?;
    let is_placeholder = placeholder.starts_with('<') && placeholder.ends_with('>');
    (is_placeholder && !value.is_empty())
        .then(|| Note::Sample(value.to_owned(), placeholder.to_owned()))
}

/// Begins a transcript, or continues the last one. The terminal's name takes the line of the comment.
fn begin(found: &mut Vec<Annotated>, line: usize, notes: &[Note]) {
    if !notes.contains(&Note::GoesOn) {
        found.push(Annotated {
            text: String::new(),
            side_by_side: false,
        });
    }
    for note in notes {
        match note {
            Note::SideBySide => {
                if let Some(last) = found.last_mut() {
                    last.side_by_side = true;
                }
            }
            Note::Terminal(name) => push(found, line, name),
            Note::GoesOn | Note::OneByOne | Note::Sample(..) => {}
        }
    }
}

fn put(found: &mut Vec<Annotated>, number: usize, line: &str, notes: &[Note]) {
    let connects = prompt::command(line).is_some();
    let has_begun = found
        .last()
        .is_some_and(|last| last.text.contains("wscat "));
    if connects && has_begun && notes.contains(&Note::OneByOne) {
        found.push(Annotated {
            text: String::new(),
            side_by_side: false,
        });
    }
    push(found, number, line);
}

/// `text` with placeholders instead of sample values in what is expected. Each block, with the line of its fence, has its own notes.
fn sampled(text: &str, blocks: &[(usize, Vec<Note>)]) -> String {
    let source = Source::new("", text);
    let mut sampled = String::with_capacity(text.len());
    let mut is_expected = false;
    for (number, line) in source.lines() {
        if source.continuation(number).is_none() {
            is_expected = line.trim_start().starts_with('<');
        }
        let block = blocks.iter().rfind(|(fence, _)| *fence < number);
        let notes = block.filter(|_| is_expected).map(|(_, notes)| notes);
        let line = notes
            .into_iter()
            .flatten()
            .fold(line.to_owned(), |line, note| match note {
                Note::Sample(value, placeholder) => line.replace(value, placeholder),
                _ => line,
            });
        sampled.push_str(&line);
        sampled.push('\n');
    }
    sampled
}

/// Puts `line` into the last transcript, as its line `number`.
fn push(found: &mut [Annotated], number: usize, line: &str) {
    if let Some(last) = found.last_mut() {
        let missing = (number - 1).saturating_sub(last.text.lines().count());
        last.text.push_str(&"\n".repeat(missing));
        last.text.push_str(line);
        last.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn texts(document: &str) -> Vec<String> {
        let found = annotated(document).unwrap();
        found.into_iter().map(|found| found.text).collect()
    }

    #[test]
    fn a_comment_makes_a_block_of_any_language_a_transcript() {
        let document = "```bash\nls\n```\n<!-- wscat -->\n\n``` bash\nwscat -c ws://a\n```\n";
        assert_eq!(texts(document), ["\n\n\n\n\n\nwscat -c ws://a\n"]);
    }

    #[test]
    fn a_block_may_go_on_in_another_terminal_with_samples_of_its_own() {
        let document = "<!-- wscat: [a] -->\n```\n> 1\n```\ntext\n<!-- wscat: goes on; [b]; side by side; x-1 is <x> -->\n```\n> x-1\n< x-1\n```\n";
        let found = annotated(document).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, "[a]\n\n> 1\n\n\n[b]\n\n> x-1\n< <x>\n");
        assert!(found[0].side_by_side);
    }

    #[test]
    fn samples_are_replaced_in_all_lines_of_an_expected_frame_and_nowhere_else() {
        let document =
            "<!-- wscat: x-1 is <x> -->\n```\n> {\n\"x-1\"\n}\n< {\n\"x-1\"\n}\n# x-1\n```\n";
        assert_eq!(
            texts(document),
            ["\n\n> {\n\"x-1\"\n}\n< {\n\"<x>\"\n}\n# x-1\n"]
        );
    }

    #[test]
    fn commands_may_be_alternatives() {
        let document =
            "<!-- wscat: one by one -->\n```\n# first\nwscat -c a\n# then\nwscat -c b\n```\n";
        assert_eq!(
            texts(document),
            [
                "\n\n# first\nwscat -c a\n# then\n",
                "\n\n\n\n\nwscat -c b\n"
            ]
        );
    }

    #[test]
    fn invalid_comments_are_rejected_at_their_line() {
        for (document, line, words) in [
            ("\n<!-- wscat: sideways -->\n```\n```\n", 2, "sideways"),
            (
                "<!-- wscat: goes on -->\n```\n```\n",
                1,
                "no transcript above",
            ),
            ("<!-- wscat -->\ntext\n", 1, "a fenced block"),
            ("<!-- wscat -->", 1, "a fenced block"),
        ] {
            let error = annotated(document).unwrap_err();
            assert_eq!(error.line, line, "{document}");
            assert!(error.message.contains(words), "{}", error.message);
        }
        assert_eq!(
            texts("<!-- wscatter -->\n<!-- other -->\ntext\n"),
            [] as [&str; 0]
        );
    }
}
