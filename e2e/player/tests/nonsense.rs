//! Any text is read, or rejected with a place in it, and never panics.

use papagaio::json::Json;
use papagaio::markdown;
use papagaio::pattern::{Captures, compare, parse};
use papagaio::transcript::Transcript;
use proptest::prelude::*;
use serde_json::Value;

/// Pieces of the format in any order, which are closer to typing errors than random characters.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "$ wscat -c ws://127.0.0.1:3001/dev",
        "wscat -H \"a: b",
        "npx",
        "[alice]",
        "[bob",
        "> ",
        "< ",
        "<",
        ">",
        "{\"a\":",
        "[1,",
        "}",
        "]",
        "...",
        "\"",
        "\\",
        "\\u00",
        "<any>",
        "<epoch-ms>",
        "<alice>",
        "<é * 3>",
        "<x * 99999999999999999999>",
        "<bytes 00",
        "nothing for 3",
        " ms",
        "Connected (press CTRL+C to quit)",
        "Disconnected (code: 1009, reason: \"",
        "Disconnected (code: ,)",
        "Disconnected (code: )\")",
        "error: Unexpected server response: 50",
        "exit",
        "drop",
        "pause 3",
        "in any order:",
        "one of:",
        "ignoring:",
        "3 times:",
        "within 3 s ",
        "< ...",
        "\n| ",
        "<$token>",
        "<matching a+>",
        "<1..2>",
        "<3 ± 1>",
        "<1 | \"a\">",
        "<none>",
        "<\\n>",
        "<json>",
        "</json>",
        "binary ",
        "<uuid>",
        "in frames of 8 bytes > ",
        "7 times < ",
        "99999999999 times > ",
        "<n>",
        "<x to 99999999999999999999 bytes>",
        "<x to 9 bytes>",
        "<text of 3 bytes>",
        "<bytes 00 * 99999999999999999999>",
        "exactly {",
        "restart the gateway",
        "fire the schedule ",
        " --slash -P",
        " --show-headers",
        " -x <alice> -w 9",
        "/close 10",
        "/ping ",
        "Received ping (data: \"",
        "A: <none>",
        "#",
        "漢👋🏽",
        "\t",
        "\r",
        "\n",
        "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) {
    if let Err(error) = Transcript::parse("a.wscat", text) {
        let error = error.to_string();
        assert!(error.starts_with("error: "), "{error}");
        assert!(error.contains("--> a.wscat:"), "{error}");
    }
}

/// Pieces of documents.
fn documents() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "```\n",
        "````wscat\n",
        "```wscat\n",
        "  ~~~ bash\n",
        "~~~\n",
        "<!-- wscat -->\n",
        "<!-- wscat: goes on -->\n",
        "<!-- wscat: one by one; [a] -->\n",
        "<!-- wscat: x is <y>; side by side -->\n",
        "<!-- wscat: é -->\n",
        "<!--wscat-->",
        "\n",
        "text\n",
        "wscat -c ws://a\n",
        "> x\n",
        "< x\n",
        "[b]\n",
        "\r\n",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_document_is_read_or_rejected_with_a_line_of_its_own(text in documents()) {
        match markdown::annotated(&text) {
            Ok(found) => for found in found {
                if let Ok(transcript) = Transcript::parse("a.md", &found.text) {
                    let steps = transcript.steps.len();
                    prop_assert_eq!(transcript.side_by_side().steps.len(), steps);
                }
            },
            Err(error) => prop_assert!((1..=text.lines().count()).contains(&error.line)),
        }
    }

    #[test]
    fn any_text_is_read_or_rejected(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_lines_are_read_or_rejected(text in "([$<>#\\[ ]?[ -~é]{0,30}\n){0,8}") {
        check(&text);
    }

    #[test]
    fn any_mixture_of_the_format_is_read_or_rejected(text in pieces()) {
        check(&text);
    }

    #[test]
    fn any_mixture_in_a_frame_is_read_or_rejected(text in pieces()) {
        let text = text.replace(['\n', '\r'], " ");
        check(&format!("$ wscat -c ws://a\n< {{\"a\":{text}"));
        check(&format!("$ wscat -c ws://a\n< {{\"a\":\"{text}\"}}"));
        check(&format!("$ wscat -c ws://a\n> {text}"));
    }

    #[test]
    fn json_without_placeholders_accepts_itself(value in json()) {
        let text = value.to_string();
        let pattern = parse(&text, 0).unwrap();
        let value = Json::parse(&text).unwrap();
        prop_assert_eq!(compare(&pattern, &value, &mut Captures::default(), 1), Ok(()));
    }

    #[test]
    fn differences_are_reported_at_places_in_the_line(wanted in json(), got in json()) {
        let text = wanted.to_string();
        let pattern = parse(&text, 0).unwrap();
        let got = Json::parse(&got.to_string()).unwrap();
        if let Err(mismatches) = compare(&pattern, &got, &mut Captures::default(), 1) {
            prop_assert!(!mismatches.is_empty());
            for mismatch in mismatches {
                prop_assert!(text.get(mismatch.bytes).is_some_and(|part| !part.is_empty()));
            }
        }
    }
}

/// JSON whose strings contain no placeholders and do not end with an ellipsis.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[^<>.]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[^<>.]{0,8}", inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
