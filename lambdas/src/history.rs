//! Reads a page of the log that fits one frame.
//!
//! Decides where reading starts, when it ends and whether anything is left. Expired messages are never returned, whether
//! DynamoDB has deleted them or not. [`page_builder`] decides which messages fit.

mod page_builder;

use papo_protocol::limits::HISTORY_MESSAGES;
use papo_protocol::{History, Position, Range};

use crate::error::StoreError;
use crate::message_log::{ReadEntries, Room};
use page_builder::PageBuilder;

/// Growth of the next query's limit if the previous one did not fill the page.
///
/// This happens where messages have expired but are not deleted yet, possibly those of several days.
const GROWTH: u16 = 8;

/// Largest limit of a query. DynamoDB's own limit of 1 MB holds about 3,000 entries.
const QUERY_ENTRIES: u16 = 4_000;

/// Reads the page of the log that a client requests.
///
/// `head` is the end of the log, read after the request arrived; `now_ms` is the time of the request, in milliseconds
/// since 1970.
///
/// # Errors
///
/// [`StoreError`].
pub(crate) async fn read_page(
    room: &Room<'_, impl ReadEntries>,
    head: Position,
    range: Range,
    limit: Option<u16>,
    now_ms: i64,
) -> Result<History, StoreError> {
    let limit = limit.unwrap_or(HISTORY_MESSAGES).clamp(1, HISTORY_MESSAGES);
    // There is nothing beyond the end, whatever the client asks for.
    let mut rest = match range {
        Range::After(seq) => Range::After(seq.min(head.seq)),
        Range::Before(seq) => Range::Before(seq.min(head.seq.saturating_add(1))),
    };
    let end = head.seq;
    let mut page = PageBuilder::new(head, usize::from(limit));
    // One more than fits the page tells whether anything is left.
    let mut query_limit = limit + 1;
    loop {
        match rest {
            Range::After(seq) if seq >= end => break,
            Range::Before(0..=1) => break,
            Range::After(_) | Range::Before(_) => {}
        }
        let queried = room.log.entries(&room.id, rest, query_limit).await?;
        for entry in queried.entries {
            let seq = entry.seq();
            let expired = entry.has_expired(now_ms);
            rest = match rest {
                Range::After(_) => Range::After(seq),
                // Older messages have expired too, give or take clock skew.
                Range::Before(_) if expired => return Ok(page.finish(range, true)),
                Range::Before(_) => Range::Before(seq),
            };
            if !expired && !page.push(entry.into_content()) {
                return Ok(page.finish(range, false));
            }
        }
        if !queried.more {
            break;
        }
        query_limit = query_limit.saturating_mul(GROWTH).min(QUERY_ENTRIES);
    }
    Ok(page.finish(range, true))
}
