//! The request of a `wscat` line, and the expected end of its handshake.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::Candidate;
use crate::pattern::Template;
use crate::source::Span;

/// How to connect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Connect {
    /// The address; [`crate::endpoint::Target`] may replace parts of it.
    pub url: Template,
    /// `-H name:value`, `-o origin`, in order.
    pub headers: Vec<(http::HeaderName, Template)>,
    /// `--auth user:password`
    pub auth: Option<Template>,
    /// `-s protocol`, in order.
    pub subprotocols: Vec<Template>,
    /// `-x text`, in order: sent as soon as the connection is open.
    pub execute: Vec<Template>,
    /// `-w seconds`, with `-x`: how long after that the connection is closed. `None` without `-x`, and for `-w -1`.
    pub wait: Option<Duration>,
    /// `--slash`: `> /ping`, `> /pong` and `> /close` are commands.
    pub slash: bool,
    /// `-P`: pings and pongs that arrive are shown, so lines must read them.
    pub shows_pings: bool,
    /// `--show-headers`: lines below may say what headers the response must have.
    pub shows_headers: bool,
    /// The headers that these lines expect.
    pub headers_expected: Vec<ExpectedHeader>,
    /// `-n`, `--ca`, `--cert`, `--key`
    pub tls: TlsOptions,
    /// `--proxy http://127.0.0.1:3128`
    pub proxy: Option<Template>,
    /// `-L`: how many redirects are followed; 0 without it.
    pub redirects: u8,
    /// How the handshake must end.
    pub outcome: Outcome,
}

/// Which certificates are trusted and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// `-n`: any certificate of the server is accepted.
    pub insecure: bool,
    /// `--ca`: a PEM file with certificates that are trusted instead of the system's.
    pub ca: Option<PathBuf>,
    /// `--cert`: a PEM file with the client's certificate.
    pub cert: Option<PathBuf>,
    /// `--key`: a PEM file with its private key.
    pub key: Option<PathBuf>,
}

impl TlsOptions {
    /// These options, completed by `others`.
    pub(crate) fn or(&self, others: &Self) -> Self {
        Self {
            insecure: self.insecure || others.insecure,
            ca: self.ca.clone().or_else(|| others.ca.clone()),
            cert: self.cert.clone().or_else(|| others.cert.clone()),
            key: self.key.clone().or_else(|| others.key.clone()),
        }
    }
}

/// `< Sec-WebSocket-Protocol: chat.v1` below `wscat … --show-headers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedHeader {
    /// The place of the line.
    pub span: Span,
    /// The header.
    pub name: http::HeaderName,
    /// Its value; `None` where the line says `<none>`: there must be no such header.
    pub value: Option<Template>,
}

/// How a handshake must end.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outcome {
    /// `Connected (press CTRL+C to quit)`, or no line at all.
    #[default]
    Accepted,
    /// `error: Unexpected server response: 401 | 500..599`
    Refused {
        /// The HTTP statuses.
        statuses: Vec<RangeInclusive<u16>>,
        /// The place of the line.
        span: Span,
        /// A `<` line below it: the body of the response.
        body: Option<Box<Candidate>>,
    },
    /// `error: connection refused`: there was no HTTP response, for this reason.
    Failed {
        /// The reason.
        reason: Template,
        /// The place of the line.
        span: Span,
    },
}
