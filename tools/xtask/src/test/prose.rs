//! Checks what people read: that links and paths in documents lead to files, and that the wording avoids the phrases which
//! CONTRIBUTING.md warns about.

use std::collections::BTreeSet;
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

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let patterns = ["*.md", "*.rs", "*.toml", "*.yaml", "*.yml"];
    let mut git = workspace.command("git");
    git.args(["ls-files", "-z", "--"]).args(patterns);
    let mut findings = Vec::new();
    let names = process::output(&mut git)?;
    let names: Vec<&str> = names.split_terminator('\0').collect();
    let folders: BTreeSet<&str> = names
        .iter()
        .filter_map(|name| Some(name.split_once('/')?.0))
        .collect();
    for name in names {
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
                let gone = paths(line, &folders).filter(|path| {
                    ![workspace.root(), folder]
                        .iter()
                        .any(|it| it.join(path).exists())
                });
                let missing = broken.chain(gone);
                findings.extend(missing.map(|path| format!("{position}: no file {path}")));
            }
        }
    }
    if !findings.is_empty() {
        let noun = if findings.len() == 1 {
            "finding"
        } else {
            "findings"
        };
        bail!("{} {noun}:\n{}", findings.len(), findings.join("\n"));
    }
    Ok(())
}

/// The first phrase that the line contains as whole words.
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

/// The code spans that are a path below one of `folders`, the directories at the root of the repository.
fn paths<'a>(line: &'a str, folders: &BTreeSet<&str>) -> impl Iterator<Item = &'a str> {
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter(|span| {
        let below = span.split_once('/');
        let is_pattern = span.contains(|c: char| c.is_whitespace() || "*<>{}$…".contains(c));
        below.is_some_and(|(first, _)| folders.contains(first)) && !is_pattern
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{links, paths, phrase};

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
    fn only_paths_below_a_directory_of_the_repository_are_checked() {
        let folders = BTreeSet::from(["app", "docs"]);
        let line = "`app/src/i18n/`, `app` and `docs/a.md`, but not `target/debug/app`, `app/*.rs`, `app/b x` or app/c";
        let found: Vec<_> = paths(line, &folders).collect();
        assert_eq!(found, ["app/src/i18n/", "docs/a.md"]);
    }

    #[test]
    fn a_link_that_is_cut_off_is_ignored() {
        assert_eq!(links("[a](docs/a.md").count(), 0);
    }
}
