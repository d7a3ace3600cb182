//! Fuzzes the path from frames to routes with mutations of `tests/corpus/frames`: every connection ends, and only valid
//! messages are delivered.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tokio::runtime::Builder;

use self::mutate::{corpus, near};
use super::*;
use crate::{
    connections::tests::connection,
    route::{self, Expression},
};

#[path = "../../tests/corpus/mutate.rs"]
mod mutate;

/// The corpus, decoded from hexadecimal digits.
fn frames() -> Vec<(String, Vec<u8>)> {
    let bytes = |text: &[u8]| {
        let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_hexdigit).collect();
        data_encoding::HEXLOWER_PERMISSIVE.decode(&digits).unwrap()
    };
    let files = corpus("frames").into_iter();
    files.map(|(name, text)| (name, bytes(&text))).collect()
}

/// Sends the bytes, hangs up, and returns the ending and the routes of the delivered messages.
fn converse_over(bytes: &[u8]) -> (Ending, Vec<Option<String>>) {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let (connection, never) = (connection(), CancellationToken::new());
        let by_action = Expression::parse("$request.body.action").unwrap();
        let routes = BTreeMap::from([(route::DEFAULT.to_owned(), "function")]);
        let mut delivered = Vec::new();
        let deliver = |text: Utf8Bytes, _in_flight| {
            assert!(text.len() <= MAX_MESSAGE);
            let key = by_action.evaluate(&text);
            assert!(route::choose(&routes, key.as_deref()).is_some());
            delivered.push(key);
        };
        let talking = async {
            let (mut read, mut write) = tokio::io::split(&mut theirs);
            // The gateway may hang up first.
            let _ = write.write_all(bytes).await;
            let _ = write.shutdown().await;
            let mut answer = Vec::new();
            let _ = read.read_to_end(&mut answer).await;
        };
        let (limits, memory) = (Limits::default(), Incoming::default());
        let conversation = converse(ours, &connection, limits, &memory, &never, deliver);
        let (ending, ()) = tokio::join!(conversation, talking);
        (ending, delivered)
    })
}

#[test]
fn each_file_of_the_corpus_ends_as_expected() {
    let ends: BTreeMap<_, _> = frames()
        .into_iter()
        .map(|(name, bytes)| (name, converse_over(&bytes).0))
        .collect();
    let ending = |name: &str| ends[&format!("{name}.hex")].clone();
    for lost in [
        "text",
        "fragments",
        "ping-between",
        "medium",
        "cut-off",
        "masked",
        "two",
    ] {
        assert_eq!(ending(lost), Ending::Lost, "{lost}");
    }
    for wrong in ["reserved", "ping-long", "lonely"] {
        assert_eq!(ending(wrong), Ending::ProtocolError, "{wrong}");
    }
    assert_eq!(
        ending("close"),
        Ending::ClosedByClient(Some((1000, String::new())))
    );
    assert_eq!(
        ending("close-reason"),
        Ending::ClosedByClient(Some((1001, "gone".to_owned())))
    );
    assert_eq!(ending("binary"), Ending::Binary);
    assert_eq!(ending("huge-length"), Ending::TooBig);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_connection_ends_whatever_it_sends(bytes in near(frames().into_iter().map(|(_, bytes)| bytes).collect())) {
        converse_over(&bytes);
    }
}
