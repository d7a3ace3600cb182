//! `cargo xtask chaos`

use crate::scripts::Scripts;

/// A program that waits until it is interrupted.
const UNTIL_INTERRUPTED: &str =
    "trap 'echo all came to rest; exit 0' INT; echo begun; while :; do sleep 0.05; done";

/// A toolchain that takes down what it is to build, and this program as what it has built.
fn built(program: &str) -> Scripts {
    let cargo = r#"case $1 in
        metadata) echo "{\"target_directory\":\"$HERE/target\"}";;
        build) echo "$*" > $HERE/built;;
    esac"#;
    Scripts::new()
        .with("cargo", cargo)
        .with("target/debug/chaos", program)
        .with("target/release/chaos", "echo released")
}

#[test]
fn the_program_is_told_everything_and_its_end_is_the_commands_end() {
    let scripts = built("echo told \"$@\"; exit 1");
    scripts
        .run(&["chaos", "--minutes", "10", "--calm"])
        .code(1)
        .says("told --minutes 10 --calm");
    let built = scripts.wait_for_file("built");
    assert_eq!(
        built,
        "build --bins -p papo-chaos -p papo-gateway -p papo-lambdas\n"
    );
}

#[test]
fn what_is_deployed_is_built_as_it_is_deployed() {
    let scripts = built("echo tested");
    scripts
        .run(&["chaos", "--release"])
        .code(0)
        .says("released");
    assert!(scripts.wait_for_file("built").contains("--release"));
}

#[test]
fn whoever_only_asks_does_not_wait_for_the_whole_chat_to_be_built() {
    let scripts = built("echo told \"$@\"");
    scripts
        .run(&["chaos", "--help"])
        .code(0)
        .says("told --help");
    assert_eq!(
        scripts.wait_for_file("built"),
        "build --bins -p papo-chaos\n"
    );
}

#[test]
fn ctrl_c_reaches_the_program() {
    let scripts = built(UNTIL_INTERRUPTED);
    let running = scripts.start(&["chaos"]);
    running.wait_for_line("begun");
    running.signal("INT");
    running.end().code(0).says("all came to rest");
}

#[test]
fn a_program_that_was_not_built_is_named() {
    let scripts = built("");
    std::fs::remove_file(scripts.path("target/debug/chaos")).unwrap();
    scripts
        .run(&["chaos"])
        .code(1)
        .complains_with("target/debug/chaos");
}
