//! `cargo xtask bench`

use crate::scripts::Scripts;

/// A cargo that records what it is asked to build, and a benchmark that prints its arguments.
fn built() -> Scripts {
    let print = "echo got \"$@\"";
    Scripts::new()
        .with_cargo("echo \"$*\" > $HERE/built")
        .with("target/debug/bench", print)
        .with("target/release/bench", print)
}

#[test]
fn options_are_passed_on_with_the_programs_to_measure() {
    let scripts = built();
    scripts
        .run(&["bench", "gateway", "--idle", "5"])
        .code(0)
        .prints("got gateway --idle 5 --programs ");
    let built = scripts.wait_for_file("built");
    let wanted = "build --bins -p papo-bench -p papo-gateway -p papo-lambdas --release\n";
    assert_eq!(built, wanted);
}

#[test]
fn help_builds_the_benchmarks_only_and_not_in_release_mode() {
    let scripts = built();
    scripts
        .run(&["bench", "app", "--help"])
        .code(0)
        .prints("got app --help");
    let built = scripts.wait_for_file("built");
    assert_eq!(built, "build --bins -p papo-bench\n");
}

#[test]
fn what_is_not_measured_is_said_before_anything_is_built() {
    let scripts = built()
        .with("node", "")
        .with("npm", "")
        .with("java", "exit 1")
        .with("python3", "echo Python 3.7.3")
        .with("wasm-opt", "exit 1");
    std::fs::create_dir_all(scripts.path("lib/rustlib/aarch64-unknown-linux-gnu/lib")).unwrap();
    scripts
        .run(&["bench"])
        .code(1)
        .prints("the Node servers are not measured: java is not installed")
        .prints("the zips are not measured: cannot install cargo-lambda-1.9.2")
        .fails_with("put wasm-opt 132 on PATH");
    assert!(!scripts.path("built").exists());
}
