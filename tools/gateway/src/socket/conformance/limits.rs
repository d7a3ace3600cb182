//! Sections 9 and 10: messages of up to 16 MiB, in few large pieces and in many small ones.

use super::{
    case::Case,
    wire::{BINARY, CONTINUATION, Frame, TEXT},
};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// How often the small messages go to and fro.
const ROUNDS: usize = 1000;

/// A message of so many bytes.
fn message(length: usize) -> Vec<u8> {
    b"BAsd7&jh23".iter().copied().cycle().take(length).collect()
}

/// The message in frames of at most `size` bytes.
fn in_fragments(opcode: u8, message: &[u8], size: usize) -> Vec<Frame> {
    let last = message.len().div_ceil(size) - 1;
    let fragments = message.chunks(size).enumerate().map(|(index, fragment)| {
        let frame = Frame::new(if index == 0 { opcode } else { CONTINUATION }, fragment);
        if index == last {
            frame
        } else {
            frame.unfinished()
        }
    });
    fragments.collect()
}

fn echoed(id: String, opcode: u8, frames: Vec<Frame>, message: &[u8]) -> Case {
    let case = Case::new(id, frames);
    if opcode == TEXT {
        case.hears_text(message)
    } else {
        case.hears_binary(message)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (offset, opcode) in [TEXT, BINARY].into_iter().enumerate() {
        let id = |group: usize, index: usize| format!("9.{}.{}", group + offset, index + 1);
        let sizes = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB];
        for (index, size) in sizes.into_iter().enumerate() {
            let message = message(size);
            let frame = Frame::new(opcode, &message);
            cases.push(echoed(id(1, index), opcode, vec![frame], &message));
        }
        let whole = message(4 * MIB);
        for index in 0..9 {
            let frames = in_fragments(opcode, &whole, 64 << (2 * index));
            cases.push(echoed(id(3, index), opcode, frames, &whole));
        }
        let whole = message(MIB);
        for index in 0..6 {
            let frame = Frame::new(opcode, &whole);
            let case = echoed(id(5, index), opcode, vec![frame], &whole);
            cases.push(case.chopped(64 << index));
        }
        for (index, size) in [0, 16, 64, 256, 1024, 4096].into_iter().enumerate() {
            let message = message(size);
            let frame = Frame::new(opcode, &message);
            let case = echoed(id(7, index), opcode, vec![frame], &message);
            cases.push(case.rounds(ROUNDS));
        }
    }
    let stars = vec![b'*'; 65536];
    let frames = in_fragments(TEXT, &stars, 1300);
    cases.push(echoed("10.1.1".to_owned(), TEXT, frames, &stars));
    cases
}
