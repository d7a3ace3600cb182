//! The ids that go over the wire.
//!
//! Connection and message ids are API Gateway's and opaque: nothing here looks inside them. Client message ids are made
//! by clients, come back to everybody, and are therefore checked.

use std::fmt;

use crate::limits::CLIENT_MESSAGE_ID_CHARS;

/// Names one WebSocket connection, and so one person for as long as it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Takes an id as API Gateway gave it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Four hexadecimal digits that tell people apart on a screen.
    ///
    /// A hash, because ids that API Gateway makes at about the same time begin and end alike.
    pub fn short(&self) -> String {
        format!("{:04x}", self.hash() & 0xffff)
    }

    /// A hue in degrees, 0 to 359, the same for the same id everywhere.
    pub fn hue(&self) -> u16 {
        let hue = (self.hash() >> 16) % 360;
        hue as u16
    }

    /// 64-bit FNV-1a with a final mix: stable over releases and platforms, which `std`'s hasher does not promise.
    fn hash(&self) -> u64 {
        let folded = self
            .0
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let mixed = (folded ^ (folded >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 33)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one message. Made by API Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(String);

impl MessageId {
    /// Takes an id as API Gateway gave it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names one message before the back end has seen it, so that its sender knows it again.
///
/// 1 to [`CLIENT_MESSAGE_ID_CHARS`] characters out of letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientMessageId(String);

/// Why a string is no [`ClientMessageId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a clientMessageId has 1 to {CLIENT_MESSAGE_ID_CHARS} characters out of letters, digits, '-' and '_'"
)]
pub struct InvalidClientMessageId;

impl ClientMessageId {
    /// Checks `id`.
    ///
    /// # Errors
    ///
    /// [`InvalidClientMessageId`] if it is empty, too long or has another character.
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

    /// The id as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_of_neighbours_differ() {
        let first = ConnectionId::new("L0SM9cOFvHcCIhw=");
        let second = ConnectionId::new("L0SM9dOFvHcCIhw=");
        assert_ne!(first.short(), second.short());
        assert_eq!(first.short().len(), 4);
    }

    #[test]
    fn the_hue_is_the_same_everywhere_and_below_360() {
        let id = ConnectionId::new("L0SM9cOFvHcCIhw=");
        assert_eq!(id.hue(), ConnectionId::new(id.as_str()).hue());
        assert!((0..1000).all(|n| ConnectionId::new(n.to_string()).hue() < 360));
    }

    #[test]
    fn a_client_message_id_is_short_and_plain() {
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
