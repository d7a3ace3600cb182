use super::super::parse;
use super::*;

#[track_caller]
fn compared(pattern: &str, actual: &str) -> Result<Captures, Vec<Mismatch>> {
    let pattern = parse(pattern, 0).expect(pattern);
    let actual = Json::parse(actual).expect(actual);
    let mut known = Captures::default();
    known.insert("alice", "a-1".into(), 3);
    compare(&pattern, &actual, &mut known, 9).map(|()| known)
}

#[track_caller]
fn differs(pattern: &str, actual: &str, at: &str, message: &str) {
    let mismatches = compared(pattern, actual).expect_err(pattern);
    let found: Vec<_> = mismatches
        .iter()
        .map(|found| (&pattern[found.bytes.clone()], found.message.as_str()))
        .collect();
    assert_eq!(found, [(at, message)]);
}

#[test]
fn a_variable_outside_of_quotes_is_json_where_its_text_is() {
    let compared = |pattern: &str, actual: &str| {
        let pattern = parse(pattern, 0).unwrap();
        let mut known = Captures::default();
        known.insert("$count", "3".into(), 0);
        known.insert("$name", "Ana".into(), 0);
        compare(&pattern, &Json::parse(actual).unwrap(), &mut known, 1)
    };
    let pattern = r#"{"n":<$count>,"s":"<$count>","name":<$name>}"#;
    compared(pattern, r#"{"n":3,"s":"3","name":"Ana"}"#).unwrap();
    let mismatches = compared(pattern, r#"{"n":"3","s":3,"name":"Ana"}"#).unwrap_err();
    assert_eq!(mismatches.len(), 2);
    assert_eq!(mismatches[0].message, r#"expected 3 (a variable), got "3""#);
}

#[test]
fn captures_are_kept_and_compared() {
    let known = compared(
        r#"{"id":"<bob>","at":<when>,"again":"<bob>"}"#,
        r#"{"id":"b-2","at":7,"again":"b-2"}"#,
    )
    .unwrap();
    assert_eq!(known.get("bob").unwrap().value, "b-2".into());
    assert_eq!(known.get("when").unwrap().value, 7.into());
    assert_eq!(known.get("when").unwrap().line, 9);
    differs(
        r#"{"id":"<alice>"}"#,
        r#"{"id":"a-2"}"#,
        r#""<alice>""#,
        r#"expected "a-1" (<alice> from line 3), got "a-2""#,
    );
    differs(
        r#"{"id":<alice>}"#,
        r#"{"id":1}"#,
        "<alice>",
        r#"expected "a-1" (from line 3), got 1"#,
    );
}

#[test]
fn differences_are_reported_at_their_place() {
    differs(
        r#"{"a":null}"#,
        r#"{"a":0}"#,
        "null",
        "expected null, got 0",
    );
    differs(
        r#"{"a":"1"}"#,
        r#"{"a":1}"#,
        r#""1""#,
        r#"expected "1", got 1"#,
    );
    differs(
        r#"{"a":{}}"#,
        r#"{"a":[]}"#,
        "{}",
        "expected an object, got []",
    );
    differs(
        "[1,2,...]",
        "[1]",
        "[1,2,...]",
        "expected at least 2 items, got 1",
    );
}

#[test]
fn ranges_and_tolerances_include_their_bounds() {
    for value in ["1", "10", "2.5"] {
        compared("<1..10>", value).unwrap();
    }
    for value in ["20.4", "20.5", "20.6"] {
        compared("<20.5 ± 0.1>", value).unwrap();
        compared("<20.5 +- 0.1>", value).unwrap();
    }
    for (open, value) in [
        ("<3..>", "3"),
        ("<3..>", "1e30"),
        ("<..-1>", "-1"),
        ("<..-1>", "-2"),
    ] {
        compared(open, value).unwrap();
    }
    differs(
        "[<3..>]",
        "[2]",
        "<3..>",
        "expected a number in <3..>, got 2",
    );
    differs(
        "[<..3>]",
        "[3.1]",
        "<..3>",
        "expected a number in <..3>, got 3.1",
    );
    differs(
        "[<1..10>]",
        "[11]",
        "<1..10>",
        "expected a number in <1..10>, got 11",
    );
    differs(
        "[<1..10>]",
        "[\"5\"]",
        "<1..10>",
        "expected a number in <1..10>, got \"5\"",
    );
}

#[test]
fn one_of_several_values_is_enough() {
    for value in [r#""on""#, r#""off""#, "null", "7"] {
        compared(r#"<"on" | "off" | null | <number>>"#, value).unwrap();
    }
    differs(
        r#"[<"on" | "off">]"#,
        r#"["of"]"#,
        r#"<"on" | "off">"#,
        r#"expected one of these, got "of""#,
    );
}

#[test]
fn arrays_may_be_in_any_order_and_begin_earlier() {
    let known = compared("in any order [<any>, 1, \"<x>\"]", "[1, \"a\", 2]").unwrap();
    assert_eq!(known.get("x").unwrap().value, "a".into());
    compared("in any order [3, 1, ...]", "[1, 2, 3]").unwrap();
    differs("in any order [1, 4]", "[1, 2]", "4", "no item fits this");
    differs(
        "in any order [1]",
        "[1, 2]",
        "in any order [1]",
        "expected 1 items, got 2",
    );
    compared("[..., 3]", "[1, 2, 3]").unwrap();
    compared("[..., 2, ...]", "[1, 2, 3]").unwrap();
    differs("[..., 2]", "[1, 2, 3]", "2", "expected 2, got 3");
}

#[test]
fn a_mismatch_captures_nothing() {
    let pattern = parse(r#"{"a":"<new>","b":1}"#, 0).unwrap();
    let actual = Json::parse(r#"{"a": "x", "b": 2}"#).unwrap();
    let mut known = Captures::default();
    compare(&pattern, &actual, &mut known, 1).unwrap_err();
    assert_eq!(known, Captures::default());
}
