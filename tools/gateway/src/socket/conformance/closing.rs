//! Section 7: the closing handshake, and codes and reasons that may and may not be in it.

use super::{
    case::Case,
    wire::{CLOSE, CONTINUATION, Frame, PING, TEXT},
};

const NORMAL: &[u16] = &[1000];
const PROTOCOL_ERROR: &[u16] = &[1002];
/// A protocol error or an invalid payload; Autobahn takes both.
const BAD_REASON: &[u16] = &[1002, 1007];

/// Codes that may be in a close frame (RFC 6455 §7.4).
const VALID: &[u16] = &[
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
];
/// Codes that may not.
const INVALID: &[u16] = &[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
/// Codes above all ranges; what is to be done about them is left open.
const BEYOND: &[u16] = &[5000, 65535];

pub(super) fn cases() -> Vec<Case> {
    let (close, hello) = (|| Frame::close(1000, ""), "Hello World!");
    let text = |payload: &str| Frame::new(TEXT, payload);
    let mut cases = vec![
        Case::new("7.1.1", [text(hello)]).hears_text(hello),
        Case::new("7.1.2", [close(), Frame::new(CLOSE, "")]).closed_with(NORMAL),
        Case::new("7.1.3", [close(), Frame::new(PING, "")]).closed_with(NORMAL),
        Case::new("7.1.4", [close(), text(hello)]).closed_with(NORMAL),
        Case::new(
            "7.1.5",
            [
                text("fragment1").unfinished(),
                close(),
                Frame::new(CONTINUATION, "fragment2"),
            ],
        )
        .closed_with(NORMAL),
        Case::new(
            "7.1.6",
            [
                text(&"BAsd7&jh23".repeat(26_215)),
                text(hello),
                close(),
                Frame::new(PING, ""),
            ],
        )
        .hears_anything()
        .closed_with(NORMAL),
        Case::new("7.3.1", [Frame::new(CLOSE, "")]).closed_with(&[1000, 1005]),
        Case::new("7.3.2", [Frame::new(CLOSE, "a")]).closed_with(PROTOCOL_ERROR),
        Case::new("7.3.3", [close()]).closed_with(NORMAL),
        Case::new("7.3.4", [Frame::close(1000, hello)]).closed_with(NORMAL),
        Case::new("7.3.5", [Frame::close(1000, "*".repeat(123))]).closed_with(NORMAL),
        Case::new("7.3.6", [Frame::close(1000, "*".repeat(124))]).closed_with(PROTOCOL_ERROR),
        Case::new(
            "7.5.1",
            [Frame::close(
                1000,
                b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64",
            )],
        )
        .closed_with(BAD_REASON),
    ];
    for (index, code) in VALID.iter().enumerate() {
        let case = Case::new(format!("7.7.{}", index + 1), [Frame::close(*code, "")]);
        cases.push(case.closed_with(&VALID[index..=index]));
    }
    for (index, code) in INVALID.iter().enumerate() {
        let frame = Frame::close(*code, "");
        let case = Case::new(format!("7.9.{}", index + 1), [frame]);
        cases.push(case.closed_with(PROTOCOL_ERROR));
    }
    for (index, code) in BEYOND.iter().enumerate() {
        let case = Case::new(format!("7.13.{}", index + 1), [Frame::close(*code, "")]);
        cases.push(case.closed_with(&[]));
    }
    cases
}
