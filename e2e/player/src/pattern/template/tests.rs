use super::*;

#[track_caller]
fn fits(template: &str, text: &str) -> Option<Captures> {
    let template = Template::expected(template, 0, Notation::Plain).unwrap();
    let mut known = Captures::default();
    known.insert("known", "abc".into(), 1);
    template.fits(text, &mut known, 2).then_some(known)
}

#[track_caller]
fn captured(template: &str, text: &str, name: &str) -> String {
    let known = fits(template, text).expect("it fits");
    known.get(name).expect("it is captured").text()
}

#[test]
fn a_text_without_placeholders_fits_itself_alone() {
    assert!(fits("Olá!", "Olá!").is_some());
    for other in ["", "Olá", "Olá!!", "olá!"] {
        assert!(fits("Olá!", other).is_none(), "{other}");
    }
}

#[test]
fn a_capture_takes_the_text_in_its_place() {
    assert_eq!(captured("<id>", "x-1", "id"), "x-1");
    assert_eq!(captured("id: <id>!", "id: x-1!", "id"), "x-1");
    assert_eq!(captured("<a>-<b>", "1-2-3", "a"), "1");
    assert_eq!(captured("<a>-<b>", "1-2-3", "b"), "2-3");
    assert_eq!(captured("<a>-x", "1-x-x", "a"), "1-x");
    assert_eq!(captured("[<id>]", "[]", "id"), "");
}

#[test]
fn a_name_that_is_known_compares() {
    assert!(fits("<known>", "abc").is_some());
    assert!(fits("a <known> b", "a abc b").is_some());
    assert!(fits("<known>", "abd").is_none());
    assert!(fits("<a>=<a>", "1=1").is_some());
    assert!(fits("<a>=<a>", "1=2").is_none());
}

#[test]
fn a_mismatch_captures_nothing() {
    let template = Template::expected("<a>=1", 0, Notation::Plain).unwrap();
    let mut known = Captures::default();
    assert!(!template.fits("x=2", &mut known, 1));
    assert_eq!(known, Captures::default());
}

#[test]
fn an_ellipsis_stands_for_the_rest_of_an_id_and_of_nothing_else() {
    let fits = |template: &str, text: &str| {
        let template = Template::expected(template, 0, Notation::Json).unwrap();
        template.fits(text, &mut Captures::default(), 1)
    };
    assert!(fits("abc123xyz...", "L0SM9cOFvHcCIhw="));
    assert!(fits("abc123xyz...", "123e4567-e89b-42d3-a456-426614174000"));
    for other in [
        "",
        "FAILED",
        "a1",
        "no such user 17",
        "disconnected",
        "Disconnected",
    ] {
        assert!(!fits("abc123xyz...", other), "{other}");
    }
    for text in ["Loading...", "Please wait...", "..."] {
        assert!(fits(text, text), "{text}");
        assert!(!fits(text, "L0SM9cOFvHcCIhw="), "{text}");
    }
}

#[test]
fn only_three_dots_alone_stand_for_any_reason() {
    let fits = |reason: &str, text: &str| {
        let template = Template::reason(reason, 0).unwrap();
        template.fits(text, &mut Captures::default(), 1)
    };
    assert!(fits("...", "anything") && fits("...", ""));
    assert!(!fits("Message too...", "Message too big"));
}

#[test]
fn types_and_expressions_accept_a_part_of_a_text() {
    assert!(fits("v<number>!", "v1.5e3!").is_some());
    assert!(fits("v<integer>", "v1.5").is_none());
    assert!(fits("at <date>", "at 2024-12-09T00:00:00Z").is_some());
    assert!(fits("<matching [ab]+>-<rest>", "abba-x").is_some());
    assert!(
        fits("<matching a|b>c", "a").is_none(),
        "an alternative stays inside"
    );
    assert_eq!(
        captured("<matching [ab]+>-<rest>", "abba-x-y", "rest"),
        "x-y"
    );
    assert!(fits("<a>=<a> <integer>", "1=1 5").is_some());
    assert!(fits("<a>=<a> <integer>", "1=2 5").is_none());
    let error = Template::expected("x<matching (>", 0, Notation::Plain).unwrap_err();
    assert_eq!(
        (error.bytes, error.message.as_str()),
        (1..13, "invalid regular expression: unclosed group")
    );
}

#[test]
fn characters_that_cannot_be_typed_are_escaped_in_brackets() {
    assert!(fits(r"a<\n>b<\0>", "a\nb\0").is_some());
    let sent = Template::sent(r"a<\r\n><\x1e>", 0, |_| false).unwrap();
    assert_eq!(sent.fill(&Captures::default()), "a\r\n\u{1e}");
}

#[test]
fn json_escapes_are_decoded_and_hide_placeholders() {
    let template = Template::expected(r"\u003ca>\n\u0041", 0, Notation::Json).unwrap();
    assert!(template.fits("<a>\nA", &mut Captures::default(), 1));
    assert!(Template::expected(r"\x", 0, Notation::Json).is_err());
}

#[test]
fn a_text_is_filled_up_to_its_size() {
    let sent = |text| Template::sent(text, 0, |name| name == "known");
    let mut known = Captures::default();
    known.insert("known", "olá".into(), 1);
    let text = sent("{<known>:<x to 20 bytes>}").unwrap().fill(&known);
    assert_eq!(text, "{olá:xxxxxxxxxxxxx}");
    assert_eq!(text.len(), 20);
    for (text, at) in [
        ("abc<x to 2 bytes>", 3..17),
        ("<é to 9 bytes>", 0..15),
        ("<xy to 9 bytes>", 0..15),
        ("<x to 9 bytes><x to 9 bytes>", 14..28),
        ("<x to 99999999999 bytes>", 0..24),
    ] {
        assert_eq!(sent(text).unwrap_err().bytes, at, "{text}");
    }
    let expected = Template::expected("<x to 9 bytes>", 0, Notation::Plain);
    assert!(
        expected
            .unwrap_err()
            .message
            .contains("only text that is sent")
    );
}

#[test]
fn values_in_json_that_is_sent_are_escaped_or_quoted() {
    let mut known = Captures::default();
    known.insert("text", r#"a "b" \ c"#.into(), 1);
    known.insert("digits", "17".into(), 1);
    known.insert("number", 3.into(), 1);
    for (line, sent) in [
        (r#"{"a":"<text>"}"#, r#"{"a":"a \"b\" \\ c"}"#),
        (
            r#"{"a":<text>,"b":<number>}"#,
            r#"{"a":"a \"b\" \\ c","b":3}"#,
        ),
        (r#"{"a":<digits>,"b":"<digits>"}"#, r#"{"a":17,"b":"17"}"#),
        (
            r#"42["x",{"a":"\"<text>"}]"#,
            r#"42["x",{"a":"\"a \"b\" \\ c"}]"#,
        ),
        ("[<number>]", "[3]"),
        ("say <text>", r#"say a "b" \ c"#),
        (r#"{"not JSON: "<text>"#, r#"{"not JSON: "a "b" \ c"#),
    ] {
        let template = Template::sent(line, 0, |name| known.get(name).is_some()).unwrap();
        assert_eq!(template.fill(&known), sent, "{line}");
    }
}
