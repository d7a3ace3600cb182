//! Connecting, closing and vanishing, and the row of the connections table.

use papo_e2e::connections::ConnectionsTable as _;
use papo_e2e::stack;

use crate::client::Client;
use crate::{stale_row, wait_for_rows};

#[test]
fn connecting_writes_a_row() {
    let stack = stack::start().unwrap();
    assert_eq!(stack.rows().unwrap(), []);
    let mut client = Client::connect(&stack);
    let id = client.id();
    let rows = wait_for_rows(&stack, &[&id]);
    let connected_at = rows[0].connected_at.as_str();
    assert!(
        connected_at.len() == "2024-12-09T00:00:00.000Z".len() && connected_at.ends_with('Z'),
        "it should be RFC 3339 with milliseconds in UTC: {connected_at}"
    );
}

#[test]
fn closing_removes_the_row() {
    let stack = stack::start().unwrap();
    let (mut alice, mut bob) = (Client::connect(&stack), Client::connect(&stack));
    let (alice_id, bob_id) = (alice.id(), bob.id());
    wait_for_rows(&stack, &[&alice_id, &bob_id]);
    alice.close();
    wait_for_rows(&stack, &[&bob_id]);
}

#[test]
fn vanishing_removes_the_row() {
    let stack = stack::start().unwrap();
    let mut client = Client::connect(&stack);
    let id = client.id();
    wait_for_rows(&stack, &[&id]);
    client.vanish();
    wait_for_rows(&stack, &[]);
}

#[test]
fn a_broadcast_removes_the_row_of_a_stale_connection() {
    let stack = stack::start().unwrap();
    let mut client = Client::connect(&stack);
    let id = client.id();
    stack.put_row(&stale_row()).unwrap();
    wait_for_rows(&stack, &[&id, &stale_row().connection_id]);
    let said = client.ask(r#"{"action":"sendMessage","message":"Olá"}"#);
    assert_eq!(said["message"], "Olá");
    wait_for_rows(&stack, &[&id]);
}
