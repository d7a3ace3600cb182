//! `wscat`, the client of AWS's own tutorials.

use std::path::Path;

use tokio::process::Command;

use crate::{
    program::{Program, eventually},
    script::{provided, run, run_until},
};

/// Seconds that wscat waits for answers to `-x` before it leaves; far more than any answer takes.
const WAIT: [&str; 2] = ["-w", "3600"];

fn command(folder: &str, arguments: &[&str]) -> Command {
    let script = Path::new(folder).join("node_modules/wscat/bin/wscat");
    let mut command = Command::new("node");
    command.arg(script).args(arguments);
    command
}

/// What wscat prints when it is called with these arguments.
async fn wscat(folder: &str, arguments: &[&str]) -> String {
    let printed = run(&mut command(folder, arguments)).await;
    printed.output + &printed.errors
}

#[tokio::test]
async fn wscat_connects_asks_and_hears_the_answer() {
    let Some(folder) = provided("GATEWAY_NODE_CLIENTS", "wscat") else {
        return;
    };
    let gateway = Program::with_obedient_stack();
    let order = r#"{"action":"talk","say":"olá"}"#;
    let arguments = [&["-c", gateway.endpoint(), "-x", order], &WAIT[..]].concat();
    run_until(&mut command(&folder, &arguments), "olá").await;
}

#[tokio::test]
async fn wscat_shows_why_it_is_refused() {
    let Some(folder) = provided("GATEWAY_NODE_CLIENTS", "wscat") else {
        return;
    };
    let gateway = Program::with_obedient_stack();
    for status in ["401", "403", "501"] {
        let address = format!("{}?status={status}", gateway.endpoint());
        let printed = wscat(&folder, &["-c", &address]).await;
        let wanted = format!("error: Unexpected server response: {status}");
        assert!(printed.contains(&wanted), "{printed}");
    }
}

/// Like browsers, wscat fails when the server confirms none of the protocols that it offered.
#[tokio::test]
async fn wscat_fails_when_the_function_chooses_no_protocol() {
    let Some(folder) = provided("GATEWAY_NODE_CLIENTS", "wscat") else {
        return;
    };
    let gateway = Program::with_obedient_stack();
    let offer = ["-s", "chat.v1", "-c"];
    let printed = wscat(&folder, &[&offer[..], &[gateway.endpoint()]].concat()).await;
    assert!(printed.contains("Server sent no subprotocol"), "{printed}");
    let chosen = format!("{}?protocol=chat.v1", gateway.endpoint());
    let order = r#"{"action":"talk","say":"chosen"}"#;
    let asks = [&offer[..], &[&chosen, "-x", order], &WAIT[..]].concat();
    run_until(&mut command(&folder, &asks), "chosen").await;
}

/// Without a terminal wscat does not tell the code; that it ends long before it would by itself shows that it was closed.
#[tokio::test]
async fn wscat_ends_when_it_sends_too_much() {
    let Some(folder) = provided("GATEWAY_NODE_CLIENTS", "wscat") else {
        return;
    };
    let gateway = Program::with_obedient_stack();
    let too_much = "x".repeat(40 * 1024);
    let arguments = [&["-c", gateway.endpoint(), "-x", &too_much], &WAIT[..]].concat();
    wscat(&folder, &arguments).await;
    let told = async || gateway.log().contains(": 1009").then_some(());
    eventually("the log to say why", told).await;
}
