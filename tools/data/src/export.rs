//! Exports rooms as JSON lines: each line is an entry as clients receive it, with its room.

use std::io::Write;

use anyhow::{Context as _, Result};
use papo_lambdas::message_log::ReadEntries as _;
use papo_protocol::{Event, Range, RoomName};
use serde_json::{Map, Value};

use crate::table::MessagesTable;

/// Entries per query.
const PAGE: u16 = 500;

/// Writes all entries of `room` that have not expired at `now_ms` (milliseconds since 1970), oldest first. Returns how many.
///
/// # Errors
///
/// If the table cannot be read or the output cannot be written.
pub async fn export(
    table: &MessagesTable,
    room: &RoomName,
    now_ms: i64,
    mut output: impl Write,
) -> Result<u64> {
    let log = table.log();
    let mut written = 0;
    let mut after = 0;
    loop {
        let page = log.entries(room, Range::After(after), PAGE).await?;
        for entry in page.entries {
            after = entry.seq();
            if entry.has_expired(now_ms) {
                continue;
            }
            let line = line(room, &Event::from(entry.into_content()))?;
            writeln!(output, "{line}").context("cannot write the export")?;
            written += 1;
        }
        if !page.more {
            output.flush().context("cannot write the export")?;
            return Ok(written);
        }
    }
}

fn line(room: &RoomName, event: &Event) -> Result<Value> {
    let mut line = Map::from_iter([("room".to_owned(), room.as_str().into())]);
    let event: Map<String, Value> = serde_json::from_str(&event.to_json())?;
    line.extend(event);
    Ok(line.into())
}
