use super::*;
use crate::id::ClientMessageId;

const CONNECTED: Action = Action::Connected {
    name: None,
    key: None,
    resume: None,
};

#[track_caller]
fn rejects(body: &str, code: ErrorCode) -> ErrorEvent {
    let error = Action::parse(body).expect_err(body);
    assert_eq!(error.code, code, "{body}");
    error
}

#[test]
fn rejects_input_that_is_not_a_json_object() {
    for body in [
        "",
        " ",
        "hello",
        "null",
        "42",
        r#""sendMessage""#,
        "[1,2]",
        r#"{"action":"sendMessage""#,
        r#"{action:"sendMessage"}"#,
        r#"{"action":"sendMessage","message":"\ud800"}"#,
        "\u{feff}{}",
        &"[".repeat(100_000),
        &"{\"a\":".repeat(100_000),
    ] {
        let error = rejects(body, ErrorCode::MalformedBody);
        assert!(error.message.starts_with("Malformed body"));
    }
}

#[test]
fn an_unknown_action_is_repeated_in_the_error() {
    for (body, part) in [
        ("{}", "missing"),
        (r#"{"action":"shout"}"#, r#""shout""#),
        (r#"{"action":1}"#, "action 1."),
        (r#"{"action":null}"#, "action null."),
        (r#"{"action":["ping"]}"#, r#"action ["ping"]."#),
    ] {
        let error = rejects(body, ErrorCode::UnknownAction);
        assert!(error.message.contains(part), "{}", error.message);
    }
    let error = rejects(
        r#"{"action":"shout","clientMessageId":"c-1"}"#,
        ErrorCode::UnknownAction,
    );
    assert_eq!(error.client_message_id, ClientMessageId::parse("c-1").ok());
    let long = format!(r#"{{"action":"{}"}}"#, "é".repeat(10_000));
    assert!(rejects(&long, ErrorCode::UnknownAction).message.len() < 250);
}

#[test]
fn rejects_an_invalid_client_message_id() {
    for id in ["42", "{}", r#""""#, r#""a b""#] {
        let body = format!(r#"{{"action":"sendMessage","message":"a","clientMessageId":{id}}}"#);
        rejects(&body, ErrorCode::InvalidClientMessageId);
    }
    let absent = r#"{"action":"sendMessage","message":"a","clientMessageId":null}"#;
    assert!(Action::parse(absent).is_ok());
}

#[test]
fn ignores_an_invalid_resume() {
    for resume in [
        "null",
        "1",
        "{}",
        r#"{"epoch":"e"}"#,
        r#"{"epoch":1,"after":1}"#,
        r#"{"epoch":"e","after":-1}"#,
    ] {
        let body = format!(r#"{{"action":"connected","resume":{resume}}}"#);
        assert_eq!(Action::parse(&body), Ok(CONNECTED));
    }
}

#[test]
fn history_needs_exactly_one_range() {
    for fields in [
        "",
        r#","after":1,"before":2"#,
        r#","after":"1""#,
        r#","before":-1"#,
        r#","after":1.5"#,
        r#","after":18446744073709551616"#,
        r#","after":1,"limit":"all""#,
        r#","after":1,"limit":70000"#,
    ] {
        rejects(
            &format!(r#"{{"action":"history"{fields}}}"#),
            ErrorCode::InvalidHistory,
        );
    }
    let absent = r#"{"action":"history","after":0,"before":null,"limit":null}"#;
    let (range, limit) = (Range::After(0), None);
    assert_eq!(Action::parse(absent), Ok(Action::History { range, limit }));
}

#[test]
fn ignores_unknown_fields_and_takes_the_last_of_two() {
    let body = r#"{"action":"ping","action":"connected","connectionId":"forged","future":[1]}"#;
    assert_eq!(Action::parse(body), Ok(CONNECTED));
}

#[test]
fn an_introduction_needs_a_valid_name_and_key() {
    for (field, code) in [
        (r#""name":"""#, ErrorCode::InvalidName),
        (r#""name":1"#, ErrorCode::InvalidName),
        ("\"name\":\"A\u{202e}na\"", ErrorCode::InvalidName),
        (r#""key":"short""#, ErrorCode::InvalidKey),
        (r#""key":["0123456789abcdef"]"#, ErrorCode::InvalidKey),
    ] {
        rejects(&format!(r#"{{"action":"connected",{field}}}"#), code);
    }
    let absent = r#"{"action":"connected","name":null,"key":null}"#;
    assert_eq!(Action::parse(absent), Ok(CONNECTED));
}

#[test]
fn rejects_entries_without_a_valid_target() {
    for action in ["edit", "delete", "reaction"] {
        for target in [
            "",
            r#","of":"1""#,
            r#","of":-1"#,
            r#","of":1.5"#,
            r#","of":1,"epoch":1"#,
        ] {
            let body = format!(
                r#"{{"action":"{action}","message":"a","emoji":"👍","on":true,"clientMessageId":"c-1"{target}}}"#
            );
            let error = rejects(&body, ErrorCode::InvalidTarget);
            assert!(error.client_message_id.is_some(), "{body}");
        }
    }
    let body = r#"{"action":"sendMessage","message":"a","replyTo":"1"}"#;
    rejects(body, ErrorCode::InvalidTarget);
}

#[test]
fn rejects_invalid_reactions_and_edits() {
    for fields in [
        r#""on":true"#,
        r#""emoji":"a","on":true"#,
        r#""emoji":"👍""#,
        r#""emoji":"👍","on":1"#,
    ] {
        let body = format!(r#"{{"action":"reaction","of":1,{fields}}}"#);
        rejects(&body, ErrorCode::InvalidReaction);
    }
    rejects(r#"{"action":"edit","of":1}"#, ErrorCode::InvalidMessage);
    rejects(
        r#"{"action":"edit","of":1,"message":" "}"#,
        ErrorCode::EmptyMessage,
    );
}

#[test]
fn heads_needs_a_list_of_room_names() {
    let many = vec![r#""main""#; HEADS_ROOMS + 1].join(",");
    for rooms in [
        "null",
        "1",
        r#""main""#,
        r#"["A"]"#,
        "[1]",
        &format!("[{many}]"),
    ] {
        let body = format!(r#"{{"action":"heads","rooms":{rooms}}}"#);
        rejects(&body, ErrorCode::InvalidRooms);
    }
}
