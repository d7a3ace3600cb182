use super::*;

const HELLO: &[u8] = b"\x81\x05Hello";

const MAX_BYTES: usize = 1024;

fn decoded(terms: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut decoder = Decoder::new(Some(Agreement::parse(terms).unwrap()), MAX_BYTES);
    let mut plain = Vec::new();
    // One byte at a time: where the stream is cut must not matter.
    for byte in bytes {
        decoder.decode(&[*byte]);
        plain.extend_from_slice(decoder.take(usize::MAX)?);
    }
    decoder.take(usize::MAX)?;
    Ok(plain)
}

#[track_caller]
fn decodes(bytes: &[u8], expected: &[u8]) {
    assert_eq!(decoded("permessage-deflate", bytes).unwrap(), expected);
}

// The examples of RFC 7692 §7.2.3.
#[test]
fn compressed_messages_become_plain_ones() {
    let block = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    decodes(block, HELLO);
    decodes(
        b"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
        HELLO,
    );
    decodes(b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00", HELLO);
    let twice = [block, &b"\xc1\x05\xf2\x00\x11\x00\x00"[..]].concat();
    decodes(&twice, &HELLO.repeat(2));
    decodes(
        b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00",
        b"\x01\x02He\x80\x03llo",
    );
}

#[test]
fn control_frames_may_come_between_the_frames_of_a_message() {
    decodes(
        b"\x41\x03\xf2\x48\xcd\x89\x01!\x80\x04\xc9\xc9\x07\x00",
        b"\x01\x02He\x89\x01!\x80\x03llo",
    );
}

#[test]
fn other_frames_pass_unchanged() {
    for bytes in [
        HELLO,
        b"\x89\x00",
        b"\x88\x02\x03\xe8",
        // Reserved bits that no extension has given a meaning, and masked frames: for tungstenite to report.
        b"\xa1\x01x",
        b"\xc9\x01x",
        b"\xc0\x01x",
        b"\xc1\x81\x00\x00\x00\x00x",
    ] {
        decodes(bytes, bytes);
    }
    let long = [&b"\x82\x7e\x01\x00"[..], &[7; 256]].concat();
    decodes(&long, &long);
}

#[test]
fn a_server_may_forget_what_it_has_sent() {
    let block: &[u8] = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    let terms = "permessage-deflate; server_no_context_takeover";
    let twice = decoded(terms, &block.repeat(2)).unwrap();
    assert_eq!(twice, HELLO.repeat(2));
    // The second message refers to the first, which has been forgotten.
    let referring = [block, b"\xc1\x05\xf2\x00\x11\x00\x00"].concat();
    let error = decoded(terms, &referring).unwrap_err().to_string();
    assert!(error.contains("invalid compressed data"), "{error}");
}

#[test]
fn invalid_data_are_reported_after_what_came_before() {
    let mut decoder = Decoder::new(Some(Agreement::default()), MAX_BYTES);
    decoder.decode(b"\x81\x05Hello\xc1\x04\xff\xff\xff\xff");
    assert_eq!(decoder.take(3).unwrap(), &HELLO[..3]);
    assert_eq!(decoder.take(99).unwrap(), &HELLO[3..]);
    assert!(decoder.take(99).is_err());
}

#[test]
fn a_message_that_inflates_to_too_much_is_reported_by_its_length() {
    let mut decoder = Decoder::new(Some(Agreement::default()), 4);
    decoder.decode(b"\xc2\x07\xf2\x48\xcd\xc9\xc9\x07\x00");
    assert_eq!(decoder.take(10).unwrap(), b"\x82\x05");
}

#[test]
fn a_length_in_more_bytes_than_necessary_is_reported() {
    for header in [
        &b"\x81\x7e\x00\x7d"[..],
        b"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff",
        b"\x89\x7e\x00\x00",
    ] {
        let mut decoder = Decoder::new(None, MAX_BYTES);
        decoder.decode(b"\x81\x05Hello");
        decoder.decode(header);
        assert_eq!(decoder.take(99).unwrap(), HELLO);
        let error = decoder.take(99).unwrap_err().to_string();
        assert!(error.contains("more bytes than necessary"), "{error}");
    }
    decodes(
        &[b"\x82\x7e\x00\x7e", &[7; 126][..]].concat(),
        &[b"\x82\x7e\x00\x7e", &[7; 126][..]].concat(),
    );
}

#[test]
fn without_an_agreement_compressed_frames_pass_unchanged() {
    let mut decoder = Decoder::new(None, MAX_BYTES);
    let frame = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    decoder.decode(frame);
    assert_eq!(decoder.take(99).unwrap(), frame);
}

#[test]
fn what_follows_a_close_frame_is_discarded() {
    for close in [&b"\x88\x00"[..], b"\x88\x02\x03\xe8"] {
        decodes(&[close, b"HTTP/1.1 200 OK\r\n"].concat(), close);
    }
    decodes(b"\x89\x00\x81\x05Hello", b"\x89\x00\x81\x05Hello");
}
