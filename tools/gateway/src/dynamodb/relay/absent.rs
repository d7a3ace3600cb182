//! Tables that functions use and that do not exist, found in requests and responses as they pass. A request or a response
//! that arrives in several pieces may be overlooked: this is for the log only.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Maximum number of names that are remembered, and of characters in one, which is DynamoDB's limit.
const MAX_TABLES: usize = 1_000;
const MAX_NAME: usize = 255;

/// The tables that have been reported, each once.
#[derive(Debug, Default)]
pub(super) struct Absent(Mutex<BTreeSet<String>>);

impl Absent {
    /// Whether the table has not been reported yet.
    pub(super) fn is_new(&self, table: &str) -> bool {
        let mut reported = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reported.len() < MAX_TABLES && reported.insert(table.to_owned())
    }
}

/// The requests and responses of one connection.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// The table that the latest request names.
    asked: Mutex<Option<String>>,
}

impl Exchange {
    /// A part of a request has arrived.
    pub(super) fn request(&self, bytes: &[u8]) {
        if let Some(table) = table_in(bytes) {
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(table);
        }
    }

    /// A part of a response has arrived. Returns the table that it says does not exist.
    pub(super) fn response(&self, bytes: &[u8]) -> Option<String> {
        if !is_not_found(bytes) {
            return None;
        }
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// The table that a request names.
fn table_in(request: &[u8]) -> Option<String> {
    let after = after(request, b"\"TableName\"")?.trim_ascii_start();
    let name = after.strip_prefix(b":")?.trim_ascii_start();
    let name = name.strip_prefix(b"\"")?;
    let end = name
        .iter()
        .take(MAX_NAME + 1)
        .position(|byte| *byte == b'"')?;
    String::from_utf8(name[..end].to_vec()).ok()
}

/// Whether a response says that the table does not exist.
fn is_not_found(response: &[u8]) -> bool {
    response.starts_with(b"HTTP/1.1 400") && after(response, b"ResourceNotFoundException").is_some()
}

fn after<'b>(bytes: &'b [u8], wanted: &[u8]) -> Option<&'b [u8]> {
    let at = bytes
        .windows(wanted.len())
        .position(|part| part == wanted)?;
    Some(&bytes[at + wanted.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_a_request_is_found() {
        for (request, wanted) in [
            (
                "POST / HTTP/1.1\r\n\r\n{\"Key\":{},\"TableName\":\"rows\"}",
                Some("rows"),
            ),
            ("{\"TableName\" : \"a.b-c\"", Some("a.b-c")),
            ("{\"TableName\":{\"S\":\"x\"}}", None),
            ("{\"S\":\"\\\"TableName\\\":\\\"x\\\"\"}", None),
            ("{\"TableName\":\"cut", None),
            ("{\"TableName\"", None),
            ("{}", None),
        ] {
            assert_eq!(table_in(request.as_bytes()).as_deref(), wanted, "{request}");
        }
        let long = format!("{{\"TableName\":\"{}\"}}", "x".repeat(MAX_NAME + 1));
        assert_eq!(table_in(long.as_bytes()), None);
    }

    #[test]
    fn each_table_is_reported_once() {
        let absent = Absent::default();
        assert!(absent.is_new("a") && !absent.is_new("a") && absent.is_new("b"));
    }

    #[test]
    fn rows_that_name_the_error_are_not_errors() {
        let error =
            b"HTTP/1.1 400 Bad Request\r\n\r\n{\"__type\":\"com.x#ResourceNotFoundException\"}";
        assert!(is_not_found(error));
        assert!(!is_not_found(
            b"HTTP/1.1 200 OK\r\n\r\nResourceNotFoundException"
        ));
        assert!(!is_not_found(b"HTTP/1.1 400 Bad Request\r\n\r\n{}"));
    }
}
