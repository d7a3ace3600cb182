//! The program `simulate`.

use std::io::Read as _;
use std::process::Command;

#[test]
fn a_reader_that_has_read_enough_ends_the_program_without_a_message() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let (mut errors, stderr) = std::io::pipe().unwrap();
    let mut simulate = Command::new(env!("CARGO_BIN_EXE_simulate"));
    simulate
        .args(["--seed", "42"])
        .stdout(writer)
        .stderr(stderr);
    let status = simulate.status().unwrap();
    drop(simulate);
    let mut printed = String::new();
    errors.read_to_string(&mut printed).unwrap();
    assert_eq!(printed, "");
    assert_eq!(status.code(), Some(141));
}
