//! Functions with managed runtimes, and the https:// addresses that their code builds.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    clients::Client,
    stack::{Running, Stack},
};

async fn start() -> (Running, Client) {
    Stack::of("managed.yaml").start_with_client().await
}

async fn ask(client: &mut Client, route: &str, via: &str) -> String {
    let order = serde_json::json!({ "action": route, "via": via });
    client.ask(&order.to_string()).await
}

#[tokio::test]
async fn code_that_builds_the_public_address_reaches_the_gateway() {
    let (_stack, mut client) = start().await;
    for route in ["node", "python"] {
        // The other one is that of an API which the author of the code deployed.
        for via in ["domain", "public", "other"] {
            assert_eq!(
                ask(&mut client, route, via).await,
                "posted",
                "{route} {via}"
            );
            assert_eq!(client.hear().await, "200 ", "{route} {via}");
        }
    }
}

#[tokio::test]
async fn requests_to_aws_are_refused() {
    let (_stack, mut client) = start().await;
    for route in ["node", "python"] {
        for host in [
            "s3.us-east-1.amazonaws.com",
            "service.chime.aws.amazon.com",
            "abcdefghij.execute-api.us-east-1.amazonaws.com",
        ] {
            let answer = ask(&mut client, route, &format!("https://{host}/test")).await;
            assert!(
                answer.starts_with("400 ")
                    && answer.contains("NotEmulated")
                    && answer.contains(host),
                "{route}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_module_that_is_missing_fails_the_invocation() {
    let (_stack, mut client) = start().await;
    let answer = ask(&mut client, "inline", "").await;
    assert!(answer.contains("Internal server error"), "{answer}");
}

#[tokio::test]
async fn modules_of_layers_are_found_by_their_paths_on_lambda() {
    let (_stack, mut client) = start().await;
    assert_eq!(ask(&mut client, "layered", "").await, "HELLO LAYER!");
}

#[tokio::test]
async fn a_client_that_begins_tls_and_stops_holds_nothing_up() {
    let stack = Stack::of("managed.yaml").start().await;
    let mut broken = tokio::net::TcpStream::connect(stack.address())
        .await
        .unwrap();
    broken
        .write_all(b"\x16\x03\x01garbage instead of a handshake")
        .await
        .unwrap();
    // An alert or nothing, and then the end of the connection.
    let mut answer = Vec::new();
    let _ = broken.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    let _half = {
        let mut stream = tokio::net::TcpStream::connect(stack.address())
            .await
            .unwrap();
        stream.write_all(b"\x16").await.unwrap();
        stream
    };
    stack.connect().await;
    stack.stop().await;
}
