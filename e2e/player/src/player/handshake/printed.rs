//! How `wscat` prints the errors of connections: in the words of Node.js and its package `ws`, which a copied transcript contains.
//!
//! Source: `lib/websocket.js` of ws 8.18, the codes of libuv, and the certificate errors of OpenSSL, all as wscat 6.1 prints them.

use super::HandshakeError;

/// A part of what wscat prints, and a part of the error here that means the same.
const SAME: [(&str, &str); 25] = [
    ("ECONNREFUSED", "connection refused"),
    ("ECONNRESET", "connection reset"),
    ("ECONNRESET", "closed the connection without a response"),
    ("socket hang up", "closed the connection without a response"),
    ("socket hang up", "connection reset"),
    ("ENOTFOUND", "failed to lookup address"),
    ("EAI_AGAIN", "failed to lookup address"),
    ("ETIMEDOUT", "timed out"),
    ("ETIMEDOUT", "no answer within"),
    ("EHOSTUNREACH", "no route to host"),
    ("ENETUNREACH", "network is unreachable"),
    ("self-signed certificate", "invalid peer certificate"),
    ("self signed certificate", "invalid peer certificate"),
    (
        "unable to verify the first certificate",
        "invalid peer certificate",
    ),
    (
        "unable to get local issuer certificate",
        "invalid peer certificate",
    ),
    ("certificate has expired", "certificate expired"),
    (
        "does not match certificate's altnames",
        "certificate not valid for name",
    ),
    (
        "before secure TLS connection was established",
        "instead of speaking TLS",
    ),
    ("wrong version number", "does not speak TLS"),
    (
        "Server sent no subprotocol",
        "chose none of the sub-protocols",
    ),
    (
        "Server sent an invalid subprotocol",
        "which was not offered",
    ),
    (
        "Server sent a subprotocol but none was requested",
        "which was not offered",
    ),
    (
        "Maximum redirects exceeded",
        "Unexpected server response: 30",
    ),
    ("Parse Error", "the response is not HTTP/1.1"),
    (
        "Invalid Sec-WebSocket-Accept header",
        "Sec-WebSocket-Accept",
    ),
];

/// Whether wscat prints `text` for an error such as `error`.
pub(crate) fn means(text: &str, error: &HandshakeError) -> bool {
    let error = error.to_string();
    let fits = |(printed, ours): &(&str, &str)| text.contains(printed) && error.contains(ours);
    SAME.iter().any(fits)
}
