//! A part of the log, as far as it fits one frame.
//!
//! Decides where reading begins, when it ends and whether anything is left. What has expired is never shown, whether
//! DynamoDB has removed it or not. Which messages fit is [`leaf`]'s business.

pub mod leaf;

use papo_protocol::limits::HISTORY_MESSAGES;
use papo_protocol::{History, Position, Range};

use crate::room::{ReadEntries, Room};
use crate::store::StoreError;
use leaf::Leaf;

/// How many times as many entries the next query looks at, if the one before did not fill the page.
///
/// That happens where messages have expired and are not removed yet, which may be all those of some days.
const STRIDE: u16 = 8;

/// How many entries a query looks at in the end. 1 MB, which is DynamoDB's own limit, holds some 3,000.
const QUERY_ENTRIES: u16 = 4_000;

/// Reads the part of the log that a client asks for.
///
/// `head` is where the log ends, read after the question was asked; `now_ms` is the time of the request, in milliseconds
/// since 1970.
///
/// # Errors
///
/// [`StoreError`].
pub async fn page(
    room: &Room<impl ReadEntries>,
    head: Position,
    range: Range,
    limit: Option<u16>,
    now_ms: i64,
) -> Result<History, StoreError> {
    let limit = limit.unwrap_or(HISTORY_MESSAGES).clamp(1, HISTORY_MESSAGES);
    // Beyond the end there is nothing, however far beyond it a client says that it is.
    let mut rest = match range {
        Range::After(seq) => Range::After(seq.min(head.seq)),
        Range::Before(seq) => Range::Before(seq.min(head.seq.saturating_add(1))),
    };
    let end = head.seq;
    let mut leaf = Leaf::new(head, usize::from(limit));
    // One more than the page may have tells whether anything is left.
    let mut look_at = limit + 1;
    loop {
        match rest {
            Range::After(seq) if seq >= end => break,
            Range::Before(0..=1) => break,
            Range::After(_) | Range::Before(_) => {}
        }
        let looked = room.log.entries(&room.id, rest, look_at).await?;
        for entry in looked.entries {
            let seq = entry.seq();
            let expired = entry.has_expired(now_ms);
            rest = match rest {
                Range::After(_) => Range::After(seq),
                // Whatever is older has expired too, but for the seconds by which clocks differ.
                Range::Before(_) if expired => return Ok(leaf.end(range, true)),
                Range::Before(_) => Range::Before(seq),
            };
            if !expired && !leaf.put(entry.into_message()) {
                return Ok(leaf.end(range, false));
            }
        }
        if !looked.more {
            break;
        }
        look_at = look_at.saturating_mul(STRIDE).min(QUERY_ENTRIES);
    }
    Ok(leaf.end(range, true))
}
