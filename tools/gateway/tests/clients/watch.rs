//! Functions that change while clients are connected.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::program::{Program, eventually, file};

/// A copy of the example in Python, to be changed.
fn copy_of_example() -> TempDir {
    let folder = TempDir::new().unwrap();
    let example = file("examples/python");
    fs::create_dir(folder.path().join("room")).unwrap();
    for name in [
        "template.yaml",
        "room/app.py",
        "room/aws.py",
        "room/bootstrap",
    ] {
        // Permissions are copied too.
        fs::copy(example.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

#[track_caller]
fn rewrite(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test]
async fn a_function_that_is_rewritten_runs_its_new_code_and_clients_stay() {
    let folder = copy_of_example();
    let template = folder.path().join("template.yaml");
    let gateway = Program::start(&template, &["--watch"]);
    let mut client = gateway.connect().await;
    let ask = r#"{"action":"echo","text":"hello"}"#;
    assert_eq!(client.ask(ask).await, "hello");
    let app = folder.path().join("room/app.py");
    rewrite(
        &app,
        "connection_id, text(event))",
        "connection_id, text(event).upper())",
    );
    eventually("the new code to answer", async || {
        (client.ask(ask).await == "HELLO").then_some(())
    })
    .await;
    // A mistake is reported, and fixing it is enough.
    rewrite(&app, "def handler", "def renamed");
    eventually("the mistake to show", async || {
        client
            .ask(ask)
            .await
            .contains("Internal server error")
            .then_some(())
    })
    .await;
    rewrite(&app, "def renamed", "def handler");
    eventually("the mended code to answer", async || {
        (client.ask(ask).await == "HELLO").then_some(())
    })
    .await;
    assert!(gateway.log().contains("Room restarts"), "{}", gateway.log());
}

#[tokio::test]
async fn a_rust_function_is_rebuilt_and_the_old_one_stays_while_it_does_not_compile() {
    let folder = TempDir::new().unwrap();
    let template = folder.path().join("template.yaml");
    let text = fs::read_to_string(file("tests/stack/template.yaml")).unwrap();
    let text = text.replace(
        "  door:\n",
        "  door:\n    Metadata: { BuildMethod: rust-cargolambda }\n",
    );
    let talk = file("tests/stack/talk");
    let text = text.replace("CodeUri: talk", &format!("CodeUri: {}", talk.display()));
    fs::write(&template, text).unwrap();
    let manifest = "[package]\nname = \"door\"\nedition = \"2024\"\n[workspace]\n";
    fs::create_dir_all(folder.path().join("door/src")).unwrap();
    fs::write(folder.path().join("door/Cargo.toml"), manifest).unwrap();
    let main = folder.path().join("door/src/main.rs");
    fs::write(&main, "fn main() { std::process::exit(9) }").unwrap();
    let gateway = Program::start(&template, &["--watch", "--parameter", "Events=/dev/null"]);
    let ends_with = async |status: &str| {
        eventually(status, async || {
            // A program that only exits admits no client.
            tokio_tungstenite::connect_async(gateway.endpoint())
                .await
                .unwrap_err();
            gateway.log().contains(status).then_some(())
        })
        .await;
    };
    ends_with("exit status 9").await;
    fs::write(&main, "fn main() { this is no Rust }").unwrap();
    ends_with("still running the old code").await;
    fs::write(&main, "fn main() { std::process::exit(7) }").unwrap();
    ends_with("exit status 7").await;
}
