//! `cargo xtask chaos`

use crate::scripts::Scripts;

/// A program that runs until it is interrupted.
const UNTIL_INTERRUPTED: &str =
    "trap 'echo settled; exit 0' INT; echo started; while :; do sleep 0.05; done";

/// A cargo that records what it is asked to build, and this script as the program that it has built.
fn built(program: &str) -> Scripts {
    Scripts::new()
        .with_cargo("echo \"$*\" > $HERE/built")
        .with("target/debug/chaos", program)
        .with("target/release/chaos", "echo released")
}

#[test]
fn arguments_are_passed_on_and_the_exit_code_is_returned() {
    let scripts = built("echo got \"$@\"; exit 1");
    scripts
        .run(&["chaos", "--minutes", "10", "--no-faults"])
        .code(1)
        .prints("got --minutes 10 --no-faults");
    let built = scripts.wait_for_file("built");
    assert_eq!(
        built,
        "build --bins -p papo-reliability -p papo-gateway -p papo-lambdas\n"
    );
}

#[test]
fn a_release_build_is_made_on_request() {
    let scripts = built("echo tested");
    scripts
        .run(&["chaos", "--release"])
        .code(0)
        .prints("released");
    assert!(scripts.wait_for_file("built").contains("--release"));
}

#[test]
fn help_does_not_build_the_whole_chat() {
    let scripts = built("echo got \"$@\"");
    scripts
        .run(&["chaos", "--help"])
        .code(0)
        .prints("got --help");
    assert_eq!(
        scripts.wait_for_file("built"),
        "build --bins -p papo-reliability\n"
    );
}

#[test]
fn ctrl_c_reaches_the_program() {
    let scripts = built(UNTIL_INTERRUPTED);
    let running = scripts.start(&["chaos"]);
    running.wait_for_line("started");
    running.signal("INT");
    running.end().code(0).prints("settled");
}
