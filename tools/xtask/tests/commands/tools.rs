//! What is said and left behind when a tool is missing.

use crate::scripts::Scripts;

/// A cargo whose `install` does what the script says.
fn cargo_that_installs(install: &str) -> String {
    format!(
        "case $1 in\nmetadata) echo \"{{\\\"target_directory\\\":\\\"$HERE/target\\\"}}\";;\ninstall) shift; {install};;\nesac"
    )
}

/// Installs trunk as cargo does, into the directory behind `--root`.
const INSTALL: &str = r#"
    echo "$@" >> $HERE/installs
    while [ "$1" != --root ]; do shift; done
    mkdir -p "$2/bin"
    printf '#!/bin/sh\n[ "$1" = --version ] && echo trunk 0.21.14 || echo "$@" >> %s\n' "$HERE/trunk-calls" > "$2/bin/trunk"
    chmod +x "$2/bin/trunk""#;

#[test]
fn a_compiler_without_the_target_and_without_rustup_is_one_sentence() {
    let scripts = Scripts::new().with("rustc", "echo $HERE/elsewhere");
    let sysroot = scripts.path("elsewhere");
    scripts.run(&["build", "--site"]).code(1).complains(&format!(
        "the compiler in {} cannot build for wasm32-unknown-unknown: install Rust with rustup (https://rustup.rs), \
         or your distribution's package with the standard library for wasm32-unknown-unknown",
        sysroot.display()
    ));
}

#[test]
fn a_missing_target_is_added_with_rustup() {
    let scripts = Scripts::new()
        .with("rustc", "echo $HERE/elsewhere")
        .with("rustup", "echo \"$@\" > $HERE/rustup-calls")
        .with("wasm-opt", "echo wasm-opt version 132");
    scripts.run(&["build", "--site"]);
    assert_eq!(
        scripts.wait_for_file("rustup-calls"),
        "target add wasm32-unknown-unknown\n"
    );
}

#[test]
fn a_tool_that_cannot_be_installed_is_one_sentence_and_leaves_nothing_that_looks_installed() {
    let scripts = Scripts::new()
        .with("trunk", "echo trunk 0.1.0")
        .with("cargo", &cargo_that_installs("exit 101"));
    let root = scripts.path("cache/papo/tools/.incoming/trunk-0.21.14");
    let build = scripts.path("cache/papo/tools/.build/trunk-0.21.14");
    scripts.run(&["build", "--site"]).code(1).complains(&format!(
        "cannot install trunk-0.21.14: `cargo install --debug trunk --version 0.21.14 --root {} --target-dir {}` failed \
         (exit status: 101)",
        root.display(),
        build.display()
    ));
    assert!(!scripts.path("cache/papo/tools/trunk-0.21.14").exists());
}

#[test]
fn a_tool_of_another_version_on_the_path_is_not_used() {
    let scripts = Scripts::new()
        .with("trunk", "echo trunk 0.1.0")
        .with("wasm-opt", "echo wasm-opt version 132")
        .with("cargo", &cargo_that_installs(INSTALL));
    scripts.run(&["build", "--site"]);
    scripts.run(&["build", "--site"]);
    let installs = scripts.wait_for_file("installs");
    assert_eq!(installs.lines().count(), 1, "{installs}");
    let calls = scripts.wait_for_file("trunk-calls");
    assert_eq!(
        calls,
        "build --offline=true --skip-version-check --release\n".repeat(2)
    );
}

#[test]
fn an_installation_that_is_interrupted_leaves_nothing_that_looks_installed() {
    let install = format!("{INSTALL}; sleep 1000 & echo $$ $! > $HERE/install-processes; wait");
    let scripts = Scripts::new()
        .with("trunk", "echo trunk 0.1.0")
        .with("cargo", &cargo_that_installs(&install));
    let running = scripts.start(&["build", "--site"]);
    scripts.wait_for_file("install-processes");
    running.signal("INT");
    running.end().code(130);
    scripts.assert_ended("install-processes");
    assert!(!scripts.path("cache/papo/tools/trunk-0.21.14").exists());
    // The next one starts from the beginning, and is not kept waiting by the lock of the one that was interrupted.
    let scripts = scripts
        .with("cargo", &cargo_that_installs(INSTALL))
        .with("wasm-opt", "echo wasm-opt version 132");
    scripts.run(&["build", "--site"]);
    assert!(
        scripts
            .path("cache/papo/tools/trunk-0.21.14/bin/trunk")
            .exists()
    );
}

#[test]
fn a_browser_that_does_not_fit_the_driver_is_refused_with_both_versions() {
    let scripts = Scripts::new()
        .with("chromium", "echo Chromium 155.0.1.2 built on Debian")
        .with("chromium-browser", "echo Chromium 154.0.1.2")
        .with("google-chrome", "echo Google Chrome 153.0.1.2")
        .with("google-chrome-stable", "echo Google Chrome 152.0.1.2")
        .with("chromedriver", "echo 'ChromeDriver 156.0.1.2 (abc)'");
    scripts
        .run(&["test", "--only", "e2e"])
        .code(1)
        .complains_with("Chromium 155.0.1.2 or 154.0.1.2 or 153.0.1.2 or 152.0.1.2 and chromedriver 156.0.1.2 do not fit together: install");
}

#[test]
fn of_several_browsers_the_one_that_fits_the_driver_is_taken() {
    let cargo = "[ \"$1\" = metadata ] && echo \"{\\\"target_directory\\\":\\\"$HERE/target\\\"}\" || echo $CHROMIUM > $HERE/chosen";
    let scripts = Scripts::new()
        .with("cargo", cargo)
        .with("chromium", "echo Chromium 155.0.1.2 built on Debian")
        .with("google-chrome", "echo Google Chrome 156.0.7.8")
        .with("chromedriver", "echo 'ChromeDriver 156.0.1.2 (abc)'");
    scripts.run(&["test", "--only", "e2e"]).code(0);
    assert_eq!(
        scripts.wait_for_file("chosen").trim(),
        scripts.path("google-chrome").to_str().unwrap()
    );
}
