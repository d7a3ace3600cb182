//! `cargo xtask test`

use crate::scripts::Scripts;

#[test]
fn a_step_that_fails_is_named_with_what_to_run() {
    let cargo = "case $1 in metadata) echo \"{\\\"target_directory\\\":\\\"$HERE/target\\\"}\";; fmt) exit 1;; esac";
    let scripts = Scripts::new().with("cargo", cargo);
    scripts
        .run(&["test", "--quick"])
        .code(1)
        .says("to see it again: cargo xtask test --only fmt")
        .complains("step 1 of 4 (fmt) failed: `cargo fmt --all --check` failed (exit status: 1)");
}

#[test]
fn a_step_that_does_not_exist_is_refused_with_the_list() {
    Scripts::new().run(&["test", "--only", "lint"]).code(1).complains(
        "there is no step called lint: choose among fmt, clippy, clippy-wasm, docs, template, test, clients, test-wasm, dist, e2e",
    );
}

#[test]
fn every_step_is_in_the_summary_with_its_time() {
    Scripts::new()
        .run(&["test", "--only", "fmt", "--only", "clippy"])
        .code(0)
        .says("\nstep    seconds\nfmt     ")
        .says("\ntotal ");
}

#[test]
fn a_signal_ends_the_step_that_runs_and_all_that_it_started() {
    let cargo = "[ \"$1\" = metadata ] && { echo \"{\\\"target_directory\\\":\\\"$HERE/target\\\"}\"; exit; }\n\
                 sleep 1000 & echo $$ $! > $HERE/step-processes; wait";
    let scripts = Scripts::new().with("cargo", cargo);
    let running = scripts.start(&["test", "--only", "fmt"]);
    scripts.wait_for_file("step-processes");
    running.signal("TERM");
    running.end().code(143);
    scripts.assert_ended("step-processes");
}

#[test]
fn help_names_every_step() {
    let help = Scripts::new().run(&["test", "--help"]).code(0);
    [
        "fmt",
        "clippy",
        "clippy-wasm",
        "docs",
        "template",
        "test-wasm",
        "dist",
        "e2e",
    ]
    .into_iter()
    .fold(help, |help, step| help.says(step));
}
