//! Inputs made from a corpus by small changes: what breaks a parser is mostly input that is almost valid.

use std::{fs, path::Path};

use proptest::{collection::vec, prelude::*, sample::Index};

/// A random change of an input.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Repeat,
    Put(Vec<u8>),
    /// Continues with the end of another input.
    Splice(Index),
}

/// Tokens that have a meaning to one of the parsers.
const WORDS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b":",
    b",",
    b"$",
    b"${",
    b"!Ref ",
    b"!Sub ",
    b"!GetAtt ",
    b"Fn::If",
    b"\n",
    b"\n  ",
    b"- ",
    b": ",
    b"&a ",
    b"*a",
    b"<<: ",
    b"|\n",
    b"'",
    b"#",
    b"\t",
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80",
    b"\x80",
    b"\x89",
    b"\x88",
    b"9999999999999999999999",
    b"-1",
    b"1e999",
    b"AWS::NoValue",
    b"---\n",
];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Remove),
        Just(Change::Repeat),
        proptest::sample::select(WORDS).prop_map(|word| Change::Put(word.to_vec())),
        vec(any::<u8>(), 1..6).prop_map(Change::Put),
        any::<Index>().prop_map(Change::Splice),
    ]
}

/// Maximum number of bytes that one change removes, repeats or replaces.
const REACH: usize = 24;

/// An input of the corpus with up to eight changes.
pub(crate) fn near(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<Index>(), 0..REACH, change()), 0..8);
    (any::<Index>(), changes).prop_map(move |(seed, changes)| {
        let mut input = seed.get(&corpus).clone();
        for (place, length, change) in changes {
            let start = place.index(input.len() + 1);
            let end = (start + length).min(input.len());
            match change {
                Change::Remove => drop(input.drain(start..end)),
                Change::Repeat => {
                    let part = input[start..end].repeat(3);
                    input.splice(start..end, part);
                }
                Change::Put(bytes) => drop(input.splice(start..end, bytes)),
                Change::Splice(other) => {
                    let other = other.get(&corpus);
                    input.truncate(start);
                    input.extend(&other[place.index(other.len() + 1)..]);
                }
            }
        }
        input
    })
}

/// The inputs of one folder beside this file, by the names of their files.
pub(crate) fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(folder);
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    inputs.sort();
    assert!(inputs.len() > 5, "{} is almost empty", folder.display());
    inputs
}
