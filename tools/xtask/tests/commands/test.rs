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

#[test]
fn what_a_step_needs_is_reported_before_the_first_one_starts() {
    let scripts = Scripts::new()
        .with_cargo("touch $HERE/started")
        .with("python3", "echo Python 3.7.3");
    let steps = ["fmt", "template", "mock-stack"].map(|step| ["--only", step]);
    scripts
        .run(&[&["test"], steps.as_flattened()].concat())
        .code(1)
        .warns_of("template, mock-stack: ")
        .warns_of("is Python 3.7.3: install Python 3.10 or newer")
        .fails(
            "2 of 3 steps cannot run here, so none was started: install what they need, or leave them out with \
             --skip template --skip mock-stack",
        );
    assert!(!scripts.path("started").exists());
}

#[test]
fn an_old_node_is_reported_before_the_first_step_starts() {
    let scripts = Scripts::new()
        .with("python3", "echo Python 3.11.7")
        .with("npm", "")
        .with("node", "echo v14.21.3");
    scripts
        .run(&["test", "--only", "clients"])
        .code(1)
        .warns_of("is Node.js 14.21.3: install Node.js 18 or newer from https://nodejs.org");
}

#[test]
fn what_is_not_tested_is_said_before_the_first_step_starts() {
    // macOS has such a program where there is no Java.
    let scripts = Scripts::new()
        .with_cargo("exit 1")
        .with("node", "")
        .with("npm", "")
        .with("java", "exit 1");
    scripts.run(&["test", "--only", "test"]).code(1).prints(
        "test: not tested against DynamoDB Local, because java is not installed\n\n[1/1] test",
    );
}

#[test]
fn the_wording_is_not_checked_where_git_does_not_know_the_files() {
    let scripts = Scripts::new().with("git", "exit 128");
    scripts
        .run(&["test", "--only", "prose"])
        .code(0)
        .prints("ok; skipped, because git cannot list the files of this directory");
}

#[test]
fn a_step_can_be_left_out() {
    let scripts = Scripts::new().with_cargo("echo \"$1\" >> $HERE/calls");
    let arguments = ["--only", "fmt", "--only", "clippy", "--skip", "fmt"];
    scripts.run(&[&["test"], &arguments[..]].concat()).code(0);
    assert_eq!(scripts.lines("calls"), ["clippy"]);
}

#[test]
fn a_second_run_in_the_same_checkout_waits_for_the_first() {
    let cargo = "echo $$ > $HERE/formatting; until [ -e $HERE/formatted ]; do sleep 0.05; done";
    let scripts = Scripts::new().with_cargo(cargo);
    let first = scripts.start(&["test", "--only", "fmt"]);
    scripts.wait_for_file("formatting");
    let second = scripts.start(&["test", "--only", "fmt"]);
    second.wait_for_warning("waiting: another cargo xtask works in this checkout");
    std::fs::write(scripts.path("formatted"), "").unwrap();
    first.end().code(0);
    second.end().code(0);
}

#[test]
fn a_lock_of_a_killed_run_does_not_hold_up_the_next_one() {
    let cargo = "[ -e $HERE/formatting ] || { echo $$ > $HERE/formatting; exec sleep 1000; }";
    let scripts = Scripts::new().with_cargo(cargo);
    let first = scripts.start(&["test", "--only", "fmt"]);
    scripts.wait_for_file("formatting");
    first.signal("KILL");
    scripts.run(&["test", "--only", "fmt"]).code(0);
    let left = scripts.lines("formatting");
    let kill = std::process::Command::new("kill").args(&left).status();
    assert!(kill.unwrap().success());
}
