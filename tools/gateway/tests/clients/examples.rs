//! The examples run as they are: handlers in Python and JavaScript, each with nothing but its language's own library.

use crate::program::{Program, file};

#[tokio::test]
async fn the_example_in_python_echoes_and_broadcasts() {
    Box::pin(echoes_and_broadcasts("python")).await;
}

#[tokio::test]
async fn the_example_in_javascript_echoes_and_broadcasts() {
    Box::pin(echoes_and_broadcasts("node")).await;
}

async fn echoes_and_broadcasts(language: &str) {
    let template = file(&format!("examples/{language}/template.yaml"));
    let gateway = Program::start(&template, &[]);
    let (mut one, mut other) = (gateway.connect().await, gateway.connect().await);
    let third = gateway.connect().await;
    assert_eq!(one.ask(r#"{"action":"echo","text":"olá"}"#).await, "olá");
    third.leave().await;
    one.send(r#"{"action":"broadcast","text":"hello, all"}"#)
        .await;
    assert_eq!(one.hear().await, "hello, all");
    assert_eq!(other.hear().await, "hello, all");
    // API Gateway forgives the bare key and finds the route; the handler's parser does not forgive it.
    let frame = one.ask(r#"{"action":"echo",text:"x"}"#).await;
    assert!(frame.contains("Internal server error"), "{frame}");
    assert_eq!(
        other.ask(r#"{"action":"echo","text":"still here"}"#).await,
        "still here"
    );
    let log = gateway.log();
    let reported = ["JSONDecodeError", "SyntaxError"];
    assert!(reported.iter().any(|name| log.contains(name)), "{log}");
}
