//! Ids in the format of API Gateway: eleven bytes as URL-safe base64 with padding, sixteen characters such as
//! `BFHPhfCWIAMCKlQ=`. They contain `=`, and often `-` and `_`, so that missing escaping shows locally.
//!
//! The bytes follow captured ids (a counter of 25 ms ticks, two varying bytes, two for the cell, one for the kind, two for
//! the host). None of this is documented by AWS: ids are opaque.

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use data_encoding::BASE64URL;
use jiff::Timestamp;

/// Characters of an id before the `=`.
const DIGITS: usize = 15;
/// The byte for the kind, in ids of connections and messages.
const CONNECTION: u8 = 0x02;
/// The byte for the kind, in ids of requests.
const REQUEST: u8 = 0x05;

/// A well-formed connection id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnectionId(String);

impl ConnectionId {
    /// `None` for text that is not a well-formed id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Bits of the last character beyond the eleventh byte are ignored, as on AWS.
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let (digits, end) = text.split_at_checked(DIGITS)?;
        (end == "=" && digits.bytes().all(is_base64)).then(|| Self(text.to_owned()))
    }

    /// The sixteen characters.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Generates unique ids.
#[derive(Debug)]
pub(crate) struct Ids {
    /// The bytes for cell and host, the same in all ids of one gateway.
    place: [u8; 4],
    count: AtomicU32,
}

impl Ids {
    /// Gateways with different seeds generate different ids.
    pub(crate) fn new(seed: u64) -> Self {
        let [cell0, cell1, host0, host1, start0, start1, ..] = seed.to_le_bytes();
        Self {
            place: [cell0, cell1, host0, host1],
            count: AtomicU32::new(u32::from_le_bytes([start0, start1, 0, 0])),
        }
    }

    /// A new connection's id.
    pub(crate) fn connection(&self, now: Timestamp) -> ConnectionId {
        ConnectionId(self.id(now, CONNECTION))
    }

    /// A new message's id.
    pub(crate) fn message(&self, now: Timestamp) -> String {
        self.id(now, CONNECTION)
    }

    /// The id of a request.
    pub(crate) fn request(&self, now: Timestamp) -> String {
        self.id(now, REQUEST)
    }

    fn id(&self, now: Timestamp, kind: u8) -> String {
        // A counter over all 65,536 values keeps ids of one tick distinct; the odd factor makes it look random.
        let count = self
            .count
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_mul(0x9E37)
            & 0xFFFF;
        let ticks = (now.as_millisecond() / 25).cast_unsigned() & 0xFFFF_FFFF;
        let [.., t0, t1, t2, t3] = ticks.to_be_bytes();
        let [.., c0, c1] = count.to_be_bytes();
        let [cell0, cell1, host0, host1] = self.place;
        BASE64URL.encode(&[t0, t1, t2, t3, c0, c1, cell0, cell1, kind, host0, host1])
    }
}

/// A random UUID, as the id of an invocation or of a call to the management API.
pub(crate) fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A trace header in the format of X-Ray.
pub(crate) fn trace(now: Timestamp) -> String {
    let seconds = now.as_second();
    let (unique, parent) = (fastrand::u128(..) >> 32, fastrand::u64(..));
    format!("Root=1-{seconds:08x}-{unique:024x};Parent={parent:016x};Sampled=0")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_have_the_format_of_captured_ids() {
        let ids = Ids::new(7);
        for _ in 0..1_000 {
            let id = ids.connection(Timestamp::UNIX_EPOCH);
            let text = id.as_str();
            assert_eq!(text.len(), 16, "{text}");
            assert!(text.ends_with('=') && !text[..15].contains('='), "{text}");
            let is_url_safe = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            assert!(text[..15].chars().all(is_url_safe), "{text}");
            assert_eq!(ConnectionId::parse(text), Some(id));
        }
    }

    #[test]
    fn traces_have_the_format_of_x_ray() {
        let trace = trace(Timestamp::from_second(0x6731_ebfc).unwrap());
        assert!(
            trace.starts_with("Root=1-6731ebfc-") && trace.ends_with(";Sampled=0"),
            "{trace}"
        );
        let captured = "Root=1-6731ebfc-08e1e656421db73c5d2eef31;Parent=53995c3f42cd8ad8;Sampled=0";
        assert_eq!(trace.len(), captured.len());
    }

    #[test]
    fn ids_of_one_instant_are_distinct() {
        let ids = Ids::new(7);
        let all: HashSet<_> = (0..65_536)
            .map(|_| ids.message(Timestamp::UNIX_EPOCH))
            .collect();
        assert_eq!(all.len(), 65_536);
    }

    #[test]
    fn captured_ids_are_well_formed_and_anything_else_is_not() {
        for text in [
            "L0SM9cOFvHcCIhw=",
            "BFaT_fALIAMCKug=",
            "eHrdFcnvvHcCE-w=",
            "H111mc0HywMCEEf=",
        ] {
            assert!(ConnectionId::parse(text).is_some(), "{text}");
        }
        let wrong = [
            "",
            "unknown",
            "WDGT8fY4joECJrQ=test",
            "WDGT8fY4joECJrQ",
            "WDGT8fY4joECJr==",
            "L0SM9cOF/HcCIhw=",
        ];
        for text in wrong {
            assert_eq!(ConnectionId::parse(text), None, "{text}");
        }
    }
}
