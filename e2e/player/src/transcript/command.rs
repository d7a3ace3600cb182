//! `wscat`'s command line: which options a transcript may use, and what they mean.

mod options;
pub(crate) mod prompt;
mod sample;

use std::ops::Range;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{HOST, ORIGIN};
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
        Some(word) => return Err(other_program(word, words)),
        None => {
            return Err(PatternError::new(end..end, "a command is missing here")
                .help("write: $ wscat -c URL"));
        }
    }
    // npm leaves the options behind it to wscat: `npm exec wscat -- -c URL`.
    let mut words = words.skip_while(|word| word.text == "--");
    let mut reading = Reading {
        connect: Connect::default(),
        wait: None,
        is_captured,
    };
    while let Some(word) = words.next() {
        reading.option(word, &mut words)?;
    }
    reading.end(end)
}

/// A command that begins with another word.
fn other_program(word: Word, mut rest: impl Iterator<Item = Word>) -> PatternError {
    let help = match assigned(&word.text) {
        None => {
            let message = format!("{} cannot be run here", word.text);
            let error = PatternError::new(word.bytes, message);
            let is_address =
                |word: &Word| word.text.starts_with("ws://") || word.text.starts_with("wss://");
            return match rest.find(is_address) {
                Some(address) => error.help(format!(
                    "to connect, write: $ wscat -c {}; what is sent begins with >, and what arrives with <",
                    address.text
                )),
                None => error.help(
                    "the only command of a transcript is: wscat -c URL; a line that begins with # is a comment",
                ),
            };
        }
        Some("NODE_TLS_REJECT_UNAUTHORIZED") => {
            "to accept any certificate, write: $ wscat -n -c URL"
        }
        Some("NODE_EXTRA_CA_CERTS") => "to trust a certificate, write: $ wscat --ca FILE -c URL",
        Some(_) => "a line can use a variable such as <$name>; set it with --variable name=VALUE",
    };
    PatternError::new(word.bytes, "the environment cannot be changed here").help(help)
}

/// A command, as far as it has been read.
struct Reading<'a, F> {
    connect: Connect,
    /// `-w`, and its place.
    wait: Option<(Option<Duration>, Range<usize>)>,
    is_captured: &'a F,
}

impl<F: Fn(&str) -> bool> Reading<'_, F> {
    /// One option, with its value in `words`.
    fn option(
        &mut self,
        word: Word,
        words: &mut impl Iterator<Item = Word>,
    ) -> Result<(), PatternError> {
        let (name, attached) = split_option(&word.text);
        let option = OPTIONS
            .iter()
            .find(|option| option.short == Some(name) || option.long == name);
        match option.map(|option| option.meaning) {
            None => Err(unknown(&word, name)),
            Some(Meaning::Unsupported) => {
                let message = format!("{name} is not supported");
                Err(PatternError::new(word.bytes, message).help(SUPPORTED))
            }
            Some(Meaning::Flag(flag)) => {
                set(flag, &mut self.connect);
                let Some(more) = attached else {
                    return Ok(());
                };
                // Several flags in one word.
                let (text, bytes) = (format!("-{more}"), word.bytes);
                self.option(Word { text, bytes }, words)
            }
            Some(Meaning::Setting(setting)) => {
                let value = match attached {
                    Some(value) => Some(Word {
                        text: value.to_owned(),
                        bytes: word.bytes.clone(),
                    }),
                    None => words.next(),
                };
                let missing =
                    || PatternError::new(word.bytes.clone(), format!("{name} needs a value"));
                self.setting(setting, value.ok_or_else(missing)?)
            }
        }
    }

    fn setting(&mut self, setting: Setting, value: Word) -> Result<(), PatternError> {
        // What -x sends may be HTML.
        if !matches!(setting, Setting::Execute) {
            sample::rejected(&value, ('<', '>'), self.is_captured)?;
        }
        match setting {
            Setting::Connect => self.connect.url = self.url(value)?,
            Setting::Header => self.header(&value)?,
            Setting::Origin => self.header_of(ORIGIN, &value.text, &value)?,
            Setting::Host => self.header_of(HOST, &value.text, &value)?,
            Setting::Auth => self.connect.auth = Some(self.template(&value)?),
            Setting::Proxy => self.connect.proxy = Some(self.proxy(&value)?),
            Setting::Ca => self.connect.tls.ca = Some(value.text.into()),
            Setting::Cert => self.connect.tls.cert = Some(value.text.into()),
            Setting::Key => self.connect.tls.key = Some(value.text.into()),
            Setting::MaxRedirects => {
                let message = "--max-redirects takes a number from 0 to 255";
                let max = value.text.parse();
                self.connect.redirects =
                    max.map_err(|_| PatternError::new(value.bytes, message))?;
            }
            Setting::Subprotocol => {
                let protocol = self.header_value(&value.text, &value)?;
                self.connect.subprotocols.push(protocol);
            }
            Setting::Execute => self.connect.execute.push(self.template(&value)?),
            Setting::Wait => self.wait = Some((seconds(&value)?, value.bytes)),
        }
        Ok(())
    }

    /// `-H "name: value"`
    fn header(&mut self, written: &Word) -> Result<(), PatternError> {
        let invalid = |message| PatternError::new(written.bytes.clone(), message);
        let (name, value) = written
            .text
            .split_once(':')
            .ok_or_else(|| invalid("a header looks like \"name: value\"".to_owned()))?;
        let parsed = name.trim().parse();
        let parsed = parsed.map_err(|_| invalid(format!("\"{name}\" is not a header name")))?;
        self.header_of(parsed, value.trim(), written)
    }

    /// Adds a header, whose value is `text` in `word`.
    fn header_of(&mut self, name: HeaderName, text: &str, word: &Word) -> Result<(), PatternError> {
        let value = self.header_value(text, word)?;
        self.connect.headers.push((name, value));
        Ok(())
    }

    fn header_value(&self, text: &str, word: &Word) -> Result<Template, PatternError> {
        // As wscat, which sends headers in UTF-8.
        HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
            let message = "a header cannot contain this character";
            PatternError::new(word.bytes.clone(), message)
        })?;
        let mut value = Template::sent(text, 0, self.is_captured)?;
        value.stands_at(&word.bytes);
        Ok(value)
    }

    fn template(&self, word: &Word) -> Result<Template, PatternError> {
        let mut text = Template::sent(&word.text, 0, self.is_captured)?;
        text.stands_at(&word.bytes);
        Ok(text)
    }

    /// wscat puts `ws://` before an address without a scheme. An address with placeholders is checked when it is used.
    fn url(&self, Word { text, bytes }: Word) -> Result<Template, PatternError> {
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
        let template = self.template(&url)?;
        if let Some(text) = template.only_text(&Captures::default())
            && let Err(error) = text.parse::<Endpoint>()
        {
            sample::rejected(&url, ('{', '}'), self.is_captured)?;
            return Err(PatternError::new(url.bytes, error.reason()));
        }
        Ok(template)
    }

    /// An address with placeholders is checked when it is used.
    fn proxy(&self, word: &Word) -> Result<Template, PatternError> {
        let template = self.template(word)?;
        if let Some(text) = template.only_text(&Captures::default()) {
            text.parse::<Proxy>()
                .map_err(|error| PatternError::new(word.bytes.clone(), error.to_string()))?;
        }
        Ok(template)
    }

    /// The whole command, which ends at byte `end` of its line.
    fn end(self, end: usize) -> Result<Connect, PatternError> {
        let mut connect = self.connect;
        match self.wait {
            Some((_, bytes)) if connect.execute.is_empty() => {
                return Err(PatternError::new(bytes, "wscat waits only after -x")
                    .help("write -x TEXT too, or a line: pause 2 s"));
            }
            Some((wait, _)) => connect.wait = wait,
            None if connect.execute.is_empty() => {}
            None => connect.wait = Some(WAIT),
        }
        if connect.url.is_empty() {
            let error = PatternError::new(end..end, "the address is missing");
            return Err(error.help("write: $ wscat -c URL"));
        }
        Ok(connect)
    }
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

/// The value of the header `Authorization` for `user:password` (RFC 7617).
pub(crate) fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

#[cfg(test)]
mod tests;
