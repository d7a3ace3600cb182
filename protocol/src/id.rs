//! The ids that go over the wire.
//!
//! Connection and message ids are assigned by API Gateway and opaque. Client message ids are chosen by clients and
//! broadcast to others, so they are validated.

use crate::limits::CLIENT_MESSAGE_ID_CHARS;
use crate::wire_string::wire_string;

wire_string! {
    /// Identifies a WebSocket connection.
    opaque ConnectionId
}

impl ConnectionId {
    /// Four hexadecimal digits that distinguish connections on a screen.
    ///
    /// A hash, because ids that API Gateway assigns at about the same time share their first and last characters.
    pub fn short(&self) -> String {
        format!("{:04x}", hash(&self.0) & 0xffff)
    }

    /// A hue in degrees, 0 to 359, the same for the same id everywhere.
    pub fn hue(&self) -> u16 {
        hue(&self.0)
    }
}

wire_string! {
    /// Identifies a message. Assigned by API Gateway.
    opaque MessageId
}

wire_string! {
    /// Identifies a message to its sender. Chosen by the client, unique per message, at most once in the log.
    ///
    /// 1 to [`CLIENT_MESSAGE_ID_CHARS`] characters: ASCII letters, digits, `-` and `_`.
    ClientMessageId
}

/// A string that is not a valid [`ClientMessageId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a clientMessageId must have 1 to {CLIENT_MESSAGE_ID_CHARS} letters, digits, '-' or '_'")]
pub struct InvalidClientMessageId;

impl ClientMessageId {
    /// Checks `id`.
    ///
    /// # Errors
    ///
    /// [`InvalidClientMessageId`] if it is empty, too long or contains another character.
    pub fn parse(id: impl Into<String>) -> Result<Self, InvalidClientMessageId> {
        let id = id.into();
        let fits = (1..=CLIENT_MESSAGE_ID_CHARS).contains(&id.len());
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if fits && id.bytes().all(allowed) {
            Ok(Self(id))
        } else {
            Err(InvalidClientMessageId)
        }
    }
}

/// A hue in degrees, 0 to 359, for an id.
pub(crate) fn hue(id: &str) -> u16 {
    let hue = (hash(id) >> 16) % 360;
    hue as u16
}

/// 64-bit FNV-1a with a final mix: stable across releases and platforms, unlike `std`'s hasher.
fn hash(id: &str) -> u64 {
    let folded = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (folded ^ (folded >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_of_similar_ids_differ() {
        let first = ConnectionId::new("L0SM9cOFvHcCIhw=");
        let second = ConnectionId::new("L0SM9dOFvHcCIhw=");
        assert_ne!(first.short(), second.short());
        assert_eq!(first.short().len(), 4);
    }

    #[test]
    fn the_hue_is_stable_and_below_360() {
        let id = ConnectionId::new("L0SM9cOFvHcCIhw=");
        assert_eq!(id.hue(), ConnectionId::new(id.as_str()).hue());
        assert!((0..1000).all(|n| ConnectionId::new(n.to_string()).hue() < 360));
    }

    #[test]
    fn accepts_only_short_ascii_client_message_ids() {
        for good in ["a", "c-1", "0b5e-4_x", &"x".repeat(CLIENT_MESSAGE_ID_CHARS)] {
            assert!(ClientMessageId::parse(good).is_ok(), "{good:?}");
        }
        for bad in [
            "",
            " ",
            "a b",
            "é",
            "<b>",
            &"x".repeat(CLIENT_MESSAGE_ID_CHARS + 1),
        ] {
            assert_eq!(
                ClientMessageId::parse(bad),
                Err(InvalidClientMessageId),
                "{bad:?}"
            );
        }
    }
}
