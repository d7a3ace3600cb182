use super::*;

#[track_caller]
fn refused(text: &str) -> (Range<usize>, String) {
    let error = parse(text, 0).expect_err(text);
    (error.bytes, error.message)
}

#[test]
fn examples_from_documentation_are_patterns() {
    for text in [
        r#"{"type":"connected","connectionId":"abc123xyz..."}"#,
        r#"{"connectionId":"user1-abc123","message":"Mensagem do usuário 1",...}"#,
        r#"{"message": "Internal server error"}"#,
        r#"{ "a" : [ 1 , 2.5e3, ... ] , "b" : <epoch-ms>, "c": <who>, "d": null, ... }"#,
        "{}",
        "{...}",
        r#"{"a": <none>, "b": <1..10>, "c": <20.5 ± 0.1>, "d": <"on" | "off" | null | <number>>}"#,
        r#"{"a": in any order [1, <matching v\d+>, ...], "b": [..., 3]}"#,
        "[...]",
        "<any>",
    ] {
        parse(text, 0).expect(text);
    }
}

#[test]
fn places_are_counted_from_the_start_of_the_line() {
    let pattern = parse(r#"{"é":"x"}"#, 2).unwrap();
    assert_eq!(pattern.bytes, 2..12);
    let Kind::Object { fields, .. } = pattern.kind else {
        panic!("it is an object");
    };
    assert_eq!(fields[0].bytes, 3..7);
    assert_eq!(fields[0].value.bytes, 8..11);
}

#[test]
fn errors_point_at_their_place() {
    for (text, bytes, words) in [
        (r#"{"a":1"#, 0..1, "not closed: }"),
        (r#"{"a":[1,2}"#, 9..10, "a comma or ]"),
        (r#"{"a":1,}"#, 7..8, "a value after the comma"),
        (r#"{"a" 1}"#, 5..6, "a colon"),
        ("{a:1}", 1..2, "double quotes"),
        (r#"{"a":tru}"#, 5..8, "not a JSON value"),
        (r#"{"a":"b}"#, 5..8, "not closed"),
        (r#"{"a":"\x"}"#, 6..8, "not a JSON string"),
        (r#"{"a":1,"a":2}"#, 7..10, "already"),
        (r#"{"a":1,... "b":2}"#, 11..12, "only } can follow"),
        (r#"{"a":<b c>}"#, 5..6, "not a placeholder"),
        (r#"{"a":<b * 3>}"#, 5..12, "in quotes"),
        (r#"{"a":1} x"#, 8..9, "after the value"),
        (r#"{"a":}"#, 5..6, "not a JSON value"),
        (r#"{"a":"#, 5..5, "expected a value"),
        ("", 0..0, "expected a value"),
    ] {
        let (at, message) = refused(text);
        assert_eq!(at, bytes, "{text}: {message}");
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn deep_nesting_is_rejected_before_the_stack_overflows() {
    let (_, message) = refused(&"[".repeat(100_000));
    assert!(message.contains("too deeply"), "{message}");
}
