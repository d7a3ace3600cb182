//! RFC 6455, case by case: frames made by hand, over TCP, against an echo endpoint of this socket layer.
//!
//! The cases, their numbers and what they expect are those of the Autobahn test suite's fuzzing client, sections 1 to 7,
//! 9 and 10 (<https://github.com/crossbario/autobahn-testsuite>, `autobahntestsuite/case`); 8, 11, 12 and 13 are empty
//! there or about compression, which API Gateway does not negotiate. API Gateway's own limits (no binary messages, 32 KB
//! a frame) are off here; `super::tests` has them.
//!
//! # Layout
//! - [`wire`]: frames as bytes, and bytes as frames
//! - [`case`]: what is sent, what has to be heard, and how the connection has to end
//! - [`framing`], [`utf8`], [`closing`], [`limits`]: the cases

mod case;
mod closing;
mod framing;
mod limits;
mod utf8;
mod wire;

use std::{net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};

use super::*;
use crate::connections::tests::connection;
use case::Case;

/// Everything that Autobahn sends: the largest message is 16 MiB.
const NO_LIMITS: Rules = Rules {
    max_frame: 32 * 1024 * 1024,
    max_message: 32 * 1024 * 1024,
    binary: true,
};

/// Cases that run at the same time; the large ones take memory.
const AT_ONCE: usize = 16;

/// An endpoint that sends back whatever it is sent.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let connection = connection();
                let back = |message, _permit| connection.outbox.push(message).unwrap();
                let never = CancellationToken::new();
                converse(
                    stream,
                    &connection,
                    NO_LIMITS,
                    Limits::default(),
                    &never,
                    back,
                )
                .await
            });
        }
    });
    address
}

/// Runs the cases, and fails with every one that did not end as it has to.
async fn hold(cases: Vec<Case>) {
    let server = echo().await;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for case in cases {
        let room = Arc::clone(&room);
        running.spawn(async move {
            let _place = room.acquire().await.unwrap();
            let failure = case.run(server).await.err()?;
            Some(format!("{}: {failure}", case.id))
        });
    }
    let outcomes = running.join_all().await;
    let failures: Vec<_> = outcomes.into_iter().flatten().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn section_1_messages_of_every_length_are_echoed() {
    hold(framing::lengths()).await;
}

#[tokio::test]
async fn section_2_pings_are_answered_and_pongs_are_not() {
    hold(framing::pings()).await;
}

#[tokio::test]
async fn section_3_reserved_bits_fail_the_connection() {
    hold(framing::reserved_bits()).await;
}

#[tokio::test]
async fn section_4_reserved_opcodes_fail_the_connection() {
    hold(framing::reserved_opcodes()).await;
}

#[tokio::test]
async fn section_5_messages_come_in_fragments_and_control_frames_do_not() {
    hold(framing::fragments()).await;
}

#[tokio::test]
async fn section_6_text_is_utf_8_or_fails_the_connection() {
    hold(utf8::cases()).await;
}

#[tokio::test]
async fn section_7_close_frames_are_answered_as_they_deserve() {
    hold(closing::cases()).await;
}

#[tokio::test]
async fn sections_9_and_10_large_messages_pass_however_they_are_cut() {
    hold(limits::cases()).await;
}

/// RFC 6455 §5.1, which the fuzzing client cannot try, because it masks everything.
#[tokio::test]
async fn frames_without_a_mask_fail_the_connection() {
    hold(framing::unmasked()).await;
}

#[tokio::test]
async fn a_case_that_does_not_hold_is_found() {
    let server = echo().await;
    let sends = |frame| Case::new("0", [frame]);
    let text = || wire::Frame::new(wire::TEXT, "a");
    let wrong = [
        sends(text()).hears_text("b"),
        sends(text()).hears_binary("a"),
        sends(text()).closed_with(&[]),
        sends(text().reserved(1)),
        sends(text().reserved(1)).closed_with(&[1003]),
        sends(wire::Frame::new(wire::PING, "")),
    ];
    for (number, case) in wrong.iter().enumerate() {
        let outcome = timeout(Duration::from_secs(2), case.run(server)).await;
        assert!(!matches!(outcome, Ok(Ok(()))), "{number}");
    }
    assert_eq!(sends(text()).hears_text("a").run(server).await, Ok(()));
}
