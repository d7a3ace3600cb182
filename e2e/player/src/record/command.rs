//! What a line means that somebody typed while recording.

use crate::pattern::is_name;

/// Everything that can be typed.
pub(crate) const HELP: &str = "\
What you type is sent from the terminal whose name stands in front, and what arrives is shown.

/connect NAME        another terminal, which is connected and typed in from now on; the same
                     again after it was closed. wscat's options may follow: -H \"a: b\", -s protocol
/switch NAME         back to a terminal that is connected
/close               closes this terminal's connection
/send TEXT           sends text that begins with /, or nothing at all
/note TEXT           writes a comment into the transcript
/help                shows this
/quit                ends the recording, as Ctrl-C and Ctrl-D do; the file is written all the time

<bytes 00 ff> sends bytes, and <a * 8192> in a text stands for a long one, as in transcripts.";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// Nothing was typed.
    Nothing,
    /// `/connect NAME OPTIONS`
    Connect {
        /// The terminal; the one that is typed in if there is none.
        name: Option<&'a str>,
        /// wscat's, as they were typed.
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

/// Reads a line; the error says what is wrong with it.
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
        "switch" => Err("write which terminal: /switch NAME".to_owned()),
        "send" => Ok(Command::Send(rest)),
        "note" => Ok(Command::Note(argument)),
        "close" if argument.is_empty() => Ok(Command::Close),
        "help" if argument.is_empty() => Ok(Command::Help),
        "quit" if argument.is_empty() => Ok(Command::Quit),
        "close" | "help" | "quit" => Err(format!("/{word} stands alone")),
        _ => Err(format!(
            "there is no /{word}; /help shows what there is, and /send /{command} sends it"
        )),
    }
}

fn terminal(name: &str) -> Result<&str, String> {
    if is_name(name) {
        Ok(name)
    } else {
        Err(format!(
            "\"{name}\" cannot name a terminal: letters, digits, - and _ are allowed, a letter first"
        ))
    }
}

/// `text` as one word of a command.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_command_is_sent_as_it_is() {
        for line in ["oi", " oi ", "{\"a\": 1}", "exit", "[bob]"] {
            assert_eq!(parse(line), Ok(Command::Send(line)));
        }
        assert_eq!(parse("/send /x "), Ok(Command::Send("/x ")));
        assert_eq!(parse("/send"), Ok(Command::Send("")));
        assert_eq!(parse(" \r\n"), Ok(Command::Nothing));
    }

    #[test]
    fn a_connection_may_have_a_name_and_options() {
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
    fn what_makes_no_sense_is_answered_with_what_does() {
        for (line, words) in [
            ("/conect bob", "/help shows what there is"),
            ("/switch", "/switch NAME"),
            ("/connect 1a", "cannot name a terminal"),
            ("/quit now", "stands alone"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(words), "{line}: {error}");
        }
    }

    #[test]
    fn words_of_a_command_are_quoted_if_they_must_be() {
        assert_eq!(quoted("chat.v1"), "chat.v1");
        assert_eq!(quoted("a: \"b\""), "\"a: \\\"b\\\"\"");
        assert_eq!(quoted(""), "\"\"");
    }
}
