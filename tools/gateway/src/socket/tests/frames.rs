//! Which frames are accepted, and how the connection ends on the others.

use super::*;

fn lengths(heard: &[String]) -> Vec<usize> {
    heard.iter().map(String::len).collect()
}

#[tokio::test]
async fn a_frame_of_32_kilobytes_passes_and_one_byte_more_closes_with_1009() {
    let mut pair = Pair::new().await;
    for length in [MAX_FRAME, MAX_FRAME + 1] {
        pair.write(&frame(0x81, &vec![b'x'; length])).await;
    }
    let heard = pair.closes(1009, "", Ending::TooBig).await;
    assert_eq!(lengths(&heard), [MAX_FRAME]);
}

#[tokio::test]
async fn fragments_make_a_message_of_up_to_128_kilobytes() {
    let mut pair = Pair::new().await;
    let whole = [0x01, 0x00, 0x00, 0x80];
    let too_long = [0x01, 0x00, 0x00, 0x00, 0x80];
    let part = vec![b'x'; MAX_FRAME];
    for first in [&whole[..], &too_long].concat() {
        pair.write(&frame(first, &part)).await;
    }
    let heard = pair.closes(1009, "", Ending::TooBig).await;
    assert_eq!(lengths(&heard), [MAX_MESSAGE]);
}

#[tokio::test]
async fn binary_closes_with_1003() {
    let mut pair = Pair::new().await;
    pair.write(&frame(0x82, b"{}")).await;
    pair.closes(1003, "", Ending::Binary).await;
}

#[tokio::test]
async fn text_that_is_not_utf_8_closes_with_1007() {
    let mut pair = Pair::new().await;
    pair.write(&frame(0x81, b"ol\xe1")).await;
    pair.closes(1007, "", Ending::NotText).await;
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
        let mut pair = Pair::new().await;
        pair.write(&wrong).await;
        pair.closes(1002, "", Ending::ProtocolError).await;
    }
}

#[tokio::test]
async fn a_ping_between_fragments_is_answered_and_the_message_is_whole() {
    let mut pair = Pair::new().await;
    for (first, payload) in [(0x01, "frag"), (0x89, "now"), (0x80, "ment")] {
        pair.write(&frame(first, payload.as_bytes())).await;
    }
    assert_eq!(pair.next().await, Message::Pong("now".into()));
    assert_eq!(pair.leaves().await, ["fragment"]);
}

#[tokio::test]
async fn the_close_frame_is_echoed_and_what_follows_it_is_ignored() {
    let mut pair = Pair::new().await;
    pair.write(&frame(0x88, &1000_u16.to_be_bytes())).await;
    pair.write(&frame(0x81, b"late")).await;
    let ending = Ending::ClosedByClient(Some((1000, String::new())));
    let heard = pair.closes(1000, "", ending).await;
    assert_eq!(heard, [""; 0]);
}
