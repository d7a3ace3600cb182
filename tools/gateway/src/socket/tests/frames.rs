//! Which frames are accepted, and how the connection ends on the others.

use super::*;

/// The lengths of the messages that the gateway has read.
fn lengths(heard: &Mutex<Vec<String>>) -> Vec<usize> {
    heard.lock().unwrap().iter().map(String::len).collect()
}

#[tokio::test]
async fn a_frame_of_32_kilobytes_passes_and_one_byte_more_closes_with_1009() {
    let pair = Pair::new(unlimited())
        .await
        .write(&frame(0x81, &vec![b'x'; MAX_FRAME]))
        .await;
    let heard = Arc::clone(&pair.heard);
    let pair = pair.write(&frame(0x81, &vec![b'x'; MAX_FRAME + 1])).await;
    closed(pair.end().await, 1009, "", &Ending::TooBig);
    assert_eq!(lengths(&heard), [MAX_FRAME]);
}

#[tokio::test]
async fn fragments_make_a_message_of_up_to_128_kilobytes() {
    let part = vec![b'x'; MAX_FRAME];
    let mut pair = Pair::new(unlimited())
        .await
        .write(&frame(0x01, &part))
        .await;
    for first in [0x00, 0x00, 0x80] {
        pair = pair.write(&frame(first, &part)).await;
    }
    let heard = Arc::clone(&pair.heard);
    for first in [0x01, 0x00, 0x00, 0x00, 0x80] {
        pair = pair.write(&frame(first, &part)).await;
    }
    closed(pair.end().await, 1009, "", &Ending::TooBig);
    assert_eq!(lengths(&heard), [MAX_MESSAGE]);
}

#[tokio::test]
async fn binary_closes_with_1003() {
    let mut pair = Pair::new(unlimited()).await;
    pair.client
        .send(Message::Binary(Bytes::from_static(b"{}")))
        .await
        .unwrap();
    closed(pair.end().await, 1003, "", &Ending::Binary);
}

#[tokio::test]
async fn text_that_is_not_utf_8_closes_with_1007() {
    let pair = Pair::new(unlimited())
        .await
        .write(&frame(0x81, b"ol\xe1"))
        .await;
    closed(pair.end().await, 1007, "", &Ending::NotText);
}

#[tokio::test]
async fn frames_that_violate_the_protocol_close_with_1002() {
    let reserved_bit = frame(0xC1, b"x");
    let reserved_opcode = frame(0x83, b"x");
    let lonely_continuation = frame(0x80, b"x");
    let fragmented_ping = frame(0x09, b"x");
    let unmasked = vec![0x81, 0x01, b'x'];
    for wrong in [
        reserved_bit,
        reserved_opcode,
        lonely_continuation,
        fragmented_ping,
        unmasked,
    ] {
        let pair = Pair::new(unlimited()).await.write(&wrong).await;
        closed(pair.end().await, 1002, "", &Ending::ProtocolError);
    }
}

#[tokio::test]
async fn a_ping_between_fragments_is_answered_and_the_message_is_whole() {
    let mut pair = Pair::new(unlimited()).await;
    for (first, payload) in [(0x01, "frag"), (0x89, "now"), (0x80, "ment")] {
        pair = pair.write(&frame(first, payload.as_bytes())).await;
    }
    let pong = pair.client.next().await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("now".into()));
    pair.client.close(None).await.unwrap();
    let heard = Arc::clone(&pair.heard);
    pair.end().await;
    assert_eq!(*heard.lock().unwrap(), ["fragment"]);
}

#[tokio::test]
async fn the_close_frame_is_echoed_and_what_follows_it_is_ignored() {
    let close = frame(0x88, &1000_u16.to_be_bytes());
    let pair = Pair::new(unlimited()).await.write(&close).await;
    let pair = pair.write(&frame(0x81, b"late")).await;
    let heard = Arc::clone(&pair.heard);
    let ending = Ending::ClosedByClient(Some((1000, String::new())));
    closed(pair.end().await, 1000, "", &ending);
    assert!(heard.lock().unwrap().is_empty());
}
