//! The scheduled function removes rows of stale connections, and no others.

use papo_e2e::connections::ConnectionsTable as _;
use papo_e2e::stack;

use crate::client::Client;
use crate::{stale_row, wait_for_rows};

/// Its name in the template.
const CLEAN_UP: &str = "garbageCollectionWS";

#[test]
fn a_row_without_a_connection_is_removed() {
    let stack = stack::start().unwrap();
    stack.put_row(&stale_row()).unwrap();
    let report = stack.fire(CLEAN_UP).unwrap();
    assert_eq!(stack.rows().unwrap(), []);
    assert_eq!(report["deleted"], 1, "{report}");
}

#[test]
fn a_row_with_a_connection_is_kept_and_so_is_the_connection() {
    let stack = stack::start().unwrap();
    let mut client = Client::connect(&stack);
    let id = client.id();
    wait_for_rows(&stack, &[&id]);
    stack.put_row(&stale_row()).unwrap();
    stack.fire(CLEAN_UP).unwrap();
    let rows = stack.rows().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| &row.connection_id).collect();
    assert_eq!(ids, [&id]);
    let said = client.ask(r#"{"action":"sendMessage","message":"Ainda aqui"}"#);
    assert_eq!(said["message"], "Ainda aqui");
}
