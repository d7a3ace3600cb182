//! Stopping and killing the gateway.

use papo_e2e::stack;

use crate::client::Client;
use crate::wait_for_rows;

#[test]
fn rows_survive_a_kill_with_data() {
    let folder = tempfile::tempdir().unwrap();
    let stack = stack::builder()
        .unwrap()
        .data(folder.path())
        .start()
        .unwrap();
    let mut client = Client::connect(&stack);
    let id = client.id();
    wait_for_rows(&stack, &[&id]);
    stack.kill().unwrap();
    let stack = stack::builder()
        .unwrap()
        .data(folder.path())
        .start()
        .unwrap();
    wait_for_rows(&stack, &[&id]);
}

#[test]
#[cfg(target_os = "linux")]
fn no_process_is_left_after_a_stop() {
    let (functions, status) = {
        let stack = stack::start().unwrap();
        let mut client = Client::connect(&stack);
        client.id();
        let functions = stack.descendants().unwrap();
        assert!(!functions.is_empty(), "no function runs");
        (functions, stack.stop().unwrap())
    };
    assert!(status.success(), "it ended with {status}");
    let left = functions.still_running().unwrap();
    assert!(left.is_empty(), "{:?} still run", left.names());
}
