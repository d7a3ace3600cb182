//! Finds the command in a line: after the prompt of a shell, and after a program that runs packages.

/// Words that may precede `wscat` in a command.
const RUNNERS: [&str; 9] = [
    "npx", "npm", "pnpm", "yarn", "bunx", "exec", "dlx", "sudo", "--",
];

/// The command in `line` and its place, such as `wscat -c URL` in `ana@host:~/chat$ npx -y wscat@6 -c URL`. Prompts differ, so any text
/// is one.
pub(crate) fn command(line: &str) -> Option<(&str, usize)> {
    let at = line.match_indices("wscat").find_map(|(at, _)| {
        let begin = line[..at].trim_end_matches(|c: char| !c.is_whitespace());
        let word = line[begin.len()..].split_whitespace().next();
        word.is_some_and(is_wscat).then_some(begin.len())
    })?;
    let (before, command) = line.split_at(at);
    // The options may begin on the next line.
    let mut words = command.split_whitespace().skip(1);
    let has_option = words
        .next()
        .is_some_and(|word| word.starts_with(['-', '\\']));
    if !before.trim().is_empty() && !has_option {
        return None;
    }
    // The output of another command, or a variable of the environment, would be lost.
    let before: Vec<_> = before.split_whitespace().collect();
    let runs = |word: &&str| RUNNERS.contains(word) || word.starts_with('-');
    let last = before.iter().rfind(|word| !runs(word));
    if before.contains(&"|") || last.is_some_and(|last| assigned(last).is_some()) {
        return None;
    }
    Some((command, at))
}

/// Whether `line` installs `wscat`, as documents show above a session: `$ npm install -g wscat`.
pub(crate) fn installs(line: &str) -> bool {
    const MANAGERS: [&str; 5] = ["npm", "pnpm", "yarn", "bun", "brew"];
    const COMMANDS: [&str; 3] = ["install", "i", "add"];
    let words: Vec<_> = line.split_whitespace().collect();
    let contains = |known: &[&str]| words.iter().any(|word| known.contains(word));
    contains(&MANAGERS) && contains(&COMMANDS) && words.last().is_some_and(|word| is_wscat(word))
}

/// `wscat`, perhaps with its directory or a version.
pub(super) fn is_wscat(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    (name == "wscat" || name.starts_with("wscat@")) && !word.contains("://")
}

/// The command in `line`, a line that begins with the prompt of a `wscat` which Ctrl-C has ended: `> ana@host:~/chat$ wscat -c URL`.
pub(crate) fn command_after_left(line: &str) -> Option<(&str, usize)> {
    let rest = line.strip_prefix("> ")?;
    let (command, at) = command(rest)?;
    let is_left = !rest[..at].trim().is_empty() && is_shell(&rest[..at]);
    is_left.then_some((command, at + 2))
}

/// What Ctrl-C leaves of `wscat`: its prompt, and behind it that of the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// A whole prompt such as `> ana@host:~/chat$`.
    Certain,
    /// `>` or `> $`, which may also be a message.
    Possible,
}

impl Left {
    /// What `line` may be.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let shell = line.trim().strip_prefix('>')?.trim();
        match shell.chars().count() {
            0 => Some(Self::Possible),
            _ if !is_shell(shell) => None,
            // One character, or a path, as in `> /app #`.
            1 => Some(Self::Possible),
            _ if shell.starts_with('/') => Some(Self::Possible),
            _ => Some(Self::Certain),
        }
    }
}

/// Whether `text` is certainly the prompt of a shell, or Ctrl-C as a terminal shows it.
pub(crate) fn is_shell(text: &str) -> bool {
    let text = text.trim();
    if text == "^C" || is_above_prompt(text) {
        return true;
    }
    let text = text.trim_end_matches("^C").trim_end();
    let Some(last) = text.chars().next_back().filter(|c| "$%#>❯✗➜".contains(*c)) else {
        return false;
    };
    let is_alone = text.len() == last.len_utf8();
    // JSON and XML, in which addresses stand too.
    let is_markup = text.contains(['<', '{', '"']);
    is_alone
        || (!is_markup && (text.contains(['@', '~', '❯', '➜']) || text.contains(":\\")))
        || is_path_prompt(text)
}

/// Whether `text` is the prompt of Alpine's shell, such as `/app #`.
fn is_path_prompt(text: &str) -> bool {
    text.strip_suffix(" #")
        .is_some_and(|path| path.starts_with('/') && !path.contains(char::is_whitespace))
}

/// Whether `text` is the first line of a prompt of two lines, such as Kali's `┌──(ana㉿kali)-[~/chat]`.
fn is_above_prompt(text: &str) -> bool {
    text.starts_with(['┌', '╭']) && text.contains(['@', '~', '㉿'])
}

/// The variable that `NAME=VALUE` assigns.
pub(super) fn assigned(word: &str) -> Option<&str> {
    let (name, _) = word.split_once('=')?;
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    is_name(name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_prompt_and_runner_may_precede_the_command() {
        for before in [
            "",
            "$ ",
            "% ",
            "ana@host:~/chat$ ",
            "[ana@host chat]$ ",
            "➜  chat git:(main) ✗ ",
            "PS C:\\chat> ",
            "$ npx ",
            "$ npx -y ",
            "$ npm exec -- ",
            "pnpm dlx ",
            "└─$ ",
        ] {
            let line = format!("{before}wscat -c ws://a");
            let found = command(&line);
            assert_eq!(found, Some(("wscat -c ws://a", before.len())), "{line}");
        }
        assert_eq!(command("npx wscat@6 -c a"), Some(("wscat@6 -c a", 4)));
        let with_path = "node_modules/.bin/wscat -c a";
        assert_eq!(command(&format!("$ {with_path}")), Some((with_path, 2)));
    }

    #[test]
    fn what_ctrl_c_leaves_is_not_a_message() {
        for (line, left) in [
            (">", Some(Left::Possible)),
            ("> $", Some(Left::Possible)),
            ("> $ ^C", Some(Left::Certain)),
            ("> ^C", Some(Left::Certain)),
            ("> ana@host:~/chat$ ", Some(Left::Certain)),
            ("> [ana@host chat]#", Some(Left::Certain)),
            ("> ➜  chat git:(main) ✗", Some(Left::Certain)),
            ("> C:\\chat>", Some(Left::Certain)),
            ("> ┌──(root㉿kali)-[/srv]", Some(Left::Certain)),
            ("> ┌──┬──┐", None),
            ("> /app #", Some(Left::Possible)),
            ("> /join ana #", None),
            ("> 5$", None),
            ("> <b>", None),
            ("> #1", None),
            ("> @ana", None),
            ("> ~ 5", None),
            ("> <message to='ana@host'/>", None),
            ("< $", None),
        ] {
            assert_eq!(Left::of(line), left, "{line}");
        }
        let command = "wscat -c ws://a";
        let found = |line: &str| command_after_left(line).map(|(_, at)| at);
        assert_eq!(found(&format!("> ana@host:~$ {command}")), Some(14));
        assert_eq!(found(&format!("> run {command}")), None);
        assert_eq!(found(&format!("> {command}")), None);
    }

    #[test]
    fn lines_that_install_wscat_are_known() {
        for line in [
            "npm install -g wscat",
            "$ sudo npm i -g wscat@6",
            "% yarn global add wscat",
        ] {
            assert!(installs(line), "{line}");
        }
        for line in [
            "npx wscat",
            "npm install ws",
            "to install wscat",
            "npm install wscat && ls",
        ] {
            assert!(!installs(line), "{line}");
        }
    }

    #[test]
    fn other_lines_are_not_commands() {
        for line in [
            "curl ws://a",
            "https://www.npmjs.com/package/wscat",
            "the output of wscat follows",
            "$ echo a | wscat -c ws://a",
            "$ NODE_EXTRA_CA_CERTS=ca.pem wscat -c ws://a",
            "$ A=1 npx wscat -c ws://a",
        ] {
            assert_eq!(command(line), None, "{line}");
        }
    }
}
