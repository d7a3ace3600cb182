//! `wscat`'s command line: which options a transcript may use, and what they mean.

mod options;
pub(crate) mod prompt;
mod sample;

use std::ops::Range;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue};

pub(crate) use self::options::short_option;

use self::options::{Flag, Meaning, OPTIONS, SUPPORTED, Setting};
use self::prompt::{assigned, is_wscat};
use super::words::{Word, split};
use super::{Connect, suggest};
use crate::duration;
use crate::endpoint::{Endpoint, incomplete_scheme};
use crate::pattern::{Captures, PatternError, Template};
use crate::proxy::Proxy;

/// How long wscat waits after `-x` before it closes, if `-w` does not say.
const WAIT: Duration = Duration::from_secs(2);

/// How many redirects `-L` follows if `--max-redirects` does not say.
const REDIRECTS: u8 = 10;

/// Reads a command line at byte `start` of its line.
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
        Some(word) if is_wscat(&word.text) => {}
        Some(word) => return Err(other_program(word)),
        None => {
            return Err(PatternError::new(end..end, "a command is missing here")
                .help("write: $ wscat -c URL"));
        }
    }
    // npm leaves the options behind it to wscat: `npm exec wscat -- -c URL`.
    let mut words = words.skip_while(|word| word.text == "--");
    let mut connect = Connect::default();
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

/// A command that begins with another word.
fn other_program(word: Word) -> PatternError {
    let help = match assigned(&word.text) {
        None => {
            let message = format!("{} cannot be run here", word.text);
            return PatternError::new(word.bytes, message).help(
                "the only command of a transcript is: wscat -c URL; a line that begins with # is a comment",
            );
        }
        Some("NODE_TLS_REJECT_UNAUTHORIZED") => {
            "to accept any certificate, write: $ wscat -n -c URL"
        }
        Some("NODE_EXTRA_CA_CERTS") => "to trust a certificate, write: $ wscat --ca FILE -c URL",
        Some(_) => "a line can use a variable such as <$name>; set it with --variable name=VALUE",
    };
    PatternError::new(word.bytes, "the environment cannot be changed here").help(help)
}

/// One option, with its value in `words`.
fn option(
    word: Word,
    words: &mut impl Iterator<Item = Word>,
    connect: &mut Connect,
    wait: &mut Option<(Option<Duration>, Range<usize>)>,
    is_captured: &impl Fn(&str) -> bool,
) -> Result<(), PatternError> {
    let (name, attached) = split_option(&word.text);
    let Some(option) = OPTIONS
        .iter()
        .find(|option| option.short == Some(name) || option.long == name)
    else {
        return Err(unknown(&word, name));
    };
    let setting = match option.meaning {
        Meaning::Flag(flag) => {
            set(flag, connect);
            let Some(more) = attached else {
                return Ok(());
            };
            // Several flags in one word.
            let more = Word {
                text: format!("-{more}"),
                bytes: word.bytes,
            };
            return self::option(more, words, connect, wait, is_captured);
        }
        Meaning::Setting(setting) => setting,
        Meaning::Unsupported => {
            let message = format!("{name} is not supported");
            return Err(PatternError::new(word.bytes, message).help(SUPPORTED));
        }
    };
    let value = match attached {
        Some(value) => Word {
            text: value.to_owned(),
            bytes: word.bytes.clone(),
        },
        None => words.next().ok_or_else(|| {
            PatternError::new(word.bytes.clone(), format!("{name} needs a value"))
        })?,
    };
    // What -x sends may be HTML.
    if !matches!(setting, Setting::Execute) {
        sample::rejected(&value, ('<', '>'), is_captured)?;
    }
    match setting {
        Setting::Connect => connect.url = url(value, is_captured)?,
        Setting::Header => {
            let (name, text) = value.text.split_once(':').ok_or_else(|| {
                PatternError::new(value.bytes.clone(), "a header looks like \"name: value\"")
            })?;
            let name: HeaderName = name.trim().parse().map_err(|_| {
                let message = format!("\"{name}\" is not a header name");
                PatternError::new(value.bytes.clone(), message)
            })?;
            connect
                .headers
                .push((name, header_value(text.trim(), &value.bytes, is_captured)?));
        }
        Setting::Origin | Setting::Host => {
            let name = match setting {
                Setting::Host => http::header::HOST,
                _ => http::header::ORIGIN,
            };
            let text = header_value(&value.text, &value.bytes, is_captured)?;
            connect.headers.push((name, text));
        }
        Setting::Auth => connect.auth = Some(template(&value, is_captured)?),
        Setting::Proxy => connect.proxy = Some(proxy(&value, is_captured)?),
        Setting::Ca => connect.tls.ca = Some(value.text.into()),
        Setting::Cert => connect.tls.cert = Some(value.text.into()),
        Setting::Key => connect.tls.key = Some(value.text.into()),
        Setting::MaxRedirects => {
            let max = value.text.parse().map_err(|_| {
                let message = "--max-redirects takes a number from 0 to 255";
                PatternError::new(value.bytes.clone(), message)
            })?;
            connect.redirects = max;
        }
        Setting::Subprotocol => {
            let protocol = header_value(&value.text, &value.bytes, is_captured)?;
            connect.subprotocols.push(protocol);
        }
        Setting::Execute => connect.execute.push(template(&value, is_captured)?),
        Setting::Wait => *wait = Some((seconds(&value)?, value.bytes)),
    }
    Ok(())
}

/// An option's name, and what is attached to it: `--wait=5`, `-w5`, `-nP`.
fn split_option(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
    }
    match word.split_at_checked(2) {
        Some((name, value)) if name.starts_with('-') && !value.is_empty() => (name, Some(value)),
        _ => (word, None),
    }
}

fn set(flag: Flag, connect: &mut Connect) {
    match flag {
        Flag::Slash => connect.slash = true,
        Flag::ShowPings => connect.shows_pings = true,
        Flag::ShowHeaders => connect.shows_headers = true,
        Flag::NoCheck => connect.tls.insecure = true,
        Flag::Location => connect.redirects = connect.redirects.max(REDIRECTS),
        Flag::NoColor => {}
    }
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
    if [">", ">>", "2>", "<", "|", "||", "&", "&&", ";"].contains(&name) {
        let message = format!("{name} is for a shell, and none runs this line");
        return PatternError::new(word.bytes.clone(), message)
            .help("remove it, and what follows it");
    }
    let message = if name.starts_with('-') {
        format!("wscat has no option {name}")
    } else {
        format!("{name} is not the value of an option")
    };
    let error = PatternError::new(word.bytes.clone(), message);
    let known = OPTIONS.iter().map(|option| option.long);
    match suggest::nearest(name, known) {
        Some(option) if name.starts_with("--") => error.help(format!("did you mean {option}?")),
        _ if word.text.starts_with("ws") && word.text.contains("://") => {
            error.help(format!("write: $ wscat -c {}", word.text))
        }
        _ => error.help(SUPPORTED),
    }
}

fn template(word: &Word, is_captured: &impl Fn(&str) -> bool) -> Result<Template, PatternError> {
    let mut text = Template::sent(&word.text, 0, is_captured)?;
    text.stands_at(&word.bytes);
    Ok(text)
}

/// wscat puts `ws://` before an address without a scheme. An address with placeholders is checked when it is used.
fn url(word: Word, is_captured: &impl Fn(&str) -> bool) -> Result<Template, PatternError> {
    let Word { text, bytes } = word;
    if text.starts_with("ws+unix:") {
        return Err(PatternError::new(
            bytes,
            "only servers that listen on TCP are supported",
        ));
    }
    let has_scheme = text.contains("://") || incomplete_scheme(&text).is_some();
    let text = if has_scheme || text.starts_with("<$") {
        text
    } else {
        format!("ws://{text}")
    };
    let url = Word { text, bytes };
    let template = template(&url, is_captured)?;
    if let Some(text) = template.only_text(&Captures::default())
        && let Err(error) = text.parse::<Endpoint>()
    {
        sample::rejected(&url, ('{', '}'), is_captured)?;
        return Err(PatternError::new(url.bytes, error.reason()));
    }
    Ok(template)
}

/// An address with placeholders is checked when it is used.
fn proxy(word: &Word, is_captured: &impl Fn(&str) -> bool) -> Result<Template, PatternError> {
    let template = template(word, is_captured)?;
    if let Some(text) = template.only_text(&Captures::default()) {
        text.parse::<Proxy>()
            .map_err(|error| PatternError::new(word.bytes.clone(), error.to_string()))?;
    }
    Ok(template)
}

fn header_value(
    text: &str,
    bytes: &Range<usize>,
    is_captured: &impl Fn(&str) -> bool,
) -> Result<Template, PatternError> {
    // As wscat, which sends headers in UTF-8.
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| PatternError::new(bytes.clone(), "a header cannot contain this character"))?;
    let mut value = Template::sent(text, 0, is_captured)?;
    value.stands_at(bytes);
    Ok(value)
}

/// The value of the header `Authorization` for `user:password` (RFC 7617).
pub(crate) fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

#[cfg(test)]
mod tests;
