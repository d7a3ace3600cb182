//! The console and its actions.

use serde_json::Value;

use crate::stack::Stack;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

#[tokio::test]
async fn the_console_shows_what_runs() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let id = client.id().await;
    let page = stack.http("GET", "/_gateway/", "").await;
    assert_eq!(page.status, 200);
    let media_type = page.header("content-type");
    assert_eq!(media_type, Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    for shown in [id.as_str(), "test-table", "rate(1 hour)", "talk", "door"] {
        assert!(page.body.contains(shown), "{shown}");
    }
    for asset in ["style.css", "script.js"] {
        let asset = stack.http("GET", &format!("/_gateway/{asset}"), "").await;
        assert_eq!(asset.status, 200);
    }
}

#[tokio::test]
async fn what_clients_and_functions_write_is_escaped() {
    let stack = Stack::new().start().await;
    let agent = [("user-agent", "<script>alert(1)</script>")];
    let _client = stack.try_connect("", &agent).await.unwrap();
    let page = stack.http("GET", "/_gateway/", "").await;
    assert!(!page.body.contains("<script>alert"));
    assert!(page.body.contains("&lt;script&gt;alert"));
}

#[tokio::test]
async fn the_console_posts_to_and_closes_a_connection() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let id = client.id().await;
    let base = format!("/_gateway/connections/{}", id.replace('=', "%3D"));
    let (message, close) = (format!("{base}/message"), format!("{base}/close"));
    let form = "text=7+%26+ol%C3%A1";
    let posted = stack.http_with("POST", &message, FORM, form).await;
    assert_eq!(posted.status, 303);
    assert_eq!(posted.header("location"), Some("/_gateway/"));
    assert_eq!(client.hear().await, "7 & olá");
    let posted = stack.http("POST", &message, r#"{"text":"json"}"#).await;
    assert_eq!(posted.status, 204);
    assert_eq!(client.hear().await, "json");
    assert_eq!(stack.http("POST", &close, "").await.status, 204);
    assert_eq!(client.closed().await, (1000, String::new()));
    assert_eq!(stack.http("POST", &close, "").await.status, 404);
}

#[tokio::test]
async fn a_fault_plan_makes_a_function_fail() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let path = "/_gateway/functions/talk/faults";
    let form = "latencyMs=5&errorPercent=100&throttlePercent=0";
    assert_eq!(stack.http_with("POST", path, FORM, form).await.status, 303);
    let order = r#"{"action":"talk","say":"x"}"#;
    let frame: Value = serde_json::from_str(&client.ask(order).await).unwrap();
    assert_eq!(frame["message"], "Internal server error");
    // As `curl -d` sends it.
    assert_eq!(stack.http_with("POST", path, FORM, "{}").await.status, 200);
    assert_eq!(client.ask(order).await, "x");
    for wrong in [
        "",
        r#"{"errorPercent":101}"#,
        r#"{"latencyMs":-1}"#,
        r#"{"speed":1}"#,
    ] {
        assert_eq!(stack.http("POST", path, wrong).await.status, 400, "{wrong}");
    }
    let absent = "/_gateway/functions/absent/faults";
    assert_eq!(stack.http("POST", absent, "{}").await.status, 404);
}
