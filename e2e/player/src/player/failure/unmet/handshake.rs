//! The reason why a handshake failed.

use std::ops::RangeInclusive;

use http::header::{CONNECTION, LOCATION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{HeaderMap, HeaderName};

use super::Unmet;
use crate::diagnostic::{Note, clip_value};
use crate::endpoint::Endpoint;
use crate::json::Json;
use crate::player::failure::Actual;
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
        let text = match got {
            Some(got) => format!("got {}", clip_value(&Json::from(got).to_string())),
            None => "there is no such header".to_owned(),
        };
        let line = span.line;
        let value = got.map(str::to_owned);
        let headers = headers
            .iter()
            .filter(|(name, _)| !OF_EVERY_HANDSHAKE.contains(name));
        Self::new("the response's headers differ")
            .because(Actual::Header { line, value })
            .label(span, text)
            .note(Note::List {
                heading: "the response has:".to_owned(),
                items: headers
                    .map(|(name, value)| {
                        format!("< {name}: {}", String::from_utf8_lossy(value.as_bytes()))
                    })
                    .collect(),
            })
    }

    /// An address or a header with placeholders that is invalid once they are filled in.
    pub(in crate::player) fn invalid(error: &InvalidRequest) -> Self {
        Self::new(error.to_string()).unreachable()
    }

    /// There is a connection, where the line at `span` expects one of `statuses`, or an error without a response.
    pub(in crate::player) fn accepted(
        address: &Endpoint,
        statuses: Option<&[RangeInclusive<u16>]>,
        span: Span,
    ) -> Self {
        let wanted = statuses.map_or_else(|| "an error".to_owned(), self::statuses);
        Self::new(format!("{address} accepted the connection"))
            .label(span, format!("expected {wanted}"))
            .because(Actual::Accepted)
    }

    pub(in crate::player) fn refused(
        Handshake {
            address, redirects, ..
        }: &Handshake,
        refusal: &Refusal,
        outcome: &Outcome,
    ) -> Self {
        let got = refusal.status;
        let mut unmet = Self::new(format!("{address} rejected the connection"))
            .because(Actual::Refused(got))
            .value("got", format!("error: Unexpected server response: {got}"));
        if let Outcome::Refused { statuses, span, .. } = outcome {
            let text = format!("expected {}, got {got}", self::statuses(statuses));
            unmet = unmet.label(span.clone(), text);
        }
        let body = String::from_utf8_lossy(&refusal.body);
        if !body.is_empty() {
            unmet = unmet.value("with the body", body);
        }
        if let Some(location) = refusal.headers.get(LOCATION) {
            let location = String::from_utf8_lossy(location.as_bytes());
            unmet = unmet
                .value("which redirects to", location)
                .help(match redirects {
                    0 => "to follow redirects, write: $ wscat -L -c URL".to_owned(),
                    max => format!("-L follows {max} redirects at most"),
                });
        }
        unmet
    }

    /// The handshake failed for another reason than the line at `span` says.
    pub(in crate::player) fn failed_otherwise(error: &HandshakeError, span: Span) -> Self {
        Self::new("the connection failed for another reason")
            .label(span, "")
            .value("got", format!("error: {error}"))
            .because(match error {
                HandshakeError::Refused(refusal) => Actual::Refused(refusal.status),
                other => Actual::Failed(other.to_string()),
            })
    }

    /// Only a part of the body of a rejection arrived, which the line at `span` expects.
    pub(in crate::player) fn body_cut(span: Span, length: usize) -> Self {
        let text = format!("{length} bytes arrived, and the headers announce more");
        Self::new("the body of the response is not complete").label(span, text)
    }

    /// The body of a rejection differs from the line at `span`.
    pub(in crate::player) fn body_differs(inner: Self, span: &Span, body: &str) -> Self {
        let mut unmet =
            Self::new("the body of the response differs").because(Actual::Body(body.to_owned()));
        unmet.mismatches = inner.mismatches;
        let unmet = unmet.at(span);
        if body.is_empty() {
            return unmet.note(Note::Remark("the response has no body".to_owned()));
        }
        unmet.value("got", body)
    }

    /// There is no connection, although the transcript says that there is one, or that the server rejects it. `has_waited`: a server that
    /// is starting had time for that.
    pub(in crate::player) fn not_connected(
        address: &Endpoint,
        error: &HandshakeError,
        has_waited: bool,
    ) -> Self {
        let unmet = Self::new(format!("cannot connect to {address}: {error}"))
            .because(Actual::Failed(error.to_string()));
        match error {
            HandshakeError::Invalid(_) => {
                unmet.help(format!("if this is expected, write below: error: {error}"))
            }
            HandshakeError::Certificate(_) => unmet.unreachable().help(
                "to trust a certificate, pass --cacert FILE, or write: $ wscat --ca FILE -c URL; to accept any, pass --insecure, \
                 or write: $ wscat -n -c URL",
            ),
            error if error.is_of_no_listener() && !has_waited => unmet.unreachable().help(
                "no server listens at this address; if one is still starting, pass --wait-for-server 30s",
            ),
            _ => unmet.unreachable(),
        }
    }
}
