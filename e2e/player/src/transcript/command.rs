//! `wscat`'s command line: which options a transcript may use, and what they mean.
//!
//! Source: `wscat --help` and `bin/wscat` of the npm package wscat 6.1. `--show-headers` is not in that version; what it prints is ours.

use std::ops::Range;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};

use super::words::{Word, split};
use super::{Connect, Outcome, suggest};
use crate::duration;
use crate::pattern::{PatternError, Template};

/// An option of wscat.
struct Opt {
    short: Option<&'static str>,
    long: &'static str,
    meaning: Meaning,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Connect,
    Header,
    Origin,
    Auth,
    Subprotocol,
    Execute,
    Wait,
    Slash,
    ShowPings,
    ShowHeaders,
    /// Changes only what is shown or how certificates are looked at. Takes no argument.
    Nothing,
    /// wscat has it, transcripts do not have it yet.
    NotYet,
}

/// How long wscat waits after `-x` before it closes, if `-w` does not say.
const WAIT: Duration = Duration::from_secs(2);

const SUPPORTED: &str =
    "supported are -c, -H, -s, -o, -x, -w, -P, --slash, --show-headers, --auth and --no-color";

const fn opt(short: Option<&'static str>, long: &'static str, meaning: Meaning) -> Opt {
    Opt {
        short,
        long,
        meaning,
    }
}

const OPTIONS: [Opt; 23] = [
    opt(Some("-c"), "--connect", Meaning::Connect),
    opt(Some("-H"), "--header", Meaning::Header),
    opt(Some("-s"), "--subprotocol", Meaning::Subprotocol),
    opt(Some("-o"), "--origin", Meaning::Origin),
    opt(None, "--auth", Meaning::Auth),
    opt(None, "--no-color", Meaning::Nothing),
    opt(Some("-x"), "--execute", Meaning::Execute),
    opt(Some("-w"), "--wait", Meaning::Wait),
    opt(None, "--show-headers", Meaning::ShowHeaders),
    opt(Some("-P"), "--show-ping-pong", Meaning::ShowPings),
    opt(None, "--slash", Meaning::Slash),
    opt(Some("-l"), "--listen", Meaning::NotYet),
    opt(Some("-L"), "--location", Meaning::NotYet),
    opt(None, "--max-redirects", Meaning::NotYet),
    opt(Some("-n"), "--no-check", Meaning::NotYet),
    opt(Some("-p"), "--protocol", Meaning::NotYet),
    opt(None, "--proxy", Meaning::NotYet),
    opt(None, "--host", Meaning::NotYet),
    opt(None, "--ca", Meaning::NotYet),
    opt(None, "--cert", Meaning::NotYet),
    opt(None, "--key", Meaning::NotYet),
    opt(None, "--passphrase", Meaning::NotYet),
    opt(Some("-V"), "--version", Meaning::NotYet),
];

/// Reads a command line that stands at byte `start` of its line.
///
/// # Errors
///
/// Anything but wscat, options that wscat does not know or transcripts do not know yet, and arguments that make no sense.
pub(super) fn parse(
    text: &str,
    start: usize,
    is_captured: &impl Fn(&str) -> bool,
) -> Result<Connect, PatternError> {
    let words = split(text, start)?;
    let mut words = words.into_iter();
    let end = start + text.len();
    let mut program = words.next();
    if program.as_ref().is_some_and(|word| word.text == "npx") {
        program = words.next();
    }
    match program {
        Some(word) if word.text == "wscat" => {}
        Some(word) => {
            let message = format!("{} cannot be run here", word.text);
            return Err(PatternError::new(word.bytes, message)
                .help("the only command of a transcript is: wscat -c URL"));
        }
        None => {
            return Err(PatternError::new(end..end, "a command is missing here")
                .help("write: $ wscat -c URL"));
        }
    }
    let mut connect = Connect {
        url: String::new(),
        headers: Vec::new(),
        subprotocols: Vec::new(),
        execute: Vec::new(),
        wait: None,
        slash: false,
        shows_pings: false,
        shows_headers: false,
        headers_expected: Vec::new(),
        outcome: Outcome::Accepted,
    };
    let mut wait = None;
    while let Some(word) = words.next() {
        option(word, &mut words, &mut connect, &mut wait, is_captured)?;
    }
    match wait {
        Some((_, bytes)) if connect.execute.is_empty() => {
            return Err(PatternError::new(bytes, "wscat waits only after -x")
                .help("write -x TEXT too, or a line: pause 2 s"));
        }
        Some((wait, _)) => connect.wait = wait,
        None if connect.execute.is_empty() => {}
        None => connect.wait = Some(WAIT),
    }
    if connect.url.is_empty() {
        return Err(
            PatternError::new(end..end, "the address is missing").help("write: $ wscat -c URL")
        );
    }
    Ok(connect)
}

fn option(
    word: Word,
    words: &mut impl Iterator<Item = Word>,
    connect: &mut Connect,
    wait: &mut Option<(Option<Duration>, Range<usize>)>,
    is_captured: &impl Fn(&str) -> bool,
) -> Result<(), PatternError> {
    let (name, attached) = match word.text.split_once('=') {
        Some((name, value)) if name.starts_with("--") => (name, Some(value)),
        _ => (word.text.as_str(), None),
    };
    let Some(option) = OPTIONS
        .iter()
        .find(|option| option.short == Some(name) || option.long == name)
    else {
        return Err(unknown(&word, name));
    };
    match option.meaning {
        Meaning::Nothing => return Ok(()),
        Meaning::Slash => {
            connect.slash = true;
            return Ok(());
        }
        Meaning::ShowPings => {
            connect.shows_pings = true;
            return Ok(());
        }
        Meaning::ShowHeaders => {
            connect.shows_headers = true;
            return Ok(());
        }
        Meaning::NotYet => {
            let message = format!("{name} is not supported yet");
            return Err(PatternError::new(word.bytes, message).help(SUPPORTED));
        }
        _ => {}
    }
    let value = match attached {
        Some(value) => Word {
            text: value.to_owned(),
            bytes: word.bytes.clone(),
        },
        None => words.next().ok_or_else(|| {
            PatternError::new(word.bytes.clone(), format!("{name} needs a value"))
        })?,
    };
    match option.meaning {
        Meaning::Connect => connect.url = url(value)?,
        Meaning::Header => {
            let (name, text) = value.text.split_once(':').ok_or_else(|| {
                PatternError::new(value.bytes.clone(), "a header looks like \"name: value\"")
            })?;
            let name: HeaderName = name.trim().parse().map_err(|_| {
                let message = format!("\"{name}\" is no name of a header");
                PatternError::new(value.bytes.clone(), message)
            })?;
            connect
                .headers
                .push((name, header_value(text.trim(), &value.bytes)?));
        }
        Meaning::Origin => connect.headers.push((
            http::header::ORIGIN,
            header_value(&value.text, &value.bytes)?,
        )),
        Meaning::Auth => {
            let credentials = format!("Basic {}", base64(value.text.as_bytes()));
            connect.headers.push((
                http::header::AUTHORIZATION,
                header_value(&credentials, &value.bytes)?,
            ));
        }
        Meaning::Subprotocol => connect
            .subprotocols
            .push(header_value(&value.text, &value.bytes)?),
        Meaning::Execute => {
            let mut text = Template::sent(&value.text, 0, is_captured)?;
            text.stands_at(&value.bytes);
            connect.execute.push(text);
        }
        Meaning::Wait => *wait = Some((seconds(&value)?, value.bytes)),
        Meaning::Nothing
        | Meaning::NotYet
        | Meaning::Slash
        | Meaning::ShowPings
        | Meaning::ShowHeaders => {}
    }
    Ok(())
}

/// `-w 5`: seconds; -1 holds the connection open.
fn seconds(value: &Word) -> Result<Option<Duration>, PatternError> {
    if value.text == "-1" {
        return Ok(None);
    }
    duration::parse(&format!("{} s", value.text))
        .map(Some)
        .map_err(|_| {
            PatternError::new(
                value.bytes.clone(),
                "-w takes seconds, or -1 to hold the connection open",
            )
        })
}

fn unknown(word: &Word, name: &str) -> PatternError {
    let message = if name.starts_with('-') {
        format!("wscat has no option {name}")
    } else {
        format!("{name} stands here without an option")
    };
    let error = PatternError::new(word.bytes.clone(), message);
    let known = OPTIONS.iter().map(|option| option.long);
    match suggest::nearest(name, known) {
        Some(option) if name.starts_with("--") => error.help(format!("did you mean {option}?")),
        _ => error,
    }
}

/// wscat puts `ws://` before an address without a scheme.
fn url(word: Word) -> Result<String, PatternError> {
    let url = if word.text.contains("://") {
        word.text
    } else {
        format!("ws://{}", word.text)
    };
    let wrong = |message: &str| PatternError::new(word.bytes.clone(), message);
    let parsed: Uri = url
        .parse()
        .map_err(|_| wrong("this is no address; it should look like ws://127.0.0.1:3001/dev"))?;
    match parsed.scheme_str() {
        Some("ws" | "wss") if parsed.host().is_some_and(|host| !host.is_empty()) => Ok(url),
        Some("ws" | "wss") => Err(wrong("the address has no host")),
        _ => Err(wrong(
            "an address of a WebSocket begins with ws:// or wss://",
        )),
    }
}

fn header_value(text: &str, bytes: &Range<usize>) -> Result<HeaderValue, PatternError> {
    // As wscat, which sends headers in UTF-8.
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| PatternError::new(bytes.clone(), "a header cannot have this character"))
}

/// RFC 4648 §4, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .zip([16, 8, 0])
            .fold(0_u32, |word, (byte, shift)| {
                word | u32::from(*byte) << shift
            });
        for (index, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            text.push(if index <= chunk.len() {
                char::from(ALPHABET[(word >> shift & 63) as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests;
