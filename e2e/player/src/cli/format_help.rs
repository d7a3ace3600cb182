//! `papagaio help format`: the whole format, without the repository.

use std::io::Write;

use anyhow::Result;

/// The page, which is Markdown.
const PAGE: &str = include_str!("../../FORMAT.md");

/// The page as the command's own help.
pub(super) fn about() -> String {
    unwrapped(PAGE)
}

/// Prints the page.
pub(super) fn run(out: &mut impl Write) -> Result<u8> {
    out.write_all(PAGE.as_bytes())?;
    Ok(0)
}

/// `page` with each paragraph on one line, and each row of a table as an item, so that the width of the terminal decides where lines
/// break. Code stays as it is.
fn unwrapped(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut fence: Option<&str> = None;
    let mut in_paragraph = false;
    for line in page.lines().filter(|line| !line.starts_with("|---")) {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        let is_fence = match fence {
            Some(open) => line == open,
            None => ticks.len() >= 3,
        };
        if is_fence {
            fence = if fence.is_some() { None } else { Some(ticks) };
        }
        let is_prose = fence.is_none()
            && !is_fence
            && line.starts_with(|c: char| !c.is_whitespace() && !"#|-".contains(c));
        if is_prose && in_paragraph {
            text.push(' ');
        } else if !text.is_empty() {
            text.push('\n');
        }
        in_paragraph = is_prose;
        match row(line).filter(|_| fence.is_none()) {
            Some(row) => text.push_str(&row),
            None => text.push_str(line),
        }
    }
    text
}

/// `| first | second |` as an item of a list.
fn row(line: &str) -> Option<String> {
    let inside = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let (first, second) = inside.split_once(" | ")?;
    Some(format!("- {first}: {second}").replace("\\|", "|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_joined_and_code_is_not() {
        let page = "# A\n\none\ntwo\n\n```wscat\n> a\n> b\n```\nthree\nfour\n\n| a | b |\n|---|---|\n| `x` | y |\n";
        assert_eq!(
            unwrapped(page),
            "# A\n\none two\n\n```wscat\n> a\n> b\n```\nthree four\n\n- a: b\n- `x`: y"
        );
    }

    #[test]
    fn every_example_of_the_page_stays() {
        let text = unwrapped(PAGE);
        let code = |text: &str| text.matches("\n$ wscat -c ws").count();
        assert_eq!(code(&text), code(PAGE));
        assert!(
            text.contains("\n````markdown\n<!-- wscat: user1-abc123 is <user-1> -->\n```bash\n")
        );
    }
}
