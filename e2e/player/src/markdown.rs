//! Transcripts in Markdown documents: fenced blocks whose language is `wscat`, or that have a comment above them. Lines keep their
//! numbers, so that messages point into the document.

mod annotated;

pub use annotated::{Annotated, AnnotationError, annotated};

/// The language of a block that is a transcript.
const LANGUAGE: &str = "wscat";

/// A block of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of the fence, counted from 1.
    pub line: usize,
    /// The block, after as many empty lines as the document has lines before it.
    pub text: String,
}

/// The transcripts in `document`.
///
/// A fence is three or more backticks or tildes, and is closed by as many or more (`CommonMark` §4.5). A fence without an
/// end continues to the end of the document.
pub fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Fence<'_>> = None;
    for (number, line) in (1..).zip(document.lines()) {
        match (&open, Fence::at(line)) {
            (None, Some(fence)) => {
                if fence.info == LANGUAGE {
                    blocks.push(Block {
                        line: number,
                        text: "\n".repeat(number),
                    });
                }
                open = Some(fence);
            }
            (Some(opened), Some(fence)) if fence.closes(opened) => open = None,
            (Some(opened), _) if opened.info == LANGUAGE => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            _ => {}
        }
    }
    blocks
}

/// A line of backticks or tildes with its info string.
struct Fence<'a> {
    mark: char,
    length: usize,
    /// The first word of the info string.
    info: &'a str,
    /// Whether there is no info string.
    bare: bool,
}

impl<'a> Fence<'a> {
    fn at(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = line.trim_start_matches(mark);
        let length = line.len() - info.len();
        // Inline code is not a fence.
        let is_fence = length >= 3 && !(mark == '`' && info.contains('`'));
        is_fence.then(|| Self {
            mark,
            length,
            info: info.split_whitespace().next().unwrap_or_default(),
            bare: info.is_empty(),
        })
    }

    fn closes(&self, opened: &Self) -> bool {
        self.bare && self.mark == opened.mark && self.length >= opened.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(document: &str) -> Vec<(usize, String)> {
        blocks(document)
            .into_iter()
            .map(|block| (block.line, block.text))
            .collect()
    }

    #[test]
    fn only_wscat_blocks_are_transcripts_and_lines_keep_their_numbers() {
        let document = "# A\n```sh\nls\n```\n```wscat\n$ a\n> b\n```\nc\n~~~~ wscat x\n~~~\n~~~~\n";
        assert_eq!(
            found(document),
            [
                (5, "\n\n\n\n\n$ a\n> b\n".to_owned()),
                (10, format!("{}~~~\n", "\n".repeat(10)))
            ]
        );
    }

    #[test]
    fn an_indented_block_is_one_too() {
        assert_eq!(found("1. a\n   ```wscat\n   > b\n   ```\n").len(), 1);
    }

    #[test]
    fn a_block_inside_another_is_text() {
        assert_eq!(found("````md\n```wscat\n> b\n```\n````\n"), []);
    }

    #[test]
    fn a_block_without_an_end_goes_on_to_the_end() {
        assert_eq!(found("```wscat\n> b"), [(1, "\n> b\n".to_owned())]);
    }
}
