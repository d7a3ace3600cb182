//! Exports rooms as JSON lines: each line is an entry as clients receive it, with its room.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use papo_lambdas::message_log::ReadEntries as _;
use papo_protocol::{Event, Range, RoomName};
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use crate::table::MessagesTable;

/// Entries per query.
const PAGE: u16 = 500;

/// Writes all entries of `rooms` that have not expired at `now_ms` (milliseconds since 1970) to a new file at `path`. `each` is
/// called after each room, with the number of its entries.
///
/// # Errors
///
/// If the table cannot be read, or the file exists or cannot be written. Then there is no new file.
///
/// # Cancel safety
///
/// Dropping the future leaves no file: an incomplete export cannot be told from a complete one.
pub async fn export_to_file(
    table: &MessagesTable,
    rooms: &[RoomName],
    now_ms: i64,
    path: &Path,
    mut each: impl FnMut(&RoomName, u64),
) -> Result<()> {
    let cannot_create = || format!("cannot create {}", path.display());
    if path.exists() {
        let exists = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(exists).with_context(cannot_create);
    }
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
    let file = file.with_context(cannot_create)?;
    for room in rooms {
        let written = export(table, room, now_ms, BufWriter::new(&file)).await?;
        each(room, written);
    }
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.error).with_context(cannot_create),
    }
}

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
