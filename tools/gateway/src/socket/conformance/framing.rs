//! Sections 1 to 5: lengths, pings, reserved bits and opcodes, fragments.

use super::{
    case::Case,
    wire::{BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT},
};

const PROTOCOL_ERROR: &[u16] = &[1002];
const HELLO: &str = "Hello, world!";

fn text(text: &str) -> Frame {
    Frame::new(TEXT, text)
}

fn more(text: &str) -> Frame {
    Frame::new(CONTINUATION, text)
}

fn ping() -> Frame {
    Frame::new(PING, "")
}

pub(super) fn lengths() -> Vec<Case> {
    let lengths = [0, 125, 126, 127, 128, 65535, 65536, 65536];
    let mut cases = Vec::new();
    for (index, length) in lengths.into_iter().enumerate() {
        let number = index + 1;
        let (stars, bytes) = (vec![b'*'; length], vec![0xfe; length]);
        let one = Case::new(format!("1.1.{number}"), [Frame::new(TEXT, &stars)]);
        let two = Case::new(format!("1.2.{number}"), [Frame::new(BINARY, &bytes)]);
        let both = [one.hears_text(&stars), two.hears_binary(&bytes)];
        cases.extend(both.map(|case| if number == 8 { case.chopped(997) } else { case }));
    }
    cases
}

pub(super) fn pings() -> Vec<Case> {
    let ping_with = |payload: &[u8]| Frame::new(PING, payload);
    let longest = [0xfe; 125];
    let ten: Vec<_> = (0..10).map(|number| format!("payload-{number}")).collect();
    let all_ten = |id| {
        let case = Case::new(id, ten.iter().map(|payload| ping_with(payload.as_bytes())));
        ten.iter().fold(case, Case::hears_pong)
    };
    vec![
        Case::new("2.1", [ping()]).hears_pong(""),
        Case::new("2.2", [ping_with(HELLO.as_bytes())]).hears_pong(HELLO),
        Case::new("2.3", [ping_with(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")])
            .hears_pong(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
        Case::new("2.4", [ping_with(&longest)]).hears_pong(longest),
        Case::new("2.5", [ping_with(&[0xfe; 126])]).closed_with(PROTOCOL_ERROR),
        Case::new("2.6", [ping_with(&longest)])
            .hears_pong(longest)
            .chopped(1),
        Case::new("2.7", [Frame::new(PONG, "")]),
        Case::new("2.8", [Frame::new(PONG, "unsolicited pong payload")]),
        Case::new(
            "2.9",
            [
                Frame::new(PONG, "unsolicited pong payload"),
                ping_with(b"ping payload"),
            ],
        )
        .hears_pong("ping payload"),
        all_ten("2.10"),
        all_ten("2.11").chopped(1),
    ]
}

pub(super) fn reserved_bits() -> Vec<Case> {
    let after_a_message = |id, bits: u8| {
        Case::new(id, [text(HELLO), text(HELLO).reserved(bits), ping()])
            .hears_text(HELLO)
            .closed_with(PROTOCOL_ERROR)
    };
    let alone = |id, frame: Frame| Case::new(id, [frame]).closed_with(PROTOCOL_ERROR);
    vec![
        alone("3.1", text(HELLO).reserved(1)),
        after_a_message("3.2", 2),
        after_a_message("3.3", 3).chopped(7),
        after_a_message("3.4", 4).chopped(1),
        alone("3.5", Frame::new(BINARY, [0x00, 0xff, 0xfe]).reserved(5)),
        alone("3.6", Frame::new(PING, HELLO).reserved(6)),
        alone("3.7", Frame::close(1000, "").reserved(7)),
    ]
}

pub(super) fn reserved_opcodes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (section, first) in [("4.1", 3), ("4.2", 11)] {
        for number in 1..=5_u8 {
            let opcode = first + number - 1;
            let payload = if number.is_multiple_of(2) {
                "reserved opcode payload"
            } else {
                ""
            };
            let reserved = Frame::new(opcode, payload);
            let id = format!("{section}.{number}");
            let case = match number {
                1 | 2 => Case::new(id, [reserved]),
                _ => Case::new(id, [text(HELLO), reserved, ping()]).hears_text(HELLO),
            };
            let case = case.closed_with(PROTOCOL_ERROR);
            cases.push(if number > 3 { case.chopped(1) } else { case });
        }
    }
    cases
}

pub(super) fn fragments() -> Vec<Case> {
    let [one, two, three] = ["fragment1", "fragment2", "fragment3"];
    let both = "fragment1fragment2";
    let halves = |id| Case::new(id, [text(one).unfinished(), more(two)]).hears_text(both);
    let with_ping = |id| {
        let frames = [
            text(one).unfinished(),
            Frame::new(PING, "ping payload"),
            more(two),
        ];
        Case::new(id, frames)
            .hears_pong("ping payload")
            .hears_text(both)
    };
    let nothing_to_continue = |id, first: Frame| {
        Case::new(id, [first, text("Hello, world!")]).closed_with(PROTOCOL_ERROR)
    };
    let twice = |id, lonely: fn(&str) -> Frame| {
        let frames = [lonely(one), text(two).unfinished(), more(three)];
        Case::new(id, [frames.clone(), frames].concat()).closed_with(PROTOCOL_ERROR)
    };
    let five = |id| {
        let frames = [
            text("fragment1").unfinished(),
            more("fragment2").unfinished(),
            Frame::new(PING, "pongme 1!"),
            more("fragment3").unfinished(),
            more("fragment4").unfinished(),
            Frame::new(PING, "pongme 2!"),
            more("fragment5"),
        ];
        Case::new(id, frames)
            .hears_pong("pongme 1!")
            .hears_pong("pongme 2!")
            .hears_text("fragment1fragment2fragment3fragment4fragment5")
    };
    let fragmented = |id, opcode| {
        let frames = [Frame::new(opcode, one).unfinished(), more(two)];
        Case::new(id, frames).closed_with(PROTOCOL_ERROR)
    };
    vec![
        fragmented("5.1", PING),
        fragmented("5.2", PONG),
        halves("5.3"),
        halves("5.4").chopped(9),
        halves("5.5").chopped(1),
        with_ping("5.6"),
        with_ping("5.7").chopped(9),
        with_ping("5.8").chopped(1),
        nothing_to_continue("5.9", more("non-continuation payload")),
        nothing_to_continue("5.10", more("non-continuation payload")).chopped(9),
        nothing_to_continue("5.11", more("non-continuation payload")).chopped(1),
        nothing_to_continue("5.12", more("non-continuation payload").unfinished()),
        nothing_to_continue("5.13", more("non-continuation payload").unfinished()).chopped(9),
        nothing_to_continue("5.14", more("non-continuation payload").unfinished()).chopped(1),
        Case::new(
            "5.15",
            [
                text(one).unfinished(),
                more(two),
                more(three).unfinished(),
                text("fragment4"),
            ],
        )
        .hears_text(both)
        .closed_with(PROTOCOL_ERROR),
        twice("5.16", |payload| more(payload).unfinished()),
        twice("5.17", more),
        Case::new("5.18", [text(one).unfinished(), text(two)]).closed_with(PROTOCOL_ERROR),
        five("5.19"),
        five("5.20").chopped(1),
    ]
}

pub(super) fn unmasked() -> Vec<Case> {
    let frames = [
        text(HELLO),
        text(""),
        Frame::new(BINARY, HELLO),
        ping(),
        Frame::new(CLOSE, ""),
    ];
    let cases = frames.into_iter().enumerate().map(|(number, frame)| {
        let case = Case::new(format!("unmasked {number}"), [frame.unmasked()]);
        case.closed_with(PROTOCOL_ERROR)
    });
    cases.collect()
}
