//! Many at once. `cargo xtask bench gateway` does it with 10,000.

use crate::program::{Client, Program};

/// Enough to show that nothing grows with the square of it, and within the 1,024 files that many systems allow.
const CROWD: usize = 400;

#[tokio::test]
async fn a_crowd_that_says_nothing_costs_little_and_slows_nobody() {
    let gateway = Program::with_obedient_stack(&[]);
    let mut speaker = gateway.connect().await;
    let order = r#"{"action":"talk","say":"hello"}"#;
    speaker.ask(order).await;
    let mut crowd: Vec<Client> = Vec::new();
    let before = gateway.memory();
    for _ in 0..CROWD {
        crowd.push(gateway.connect().await);
    }
    let each = gateway.memory().saturating_sub(before) / u64::try_from(CROWD).unwrap();
    // Built without optimisation, and with whatever the allocator keeps; the benchmark shows the real figure.
    assert!(
        each < 64,
        "{each} KiB for each connection that says nothing"
    );
    assert_eq!(speaker.ask(order).await, "hello");
    // The last one is as much there as the first.
    for client in [0, CROWD - 1] {
        assert_eq!(crowd[client].ask(order).await, "hello");
    }
}
