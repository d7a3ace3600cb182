//! `cargo xtask test`

use crate::scripts::Scripts;

#[test]
fn a_failed_step_is_reported_with_the_command_to_repeat_it() {
    let scripts = Scripts::new().with_cargo("[ $1 != fmt ]");
    scripts
        .run(&["test", "--quick"])
        .code(1)
        .prints("to repeat this step: cargo xtask test --only fmt")
        .fails("step 1 of 5 (fmt) failed: `cargo fmt --all --check` failed (exit status: 1)");
}

#[test]
fn an_unknown_step_is_rejected_with_the_list_of_steps() {
    let rejected = Scripts::new().run(&["test", "--only", "lint"]).code(2);
    rejected.warns_of("[possible values: fmt, prose, ");
}

#[test]
fn the_summary_has_the_time_of_every_step() {
    Scripts::new()
        .run(&["test", "--only", "fmt", "--only", "clippy"])
        .code(0)
        .prints("\nstep    seconds\nfmt     ")
        .prints("\ntotal ");
}

#[test]
fn a_signal_terminates_the_running_step_and_its_children() {
    let cargo = "sleep 1000 & echo $$ $! > $HERE/step-processes; wait";
    let scripts = Scripts::new().with_cargo(cargo);
    let running = scripts.start(&["test", "--only", "fmt"]);
    scripts.wait_for_file("step-processes");
    running.signal("TERM");
    running.end().code(143);
    scripts.assert_ended("step-processes");
}

/// A cargo-deny that appends its arguments to `deny-calls`; `fetch db` exits with `fetch`.
fn with_deny(fetch: u8) -> Scripts {
    let deny =
        format!("shift; echo $@ >> $HERE/deny-calls; [ \"$*\" != 'fetch db' ] || exit {fetch}");
    Scripts::new()
        .with("cargo-deny", "echo cargo-deny 0.20.2")
        .with_cargo(&deny)
}

#[test]
fn advisories_are_checked_where_their_database_can_be_fetched() {
    let scripts = with_deny(0);
    scripts.run(&["test", "--only", "deny"]).code(0);
    let calls = [
        "check licenses bans sources",
        "fetch db",
        "check --disable-fetch advisories",
    ];
    assert_eq!(scripts.lines("deny-calls"), calls);
}

#[test]
fn a_signal_while_the_database_is_fetched_is_not_taken_for_a_failure_to_fetch_it() {
    let fetching = "[ $2 != fetch ] || { echo $$ > $HERE/fetching; sleep 1000; }";
    let scripts = Scripts::new()
        .with("cargo-deny", "echo cargo-deny 0.20.2")
        .with_cargo(fetching);
    let running = scripts.start(&["test", "--only", "deny"]);
    scripts.wait_for_file("fetching");
    running.signal("INT");
    running.end().code(130);
    scripts.assert_ended("fetching");
}

#[test]
fn without_the_database_of_advisories_the_other_dependency_checks_run() {
    let scripts = with_deny(1);
    scripts
        .run(&["test", "--only", "deny"])
        .code(0)
        .prints("ok; without advisories, because their database cannot be fetched");
    assert_eq!(
        scripts.lines("deny-calls"),
        ["check licenses bans sources", "fetch db"]
    );
}
