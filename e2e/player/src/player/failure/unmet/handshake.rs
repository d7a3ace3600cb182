//! The reason why a handshake failed.

use std::ops::RangeInclusive;

use http::header::{CONNECTION, LOCATION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{HeaderMap, HeaderName};

use super::{Unmet, labels};
use crate::diagnostic::{Label, Note, clip_value};
use crate::endpoint::Endpoint;
use crate::json::Json;
use crate::player::failure::{Actual, FailureKind};
use crate::player::handshake::{Handshake, HandshakeError, InvalidRequest, Refusal};
use crate::source::Span;
use crate::transcript::Outcome;

/// Headers that every accepted handshake has.
const OF_EVERY_HANDSHAKE: [HeaderName; 3] = [CONNECTION, UPGRADE, SEC_WEBSOCKET_ACCEPT];

/// What a line about a rejection expects.
fn statuses(statuses: &[RangeInclusive<u16>]) -> String {
    match statuses {
        [range] if range.start() == range.end() => format!("status {}", range.start()),
        _ => "one of these statuses".to_owned(),
    }
}

impl Unmet {
    pub(in crate::player) fn header_differs(
        span: Span,
        got: Option<&str>,
        headers: &HeaderMap,
    ) -> Self {
        let mut unmet = Self::new("the response's headers differ");
        unmet.actual = Some(Box::new(Actual::Header {
            line: span.line,
            value: got.map(str::to_owned),
        }));
        let text = match got {
            Some(got) => format!("got {}", clip_value(&Json::from(got).to_string())),
            None => "there is no such header".to_owned(),
        };
        unmet.labels.push(Label { span, text });
        unmet.notes.push(Note::List {
            heading: "the response has:".to_owned(),
            items: headers
                .iter()
                .filter(|(name, _)| !OF_EVERY_HANDSHAKE.contains(name))
                .map(|(name, value)| {
                    format!("< {name}: {}", String::from_utf8_lossy(value.as_bytes()))
                })
                .collect(),
        });
        unmet
    }

    /// An address or a header with placeholders that is invalid once they are filled in.
    pub(in crate::player) fn invalid(error: &InvalidRequest) -> Self {
        let mut unmet = Self::new(error.to_string());
        unmet.kind = FailureKind::Unreachable;
        unmet
    }

    /// There is a connection, where the line at `span` expects one of `statuses`, or an error without a response.
    pub(in crate::player) fn accepted(
        address: &Endpoint,
        statuses: Option<&[RangeInclusive<u16>]>,
        span: Span,
    ) -> Self {
        let mut unmet = Self::new(format!("{address} accepted the connection"));
        let wanted = statuses.map_or_else(|| "an error".to_owned(), self::statuses);
        let text = format!("expected {wanted}");
        unmet.labels.push(Label { span, text });
        unmet.actual = Some(Box::new(Actual::Accepted));
        unmet
    }

    pub(in crate::player) fn refused(
        Handshake {
            address, redirects, ..
        }: &Handshake,
        refusal: &Refusal,
        outcome: &Outcome,
    ) -> Self {
        let got = refusal.status;
        let mut unmet = Self::new(format!("{address} rejected the connection"));
        if let Outcome::Refused { statuses, span, .. } = outcome {
            unmet.labels.push(Label {
                span: span.clone(),
                text: format!("expected {}, got {got}", self::statuses(statuses)),
            });
        }
        unmet.notes.push(Note::Value {
            name: "got".into(),
            value: format!("error: Unexpected server response: {got}"),
        });
        let body = String::from_utf8_lossy(&refusal.body);
        if !body.is_empty() {
            unmet.notes.push(Note::Value {
                name: "with the body".into(),
                value: body.into_owned(),
            });
        }
        if let Some(location) = refusal.headers.get(LOCATION) {
            unmet.notes.push(Note::Value {
                name: "which redirects to".into(),
                value: String::from_utf8_lossy(location.as_bytes()).into_owned(),
            });
            unmet.notes.push(Note::Help(match redirects {
                0 => "to follow redirects, write: $ wscat -L -c URL".to_owned(),
                most => format!("-L follows {most} redirects at most"),
            }));
        }
        unmet.actual = Some(Box::new(Actual::Refused(got)));
        unmet
    }

    /// The handshake failed for another reason than the line at `span` says.
    pub(in crate::player) fn failed_otherwise(error: &HandshakeError, span: Span) -> Self {
        let mut unmet = Self::new("the connection failed for another reason");
        let text = String::new();
        unmet.labels.push(Label { span, text });
        unmet.notes.push(Note::Value {
            name: "got".into(),
            value: format!("error: {error}"),
        });
        unmet.actual = Some(Box::new(match error {
            HandshakeError::Refused(refusal) => Actual::Refused(refusal.status),
            other => Actual::Failed(other.to_string()),
        }));
        unmet
    }

    /// Only a part of the body of a rejection arrived, which the line at `span` expects.
    pub(in crate::player) fn body_cut(span: Span, length: usize) -> Self {
        let mut unmet = Self::new("the body of the response is not complete");
        let text = format!("{length} bytes arrived, and the headers announce more");
        unmet.labels.push(Label { span, text });
        unmet
    }

    /// The body of a rejection differs from the line at `span`.
    pub(in crate::player) fn body_differs(inner: Self, span: &Span, body: &str) -> Self {
        let mut unmet = Self::new("the body of the response differs");
        unmet.actual = Some(Box::new(Actual::Body(body.to_owned())));
        unmet.labels = labels(inner.mismatches, span.line);
        if unmet.labels.is_empty() {
            let (span, text) = (span.clone(), String::new());
            unmet.labels.push(Label { span, text });
        }
        unmet.notes.push(if body.is_empty() {
            Note::Remark("the response has no body".to_owned())
        } else {
            Note::Value {
                name: "got".into(),
                value: body.to_owned(),
            }
        });
        unmet
    }

    /// There is no connection, although the transcript says that there is one, or that the server rejects it.
    pub(in crate::player) fn not_connected(address: &Endpoint, error: &HandshakeError) -> Self {
        let mut unmet = Self::new(format!("cannot connect to {address}: {error}"));
        if let HandshakeError::Invalid(_) = error {
            let help = format!("if this is expected, write below: error: {error}");
            unmet.notes.push(Note::Help(help));
        } else {
            unmet.kind = FailureKind::Unreachable;
        }
        unmet.actual = Some(Box::new(Actual::Failed(error.to_string())));
        unmet
    }
}
