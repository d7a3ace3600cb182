//! What client and server have agreed to: the header `Sec-WebSocket-Extensions` of the response (RFC 7692 §7.1).

/// The extension, as it is offered. The window of the client is not offered for negotiation, so it has its full size.
pub(crate) const OFFER: &str = "permessage-deflate";

/// The parameters of `permessage-deflate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// `server_no_context_takeover`: the server compresses each message independently of earlier ones.
    pub(super) server_forgets: bool,
    /// `client_no_context_takeover`: the client must do so.
    pub(super) client_forgets: bool,
}

impl Agreement {
    /// Parses the server's answer to [`OFFER`].
    pub(crate) fn parse(answer: &str) -> Result<Self, String> {
        let mut parts = answer.split(';').map(str::trim);
        if parts.next() != Some(OFFER) || answer.contains(',') {
            return Err(answer.to_owned());
        }
        let mut agreement = Self::default();
        for parameter in parts {
            match parameter.split_once('=').unwrap_or((parameter, "")) {
                ("server_no_context_takeover", "") => agreement.server_forgets = true,
                ("client_no_context_takeover", "") => agreement.client_forgets = true,
                // A window of any size can be read with the largest.
                ("server_max_window_bits", bits) if is_window(bits) => {}
                _ => return Err(answer.to_owned()),
            }
        }
        Ok(agreement)
    }
}

/// The base-2 logarithm of a window's size (RFC 7692 §7.1.2.1).
fn is_window(bits: &str) -> bool {
    let bits = bits.trim_matches('"').parse::<u8>();
    bits.is_ok_and(|bits| (8..=15).contains(&bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_an_answer_are_read() {
        let agreement = |server_forgets, client_forgets| {
            Ok(Agreement {
                server_forgets,
                client_forgets,
            })
        };
        for (answer, expected) in [
            ("permessage-deflate", agreement(false, false)),
            (
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=12",
                agreement(true, false),
            ),
            (
                "permessage-deflate;client_no_context_takeover",
                agreement(false, true),
            ),
        ] {
            assert_eq!(Agreement::parse(answer), expected);
        }
    }

    #[test]
    fn parameters_that_were_not_offered_are_rejected() {
        for answer in [
            "",
            "permessage-bzip2",
            "permessage-deflate; client_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate, permessage-deflate",
        ] {
            assert_eq!(Agreement::parse(answer), Err(answer.to_owned()));
        }
    }
}
