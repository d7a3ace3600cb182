//! Functions that do what functions should not.

use crate::program::{Program, eventually, file};

/// Each message makes the function misbehave in one way, and is answered nevertheless.
async fn after(deed: &str) -> (Program, String) {
    let gateway = Program::start(&file("tests/robustness/wild/template.yaml"), &[]);
    let mut client = gateway.connect().await;
    let answer = client.ask(&format!(r#"{{"action":"{deed}"}}"#)).await;
    assert_eq!(
        client.ask(r#"{"action":"nothing"}"#).await,
        "done",
        "after {deed}"
    );
    (gateway, answer)
}

#[tokio::test]
async fn megabytes_of_output_are_truncated_in_the_log() {
    let (gateway, answer) = after("print").await;
    assert_eq!(answer, "done");
    let log = async || {
        let log = gateway.log();
        log.contains("the last line").then_some(log.len())
    };
    let length = eventually("the last line to be shown", log).await;
    assert!(length < 1024 * 1024, "{length} bytes of log");
}

#[tokio::test]
async fn output_that_is_not_text_is_shown_without_the_invalid_bytes() {
    let (gateway, answer) = after("bytes").await;
    assert_eq!(answer, "done");
    let log = async || gateway.log().contains("between").then_some(gateway.log());
    let log = eventually("what it printed", log).await;
    assert!(!log.contains('\u{1b}') && !log.contains('\0'), "{log:?}");
}

#[tokio::test]
async fn a_function_that_ends_is_replaced() {
    for (deed, reason) in [("exit", "exit status 3"), ("die", "signal 9")] {
        let (gateway, answer) = after(deed).await;
        assert!(answer.contains("Internal server error"), "{answer}");
        assert!(gateway.log().contains(reason), "{}", gateway.log());
    }
}

#[tokio::test]
async fn a_function_that_never_answers_is_killed() {
    let (gateway, answer) = after("hang").await;
    assert!(answer.contains("Internal server error"), "{answer}");
    assert!(
        gateway.log().contains("timed out after 5.00 seconds"),
        "{}",
        gateway.log()
    );
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn children_of_a_function_end_with_it() {
    let (gateway, seconds) = after("fork").await;
    let command = format!("sleep\0{seconds}\0");
    let children = || {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let commands = processes.map(|process| std::fs::read(process.path().join("cmdline")));
        let ours = commands.filter(|found| {
            found
                .as_ref()
                .is_ok_and(|found| found == command.as_bytes())
        });
        ours.count()
    };
    assert_eq!(children(), 20, "it did not fork");
    drop(gateway);
    eventually("the children to be gone", async || {
        (children() == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn garbage_on_the_runtime_api_affects_only_its_function() {
    let (_gateway, answer) = after("garbage").await;
    assert_eq!(answer, "done");
}
