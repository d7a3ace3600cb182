//! Section 6: text that is UTF-8 and text that is not. The sequences are Markus Kuhn's
//! (<https://www.cl.cam.ac.uk/~mgk25/ucs/examples/UTF-8-test.txt>).

use super::{
    case::Case,
    wire::{CONTINUATION, Frame, TEXT},
};

const INVALID: &[u16] = &[1007];

const GREEK: &[u8] = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
const EDITED: &[u8] = b"edited";

/// The sequences of 6.5 and after, each section with those that are valid and those that are not.
fn sequences() -> Vec<Vec<Vec<u8>>> {
    let list = |sequences: &[&[u8]]| -> Vec<Vec<u8>> {
        sequences.iter().map(|sequence| sequence.to_vec()).collect()
    };
    // Start bytes, each followed by a blank; like the original, which leaves out the last of each range.
    let lonely = |range: std::ops::Range<u8>| range.flat_map(|start| [start, b' ']).collect();
    let missing_last = list(&[
        b"\xc0",
        b"\xe0\x80",
        b"\xf0\x80\x80",
        b"\xf8\x80\x80\x80",
        b"\xfc\x80\x80\x80\x80",
        b"\xdf",
        b"\xef\xbf",
        b"\xf7\xbf\xbf",
        b"\xfb\xbf\xbf\xbf",
        b"\xfd\xbf\xbf\xbf\xbf",
    ]);
    let mut continuations = list(&[
        b"\x80",
        b"\xbf",
        b"\x80\xbf",
        b"\x80\xbf\x80",
        b"\x80\xbf\x80\xbf",
        b"\x80\xbf\x80\xbf\x80",
        b"\x80\xbf\x80\xbf\x80\xbf",
    ]);
    continuations.push((0x80..0xbf).collect());
    vec![
        list(&[
            b"hello$world",
            b"hello\xc2\xa2world",
            b"hello\xe2\x82\xacworld",
            b"hello\xf0\xa4\xad\xa2world",
            GREEK,
        ]),
        (1..=GREEK.len()).map(|end| GREEK[..end].to_vec()).collect(),
        list(&[b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"]),
        list(&[b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"]),
        list(&[b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"]),
        list(&[
            b"\xf7\xbf\xbf\xbf",
            b"\xfb\xbf\xbf\xbf\xbf",
            b"\xfd\xbf\xbf\xbf\xbf\xbf",
        ]),
        list(&[
            b"\xed\x9f\xbf",
            b"\xee\x80\x80",
            b"\xef\xbf\xbd",
            b"\xf4\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
        ]),
        continuations,
        [0xc0..0xdf, 0xe0..0xef, 0xf0..0xf7, 0xf8..0xfb, 0xfc..0xfd]
            .map(lonely)
            .to_vec(),
        missing_last.clone(),
        vec![missing_last.concat()],
        list(&[b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]),
        list(&[
            b"\xc0\xaf",
            b"\xe0\x80\xaf",
            b"\xf0\x80\x80\xaf",
            b"\xf8\x80\x80\x80\xaf",
            b"\xfc\x80\x80\x80\x80\xaf",
        ]),
        list(&[
            b"\xc1\xbf",
            b"\xe0\x9f\xbf",
            b"\xf0\x8f\xbf\xbf",
            b"\xf8\x87\xbf\xbf\xbf",
            b"\xfc\x83\xbf\xbf\xbf\xbf",
        ]),
        list(&[
            b"\xc0\x80",
            b"\xe0\x80\x80",
            b"\xf0\x80\x80\x80",
            b"\xf8\x80\x80\x80\x80",
            b"\xfc\x80\x80\x80\x80\x80",
        ]),
        list(&[
            b"\xed\xa0\x80",
            b"\xed\xad\xbf",
            b"\xed\xae\x80",
            b"\xed\xaf\xbf",
            b"\xed\xb0\x80",
            b"\xed\xbe\x80",
            b"\xed\xbf\xbf",
        ]),
        list(&[
            b"\xed\xa0\x80\xed\xb0\x80",
            b"\xed\xa0\x80\xed\xbf\xbf",
            b"\xed\xad\xbf\xed\xb0\x80",
            b"\xed\xad\xbf\xed\xbf\xbf",
            b"\xed\xae\x80\xed\xb0\x80",
            b"\xed\xae\x80\xed\xbf\xbf",
            b"\xed\xaf\xbf\xed\xb0\x80",
            b"\xed\xaf\xbf\xed\xbf\xbf",
        ]),
        non_characters(),
        (0xb9..=0xbf).map(|last| vec![0xef, 0xbf, last]).collect(),
    ]
}

/// Code points that are no characters, and are valid UTF-8 nevertheless.
fn non_characters() -> Vec<Vec<u8>> {
    let planes = (0..=16).flat_map(|plane| [0xfffe, 0xffff].map(|low| plane << 16 | low));
    let texts = planes.filter_map(char::from_u32);
    texts.map(|c| c.to_string().into_bytes()).collect()
}

/// The text in frames of these parts.
fn in_frames(parts: &[&[u8]]) -> Vec<Frame> {
    let frames = parts.iter().enumerate().map(|(index, part)| {
        let frame = Frame::new(if index == 0 { TEXT } else { CONTINUATION }, part);
        if index + 1 == parts.len() {
            frame
        } else {
            frame.unfinished()
        }
    });
    frames.collect()
}

pub(super) fn cases() -> Vec<Case> {
    let valid = "Hello-\u{b5}@\u{df}\u{f6}\u{e4}\u{fc}\u{e0}\u{e1}-UTF-8!!".as_bytes();
    let surrogate = [GREEK, b"\xed\xa0\x80", EDITED].concat();
    let beyond = [GREEK, b"\xf4\x90\x80\x80", EDITED].concat();
    let octets = |text: &[u8]| in_frames(&text.chunks(1).collect::<Vec<_>>());
    // The frame that makes the text wrong is the last one that is sent: the server must not wait for the end.
    let fails_fast = |id, parts: [&[u8]; 2]| {
        let frames = in_frames(&[parts[0], parts[1], EDITED]);
        Case::new(id, frames.into_iter().take(2)).closed_with(INVALID)
    };
    let mut cases = vec![
        Case::new("6.1.1", in_frames(&[b""])).hears_text(""),
        Case::new("6.1.2", in_frames(&[b"", b"", b""])).hears_text(""),
        Case::new("6.1.3", in_frames(&[b"", b"middle frame payload", b""]))
            .hears_text("middle frame payload"),
        Case::new("6.2.1", in_frames(&[valid])).hears_text(valid),
        Case::new("6.2.2", in_frames(&[&valid[..12], &valid[12..]])).hears_text(valid),
        Case::new("6.2.3", octets(valid)).hears_text(valid),
        Case::new("6.2.4", octets(GREEK)).hears_text(GREEK),
        Case::new("6.3.1", in_frames(&[&surrogate])).closed_with(INVALID),
        Case::new("6.3.2", octets(&surrogate)).closed_with(INVALID),
        fails_fast("6.4.1", [GREEK, b"\xf4\x90\x80\x80"]),
        fails_fast("6.4.2", [&beyond[..12], &beyond[12..13]]),
        // Failing in the middle of a frame is left open by the suite; the whole frame fails.
        Case::new("6.4.3", in_frames(&[&beyond]))
            .chopped(17)
            .closed_with(INVALID),
        Case::new("6.4.4", in_frames(&[&beyond]))
            .chopped(18)
            .closed_with(INVALID),
    ];
    for (section, sequences) in sequences().iter().enumerate() {
        for (index, sequence) in sequences.iter().enumerate() {
            let case = Case::new(
                format!("6.{}.{}", section + 5, index + 1),
                in_frames(&[sequence]),
            );
            let valid = std::str::from_utf8(sequence).is_ok();
            cases.push(if valid {
                case.hears_text(sequence)
            } else {
                case.closed_with(INVALID)
            });
        }
    }
    cases
}
