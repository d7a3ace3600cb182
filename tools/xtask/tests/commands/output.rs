//! Standard output and the environment of what is started.

use std::io::Read as _;

use crate::scripts::Scripts;

#[test]
fn a_command_whose_reader_has_gone_stops_without_a_message() {
    let scripts = Scripts::new().with_cargo("sleep 1000");
    let mut command = scripts.command(&["test", "--only", "fmt"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let (mut errors, stderr) = std::io::pipe().unwrap();
    let status = command.stdout(writer).stderr(stderr).status().unwrap();
    drop(command);
    let mut printed = String::new();
    errors.read_to_string(&mut printed).unwrap();
    assert_eq!(printed, "");
    assert_eq!(status.code(), Some(141));
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_reported_at_the_end() {
    let scripts = Scripts::new().with_cargo("touch $HERE/formatted");
    let mut command = scripts.command(&["test", "--only", "fmt"]);
    let full = std::fs::File::options().write(true).open("/dev/full");
    let output = command.stdout(full.unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: cannot write to standard output: No space left on device (os error 28)\n"
    );
    assert!(scripts.path("formatted").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_named_when_a_command_fails() {
    let scripts = Scripts::new().with_cargo("exit 101");
    let mut command = scripts.command(&["test", "--only", "fmt"]);
    // Nothing can be stored there.
    command.env("TMPDIR", "/proc");
    let failed = scripts.start_command(command).end().code(1);
    failed.warns_of("note: the disk of /proc has only 0 MB left");
}

#[test]
fn a_target_directory_that_cannot_be_written_is_reported_with_the_remedy() {
    let scripts = Scripts::new();
    std::fs::remove_dir(scripts.path("target")).unwrap();
    std::fs::write(scripts.path("target"), "").unwrap();
    let failed = scripts.run(&["test", "--only", "fmt"]).code(1);
    failed
        .fails_with("target/.xtask-lock: set CARGO_TARGET_DIR to a directory that can be written");
}

#[test]
fn what_is_started_builds_for_this_machine_and_reaches_it_without_a_proxy() {
    let print = "echo \"target<$CARGO_BUILD_TARGET> proxy<$no_proxy>\" > $HERE/environment";
    let scripts = Scripts::new().with_cargo(print);
    let mut command = scripts.command(&["test", "--only", "fmt"]);
    command
        .env("CARGO_BUILD_TARGET", "wasm32-unknown-unknown")
        .env("http_proxy", "http://127.0.0.1:9")
        .env("no_proxy", "corp.example");
    scripts.start_command(command).end().code(0);
    assert_eq!(
        scripts.wait_for_file("environment"),
        "target<> proxy<corp.example,localhost,127.0.0.1,::1>\n"
    );
}

#[test]
fn a_relative_target_directory_is_the_same_one_for_everything_that_is_started() {
    let scripts = Scripts::new().with_cargo("echo $CARGO_TARGET_DIR > $HERE/environment");
    let mut command = scripts.command(&["test", "--only", "fmt"]);
    command.env("CARGO_TARGET_DIR", "target");
    scripts.start_command(command).end().code(0);
    let target = scripts.path("target");
    assert_eq!(
        scripts.wait_for_file("environment"),
        format!("{}\n", target.display())
    );
}

#[test]
fn paths_that_are_passed_on_are_relative_to_the_directory_of_the_call() {
    let scripts = Scripts::new().with("target/debug/data", "pwd > $HERE/directory");
    let below = scripts.path("below");
    std::fs::create_dir(&below).unwrap();
    let mut command = scripts.command(&["data", "export"]);
    command.current_dir(&below);
    scripts.start_command(command).end().code(0);
    let below = below.canonicalize().unwrap();
    assert_eq!(
        scripts.wait_for_file("directory"),
        format!("{}\n", below.display())
    );
}
