//! Parses lines that are typed while recording.

use crate::pattern::{NAME_RULE, is_name};

/// All commands, for `/help`.
pub(crate) const HELP: &str = "\
What you type is sent from the terminal that the prompt names, and what arrives is shown.

/connect NAME        opens another terminal and switches to it, or reopens a closed one;
                     wscat's options may follow: -H \"a: b\", -s protocol
/switch NAME         switches to a connected terminal
/close               closes this terminal's connection
/send TEXT           sends text that begins with /, or nothing at all
/note TEXT           writes a comment into the transcript
/help                shows this help
/quit                ends the recording, as Ctrl-C and Ctrl-D do; the file is always up to date

<bytes 00 ff> sends bytes, and <a * 8192> in a text makes a long one, as in transcripts.";

/// A parsed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// An empty line.
    Nothing,
    /// `/connect NAME OPTIONS`
    Connect {
        /// The terminal; the current one if there is none.
        name: Option<&'a str>,
        /// Options of wscat, as typed.
        options: &'a str,
    },
    /// `/switch NAME`
    Switch(&'a str),
    /// `/close`
    Close,
    /// Anything else, and `/send TEXT`.
    Send(&'a str),
    /// `/note TEXT`
    Note(&'a str),
    /// `/help`
    Help,
    /// `/quit`
    Quit,
}

/// Parses a line; the error is a message for the user.
pub(super) fn parse(line: &str) -> Result<Command<'_>, String> {
    let line = line.trim_end_matches(['\r', '\n']);
    let Some(command) = line.strip_prefix('/') else {
        return Ok(match line.trim() {
            "" => Command::Nothing,
            _ => Command::Send(line),
        });
    };
    let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
    let argument = rest.trim();
    match word {
        "connect" => {
            let (name, options) = argument.split_once(' ').unwrap_or((argument, ""));
            let (name, options) = match name {
                "" => (None, ""),
                name if name.starts_with('-') => (None, argument),
                name => (Some(terminal(name)?), options.trim()),
            };
            Ok(Command::Connect { name, options })
        }
        "switch" if !argument.is_empty() => Ok(Command::Switch(terminal(argument)?)),
        "switch" => Err("a name is missing; write: /switch NAME".to_owned()),
        "send" => Ok(Command::Send(rest)),
        "note" => Ok(Command::Note(argument)),
        "close" if argument.is_empty() => Ok(Command::Close),
        "help" if argument.is_empty() => Ok(Command::Help),
        "quit" if argument.is_empty() => Ok(Command::Quit),
        "close" | "help" | "quit" => Err(format!("/{word} takes no argument")),
        _ => Err(format!(
            "unknown command /{word}; /help lists the commands, and /send /{command} sends it"
        )),
    }
}

fn terminal(name: &str) -> Result<&str, String> {
    if is_name(name) {
        Ok(name)
    } else {
        Err(format!("\"{name}\" cannot name a terminal: {NAME_RULE}"))
    }
}

/// `text`, quoted as one word of a command.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        // A `$` after `<` begins a variable of the transcript.
        let is_special = matches!(c, '\\' | '"' | '`') || (c == '$' && !quoted.ends_with('<'));
        if is_special {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_are_sent_unchanged() {
        for line in ["oi", " oi ", "{\"a\": 1}", "exit", "[bob]"] {
            assert_eq!(parse(line), Ok(Command::Send(line)));
        }
        assert_eq!(parse("/send /x "), Ok(Command::Send("/x ")));
        assert_eq!(parse("/send"), Ok(Command::Send("")));
        assert_eq!(parse(" \r\n"), Ok(Command::Nothing));
    }

    #[test]
    fn connect_takes_a_name_and_options() {
        let connect = |name, options| Ok(Command::Connect { name, options });
        assert_eq!(parse("/connect"), connect(None, ""));
        assert_eq!(parse("/connect bob"), connect(Some("bob"), ""));
        assert_eq!(
            parse("/connect bob  -H \"a: b\""),
            connect(Some("bob"), "-H \"a: b\"")
        );
        assert_eq!(parse("/connect -s x"), connect(None, "-s x"));
    }

    #[test]
    fn invalid_commands_are_answered_with_a_remedy() {
        for (line, words) in [
            ("/conect bob", "/help lists the commands"),
            ("/switch", "/switch NAME"),
            ("/connect 1a", "cannot name a terminal"),
            ("/quit now", "takes no argument"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(words), "{line}: {error}");
        }
    }

    #[test]
    fn words_are_quoted_where_necessary() {
        assert_eq!(quoted("chat.v1"), "chat.v1");
        assert_eq!(quoted("a: \"b\""), "\"a: \\\"b\\\"\"");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("pa$word `<$token>"), "\"pa\\$word \\`<$token>\"");
    }
}
