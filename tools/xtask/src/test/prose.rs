//! Checks what people read: that relative links lead to files, and that the wording avoids the phrases which
//! CONTRIBUTING.md warns about.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Phrases with a plainer equivalent. Short on purpose: a reviewer judges style, this only catches relapses.
const PHRASES: [&str; 5] = [
    "whoever",
    "anew",
    "of one's own",
    "is no json",
    "comes to rest",
];

/// Files that quote the phrases.
const EXEMPT: [&str; 2] = ["CONTRIBUTING.md", "tools/xtask/src/test/prose.rs"];

/// # Errors
/// When a tracked file contains such a phrase or a broken link; the error lists all of them.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let patterns = ["*.md", "*.rs", "*.toml", "*.yaml", "*.yml"];
    let mut git = workspace.command("git");
    git.args(["ls-files", "-z", "--"]).args(patterns);
    let mut findings = Vec::new();
    for name in process::output(&mut git)?
        .split('\0')
        .filter(|name| !name.is_empty())
    {
        let file = workspace.root().join(name);
        // Deleted but not yet committed.
        if !file.exists() {
            continue;
        }
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let exempt = EXEMPT.contains(&name);
        for (index, line) in text.lines().enumerate() {
            let position = format!("{name}:{}", index + 1);
            if let Some(phrase) = phrase(line).filter(|_| !exempt) {
                findings.push(format!("{position}: reword \"{phrase}\""));
            }
            if Path::new(name).extension().is_some_and(|it| it == "md") {
                let folder = file.parent().unwrap_or(workspace.root());
                let broken = links(line).filter(|link| !folder.join(link).exists());
                findings.extend(broken.map(|link| format!("{position}: no file {link}")));
            }
        }
    }
    if !findings.is_empty() {
        bail!("{} findings:\n{}", findings.len(), findings.join("\n"));
    }
    Ok(())
}

/// The first phrase that stands in the line as whole words.
fn phrase(line: &str) -> Option<&'static str> {
    let line = line.to_lowercase();
    PHRASES.into_iter().find(|phrase| {
        line.match_indices(phrase).any(|(start, _)| {
            let before = line[..start].chars().next_back();
            let after = line[start + phrase.len()..].chars().next();
            ![before, after]
                .into_iter()
                .flatten()
                .any(char::is_alphanumeric)
        })
    })
}

/// The targets of Markdown links to files of this repository, without their anchors.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':') && !target.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::{links, phrase};

    #[test]
    fn phrases_are_found_as_whole_words_in_any_case() {
        assert_eq!(phrase("/// Whoever passes the time"), Some("whoever"));
        assert_eq!(phrase("a room of one's own."), Some("of one's own"));
        assert_eq!(phrase("the canewicker's janew"), None);
        assert_eq!(phrase("clients fetch what they missed"), None);
    }

    #[test]
    fn only_links_to_files_are_checked() {
        let line = "[a](docs/a.md#part), [b](https://example.com), ![c](c.png) and [d](#below)";
        assert_eq!(links(line).collect::<Vec<_>>(), ["docs/a.md", "c.png"]);
    }

    #[test]
    fn a_link_that_is_cut_off_is_ignored() {
        assert_eq!(links("[a](docs/a.md").count(), 0);
    }
}
