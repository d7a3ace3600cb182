//! Finding, downloading, building and caching tools.

use crate::release_server::{Checksum, ReleaseServer};
use crate::scripts::{Ended, Scripts};

/// A cargo whose `install` runs this script.
fn cargo_that_installs(install: &str) -> String {
    format!("case $1 in\ninstall) shift; {install};;\nesac")
}

/// A Trunk of another version on PATH, so that `cargo install`, which runs this script, must install it.
fn without_trunk(install: &str) -> Scripts {
    Scripts::new()
        .with("trunk", "echo trunk 0.1.0")
        .with_cargo(&cargo_that_installs(install))
}

/// Installs a fake Trunk into the directory after `--root`, as `cargo install` does.
const INSTALL: &str = r#"
    echo "$@" >> $HERE/installs
    while [ "$1" != --root ]; do shift; done
    mkdir -p "$2/bin"
    printf '#!/bin/sh\n[ "$1" = --version ] && echo trunk 0.21.14 || echo "$@" >> %s\n' "$HERE/trunk-calls" > "$2/bin/trunk"
    chmod +x "$2/bin/trunk""#;

#[test]
fn a_missing_target_without_rustup_is_reported_with_the_remedy() {
    let scripts = Scripts::new().with("rustc", "echo $HERE/elsewhere");
    let sysroot = scripts.path("elsewhere");
    scripts.run(&["build", "--site"]).code(1).fails(&format!(
        "the compiler in {} cannot build for wasm32-unknown-unknown: install Rust with rustup (https://rustup.rs), \
         or your distribution's package with the standard library for wasm32-unknown-unknown",
        sysroot.display()
    ));
}

#[test]
fn a_missing_target_is_added_with_rustup() {
    let scripts = Scripts::new()
        .with("rustc", "echo $HERE/elsewhere")
        .with("rustup", "echo \"$@\" > $HERE/rustup-calls");
    scripts.run(&["build", "--site"]);
    assert_eq!(
        scripts.wait_for_file("rustup-calls"),
        "target add wasm32-unknown-unknown\n"
    );
}

#[test]
fn a_tool_that_cannot_be_installed_is_reported_and_not_cached() {
    let scripts = without_trunk("exit 101");
    let root = scripts.path("cache/papo/tools/.incoming/trunk-0.21.14");
    let build = scripts.path("cache/papo/tools/.build/trunk-0.21.14");
    scripts.run(&["build", "--site"]).code(1).fails(&format!(
        "cannot install trunk-0.21.14: `cargo install --debug trunk --version 0.21.14 --root {} --target-dir {}` failed \
         (exit status: 101)",
        root.display(),
        build.display()
    ));
    assert!(!scripts.path("cache/papo/tools/trunk-0.21.14").exists());
}

#[test]
fn a_tool_of_another_version_on_path_is_not_used() {
    let scripts = without_trunk(INSTALL);
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

/// Packs `bin/wasm-opt` as `npm pack binaryen` does.
const PACK: &str = r#"
    mkdir -p package/bin
    printf '#!/bin/sh\necho "wasm-opt version 132 (version_132)"\n' > package/bin/wasm-opt
    echo '{}' > package/bin/package.json
    tar -czf binaryen-132.0.0.tgz package && rm -r package && echo binaryen-132.0.0.tgz"#;

const OLD_WASM_OPT: &str = "echo 'wasm-opt version 108 (version_108)'";

/// A Trunk that prints which wasm-opt it finds.
const SHOWS_WASM_OPT: &str = "[ \"$1\" = --version ] && echo trunk 0.21.14 || command -v wasm-opt";

#[test]
fn wasm_opt_comes_from_npm_where_releases_cannot_be_downloaded() {
    let scripts = Scripts::new()
        .with("wasm-opt", OLD_WASM_OPT)
        .with("trunk", SHOWS_WASM_OPT)
        .with("node", "exit 1")
        .with("npm", PACK);
    let installed = scripts.path("cache/papo/tools/binaryen-132-wasm-opt/bin/wasm-opt");
    scripts
        .run(&["build", "--site"])
        .prints(&installed.display().to_string());
}

#[test]
#[cfg(not(target_os = "macos"))] // There the archive has a library beside the program.
fn wasm_opt_is_downloaded_from_binaryens_release() {
    let github = ReleaseServer::start_with_wasm_opt(
        "#!/bin/sh\necho 'wasm-opt version 132 (version_132)'\n",
    );
    let scripts = Scripts::new()
        .with("wasm-opt", OLD_WASM_OPT)
        .with("npm", "touch $HERE/npm-called; exit 1")
        .with("trunk", SHOWS_WASM_OPT)
        .with_github(github.url());
    let installed = scripts.path("cache/papo/tools/binaryen-132-wasm-opt/bin/wasm-opt");
    scripts
        .run(&["build", "--site"])
        .prints(&installed.display().to_string());
    assert!(!scripts.path("npm-called").exists());
}

#[test]
fn without_any_wasm_opt_the_remedy_is_reported() {
    let scripts = Scripts::new()
        .with("wasm-opt", OLD_WASM_OPT)
        .with("npm", "exit 1")
        .with("node", "exit 1");
    scripts
        .run(&["build", "--site"])
        .code(1)
        .fails_with("put wasm-opt 132 on PATH");
    assert!(
        !scripts
            .path("cache/papo/tools/binaryen-132-wasm-opt")
            .exists()
    );
}

#[test]
fn a_directory_that_cannot_be_written_is_reported_before_the_app_is_built() {
    let scripts = Scripts::new().with_cargo("touch $HERE/built");
    std::fs::write(scripts.path("dist"), "").unwrap();
    let failed = scripts.run(&["build", "--site"]).code(1);
    failed.fails_with("/dist/.stage: ");
    assert!(!scripts.path("built").exists());
}

#[test]
fn the_reason_of_npm_is_reported() {
    let npm = "case \"$*\" in *silent*) ;; *) echo 'npm error nospc' >&2;; esac; exit 228";
    let scripts = Scripts::new()
        .with("wasm-opt", "exit 1")
        .with("node", "")
        .with("npm", npm);
    let failed = scripts.run(&["build", "--site"]).code(1);
    failed.fails_with("(exit status: 228): npm error nospc");
}

#[test]
fn npm_takes_what_it_has_downloaded_before_and_does_not_wait_for_a_missing_network() {
    let scripts = Scripts::new()
        .with("wasm-opt", "exit 1")
        .with("node", "")
        .with("npm", "echo \"$@\" >> $HERE/npm-calls; exit 1");
    scripts.run(&["build", "--site"]).code(1);
    let calls = scripts.lines("npm-calls");
    for option in ["--prefer-offline", "--fetch-retry-maxtimeout=5000"] {
        assert!(calls[0].contains(option), "{calls:?}");
    }
}

/// What a release's archive contains: a Trunk that says that it was downloaded.
const DOWNLOADED: &str =
    "#!/bin/sh\n[ \"$1\" = --version ] && echo trunk 0.21.14 || echo downloaded \"$@\"\n";

#[test]
fn a_prebuilt_program_is_downloaded_before_anything_is_built() {
    let github = ReleaseServer::start(DOWNLOADED, Checksum::Correct);
    let scripts = without_trunk("touch $HERE/built; exit 101").with_github(github.url());
    scripts
        .run(&["build", "--site"])
        .prints("downloaded build --offline=true");
    assert!(!scripts.path("built").exists());
}

#[track_caller]
fn builds_instead_of_using(program: &str, checksum: Checksum) -> Ended {
    let github = ReleaseServer::start(program, checksum);
    let scripts = without_trunk(INSTALL).with_github(github.url());
    let built = scripts.run(&["build", "--site"]);
    assert_eq!(scripts.wait_for_file("installs").lines().count(), 1);
    built
}

#[test]
fn a_download_with_a_wrong_checksum_is_reported_and_not_used() {
    builds_instead_of_using(DOWNLOADED, Checksum::Wrong)
        .warns_of("installing trunk-0.21.14: not used: trunk-")
        .warns_of(&format!("but {} is published", "0".repeat(64)));
}

#[test]
fn a_downloaded_program_that_does_not_run_is_built_instead() {
    builds_instead_of_using("#!/bin/sh\nexit 127\n", Checksum::Correct);
}

#[test]
fn a_tool_in_the_cache_that_does_not_run_is_installed_again() {
    let scripts = without_trunk(INSTALL);
    scripts.run(&["build", "--site"]);
    let trunk = scripts.path("cache/papo/tools/trunk-0.21.14/bin/trunk");
    std::fs::write(trunk, "").unwrap();
    scripts
        .run(&["build", "--site"])
        .warns_of("trunk-0.21.14 does not work any more");
    assert_eq!(scripts.wait_for_file("installs").lines().count(), 2);
}

/// A Python whose environments have a Python that works unless there is a file `updated`.
const PYTHON: &str = r#"case $* in
    --version) echo Python 3.11.7;;
    "-m venv "*)
        echo "$3" >> $HERE/environments
        mkdir -p "$3/bin"
        printf '#!/bin/sh\n[ "$1" != -c ] || [ ! -e %s ]\n' "$HERE/updated" > "$3/bin/python"
        chmod +x "$3/bin/python";;
    esac"#;

#[test]
fn an_environment_whose_python_is_gone_is_created_again() {
    let scripts = Scripts::new().with("aws", "exit 1").with("python3", PYTHON);
    scripts.run(&["deploy"]);
    scripts.run(&["deploy"]);
    assert_eq!(scripts.lines("environments").len(), 1);
    std::fs::write(scripts.path("updated"), "").unwrap();
    scripts.run(&["deploy"]);
    assert_eq!(scripts.lines("environments").len(), 2);
}

#[test]
fn a_tool_for_the_functions_is_missed_before_the_app_is_built() {
    let scripts = Scripts::new()
        .with_cargo("touch $HERE/built")
        .with("python3", "echo Python 3.7.3");
    std::fs::create_dir_all(scripts.path("lib/rustlib/aarch64-unknown-linux-gnu/lib")).unwrap();
    scripts
        .run(&["build"])
        .code(1)
        .fails_with("is Python 3.7.3: install Python 3.10 or newer");
    assert!(!scripts.path("built").exists());
}

#[test]
fn without_access_to_releases_the_tool_is_built_without_an_error_message() {
    let scripts = without_trunk(INSTALL);
    scripts
        .run(&["test", "--only", "dist"])
        .warns_nothing_of("curl");
    assert_eq!(scripts.wait_for_file("installs").lines().count(), 1);
}

#[test]
fn versions_that_a_registry_lacks_are_replaced_without_an_error_message() {
    let install = format!(
        "case \"$*\" in *--locked*) echo 'error: failed to select a version' >&2; exit 101;; esac; {INSTALL}"
    );
    let scripts = without_trunk(&install);
    scripts
        .run(&["build", "--site"])
        .warns_nothing_of("failed to select a version");
    assert_eq!(scripts.wait_for_file("installs").lines().count(), 1);
}

#[test]
fn cargo_binstall_is_preferred_to_a_download() {
    let binstall = r#"case $1 in binstall)
        while [ "$1" != --install-path ]; do shift; done
        mkdir -p "$2"; cp $HERE/prebuilt "$2/trunk";;
    *) exit 101;; esac"#;
    let scripts = Scripts::new()
        .with("trunk", "echo trunk 0.1.0")
        .with("cargo-binstall", "")
        .with("prebuilt", &DOWNLOADED.replace("#!/bin/sh\n", ""))
        .with_cargo(&format!("[ $1 = fetch ] && exit; {binstall}"));
    scripts
        .run(&["build", "--site"])
        .prints("downloaded build --offline=true");
}

#[test]
fn an_interrupted_installation_is_not_cached() {
    let install = format!("{INSTALL}; sleep 1000 & echo $$ $! > $HERE/install-processes; wait");
    let scripts = without_trunk(&install);
    let running = scripts.start(&["build", "--site"]);
    scripts.wait_for_file("install-processes");
    running.signal("INT");
    running.end().code(130);
    scripts.assert_ended("install-processes");
    assert!(!scripts.path("cache/papo/tools/trunk-0.21.14").exists());
    // The interrupted installation has released its lock.
    let scripts = scripts.with_cargo(&cargo_that_installs(INSTALL));
    scripts.run(&["build", "--site"]);
    assert!(
        scripts
            .path("cache/papo/tools/trunk-0.21.14/bin/trunk")
            .exists()
    );
}

#[test]
fn a_browser_and_driver_of_different_versions_are_rejected() {
    let scripts = Scripts::new()
        .with("chromium", "echo Chromium 155.0.1.2 built on Debian")
        .with("chromium-browser", "echo Chromium 154.0.1.2")
        .with("google-chrome", "echo Google Chrome 153.0.1.2")
        .with("google-chrome-stable", "echo Google Chrome 152.0.1.2")
        .with("chromedriver", "echo 'ChromeDriver 156.0.1.2 (abc)'");
    scripts
        .run(&["test", "--only", "e2e"])
        .code(1)
        .warns_of("e2e: Chromium 155.0.1.2 or 154.0.1.2 or 153.0.1.2 or 152.0.1.2 and chromedriver 156.0.1.2 differ in version: install");
}

#[test]
fn of_several_browsers_the_one_with_the_version_of_the_driver_is_used() {
    let cargo = "echo $CHROMIUM > $HERE/chosen";
    let scripts = Scripts::new()
        .with_cargo(cargo)
        .with("chromium", "echo Chromium 155.0.1.2 built on Debian")
        .with("google-chrome", "echo Google Chrome 156.0.7.8")
        .with("chromedriver", "echo 'ChromeDriver 156.0.1.2 (abc)'");
    scripts.run(&["test", "--only", "e2e"]).code(0);
    assert_eq!(
        scripts.wait_for_file("chosen").trim(),
        scripts.path("google-chrome").to_str().unwrap()
    );
}
