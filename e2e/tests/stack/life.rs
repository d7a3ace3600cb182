//! Starting, stopping and killing the gateway.

use papagaio::wait;
use papo_e2e::connections::ConnectionsTable as _;
use papo_e2e::stack;

use crate::client::Client;
use crate::{LIMIT, stale_row, wait_for_rows};

#[test]
fn rows_survive_a_restart_with_data() {
    let folder = tempfile::tempdir().unwrap();
    let stack = stack::builder()
        .unwrap()
        .data(folder.path())
        .start()
        .unwrap();
    stack.put_row(&stale_row()).unwrap();
    assert!(stack.stop().unwrap().success());
    let stack = stack::builder()
        .unwrap()
        .data(folder.path())
        .start()
        .unwrap();
    assert_eq!(stack.rows().unwrap(), [stale_row()]);
}

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
fn rows_in_memory_do_not_survive() {
    let stack = stack::start().unwrap();
    stack.put_row(&stale_row()).unwrap();
    assert!(stack.stop().unwrap().success());
    let stack = stack::start().unwrap();
    assert_eq!(stack.rows().unwrap(), []);
}

#[test]
fn two_stacks_are_independent() {
    let (here, there) = (stack::start().unwrap(), stack::start().unwrap());
    let mut client = Client::connect(&here);
    let id = client.id();
    wait_for_rows(&here, &[&id]);
    assert_eq!(there.rows().unwrap(), []);
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

#[test]
#[cfg(target_os = "linux")]
fn no_process_is_left_after_a_kill() {
    let functions = {
        let stack = stack::start().unwrap();
        let mut client = Client::connect(&stack);
        client.id();
        let functions = stack.descendants().unwrap();
        assert!(!functions.is_empty(), "no function runs");
        stack.kill().unwrap();
        functions
    };
    wait::until("the end of the functions", LIMIT, || {
        let left = functions
            .still_running()
            .map_err(|error| error.to_string())?;
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("{:?} still run", left.names()))
        }
    })
    .unwrap();
}
