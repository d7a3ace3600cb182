//! JSON as the protocol needs it: objects of strings, whole numbers and other JSON.
//!
//! Not `serde_json`, because most of that is about floating-point numbers, which no message has, and the app is downloaded
//! before anybody sees anything: it weighs a seventh of the whole page. What is read and written here is compared with
//! `serde_json` in the property tests.
//!
//! - [`Object`] and [`Value`] read. A whole text is checked at once; values stay text until somebody asks what they are.
//! - [`Writer`] writes.

mod scan;
mod write;

use scan::Scanner;
pub(crate) use write::Writer;

/// How deep arrays and objects may be nested, so that nobody can exhaust the stack. As deep as `serde_json` goes.
const DEPTH: u8 = 127;

/// The members of an object.
#[derive(Debug)]
pub(crate) struct Object<'a>(Vec<(String, Value<'a>)>);

/// Any JSON, known to be valid, without white space around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a>(&'a str);

impl<'a> Object<'a> {
    /// Reads a text that is one JSON object, as RFC 8259 defines it. `None` if it is anything else.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut scanner = Scanner::new(text);
        let members = scanner.object(DEPTH)?;
        scanner.end()?;
        Some(Self(members))
    }

    /// The value of a member. The last one counts if the name stands there twice.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| *value)
    }

    /// The value of a member that is neither missing nor `null`, which is how JavaScript says missing.
    pub(crate) fn get_some(&self, name: &str) -> Option<Value<'a>> {
        self.get(name).filter(|value| value.0 != "null")
    }
}

impl<'a> Value<'a> {
    /// The JSON itself.
    pub(crate) fn raw(self) -> &'a str {
        self.0
    }

    /// The string that it is.
    pub(crate) fn string(self) -> Option<String> {
        Scanner::new(self.0).string()
    }

    /// The object that it is.
    pub(crate) fn object(self) -> Option<Object<'a>> {
        Object::parse(self.0)
    }

    /// The elements of the array that it is.
    pub(crate) fn array(self) -> Option<Vec<Value<'a>>> {
        Scanner::new(self.0).array(DEPTH)
    }

    /// The truth value that it is.
    pub(crate) fn boolean(self) -> Option<bool> {
        self.0.parse().ok()
    }

    /// The whole number that it is, if `T` has room for it.
    pub(crate) fn number<T: std::str::FromStr>(self) -> Option<T> {
        self.0.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_no_object(text: &str) {
        assert!(Object::parse(text).is_none(), "{text:?}");
    }

    #[track_caller]
    fn value(json: &str) -> String {
        let text = format!("{{\"a\":{json}}}");
        let object = Object::parse(&text).expect(json);
        object.get("a").expect(json).raw().to_owned()
    }

    #[track_caller]
    fn string(json: &str) -> Option<String> {
        let text = format!("{{ \"a\" : {json} }}");
        Object::parse(&text)?.get("a")?.string()
    }

    #[test]
    fn white_space_around_values_is_not_part_of_them() {
        assert_eq!(value("  [ 1 , {\"b\": null} ]\n"), "[ 1 , {\"b\": null} ]");
        assert!(Object::parse(" \t\r\n{ } ").is_some());
    }

    #[test]
    fn a_text_that_breaks_the_grammar_is_no_object() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "{}{}",
            "{},",
            "[]",
            "null",
            "{a:1}",
            "{'a':1}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":[1,]}",
            "{\"a\":[1 2]}",
            "{\"a\":tru}",
            "{\"a\":nulll}",
            "\u{feff}{}",
            "{\"a\":\u{a0}1}",
            "{\"a\":1}\0",
            "{\"a\":\"b}",
            "{\"a\":\"\\\"}",
        ] {
            is_no_object(text);
        }
    }

    #[test]
    fn numbers_have_the_shape_that_json_gives_them() {
        for good in ["0", "-0", "12", "-1.5", "1e5", "1E-5", "0.1e+10"] {
            assert_eq!(value(good), good);
        }
        for bad in [
            "01", "+1", "1.", ".5", "-", "1e", "1e+", "0x1", "NaN", "1_000",
        ] {
            is_no_object(&format!("{{\"a\":{bad}}}"));
        }
    }

    #[test]
    fn only_whole_numbers_that_fit_are_numbers() {
        let number = |json| Value(json).number::<i64>();
        assert_eq!(number("1733702400000"), Some(1_733_702_400_000));
        assert_eq!(number("-9223372036854775808"), Some(i64::MIN));
        for other in ["9223372036854775808", "1.0", "1e3", "\"1\"", "null"] {
            assert_eq!(number(other), None, "{other}");
        }
        assert_eq!(Value("-1").number::<u64>(), None);
    }

    #[test]
    fn what_is_nested_is_read_in_its_turn() {
        let object = Object::parse(r#"{"a":{"b":[1, "x" ,[]]},"c":true}"#).expect("an object");
        let inner = object.get("a").and_then(Value::object).expect("an object");
        let elements = inner.get("b").and_then(Value::array).expect("an array");
        let raw: Vec<_> = elements.into_iter().map(Value::raw).collect();
        assert_eq!(raw, ["1", "\"x\"", "[]"]);
        assert_eq!(object.get("c").and_then(Value::boolean), Some(true));
        assert!(object.get("c").and_then(Value::array).is_none());
        assert_eq!(Value("[]").array().map(|elements| elements.len()), Some(0));
    }

    #[test]
    fn strings_are_read_with_all_their_escapes() {
        assert_eq!(
            string(r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\udc4b ol\u00e1""#).as_deref(),
            Some("\"\\/\u{8}\u{c}\n\r\té👋 olá")
        );
        assert_eq!(string("\"\"").as_deref(), Some(""));
        for other in ["1", "null", "[\"a\"]", "{}"] {
            assert_eq!(string(other), None, "{other}");
        }
    }

    #[test]
    fn a_string_that_is_none_spoils_the_whole_text() {
        for bad in [
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ud83d\n""#,
            r#""\ud83d\u0041""#,
            r#""\udc4b""#,
            r#""\u12""#,
            r#""\u12g4""#,
            r#""\u+123""#,
            r#""\x""#,
            "\"a\nb\"",
            "\"a\u{1}b\"",
        ] {
            is_no_object(&format!("{{\"a\":{bad}}}"));
        }
    }

    #[test]
    fn depth_is_limited_whatever_is_nested() {
        let nested = |open: &str, close: &str, depth| {
            format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth))
        };
        assert!(Object::parse(&nested("[", "]", 126)).is_some());
        is_no_object(&nested("[", "]", 127));
        is_no_object(&nested("{\"a\":", "}", 100_000));
        is_no_object(&"{\"a\":[".repeat(100_000));
    }

    #[test]
    fn the_last_of_two_members_of_a_name_counts() {
        let object = Object::parse(r#"{"a":1,"\u0061":2}"#).expect("an object");
        assert_eq!(object.get("a").map(Value::raw), Some("2"));
    }

    #[test]
    fn null_counts_as_missing_where_it_is_asked_for() {
        let object = Object::parse(r#"{"a":null}"#).expect("an object");
        assert!(object.get("a").is_some() && object.get_some("a").is_none());
    }
}

/// The same questions to `serde_json`, with thousands of texts.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod peer {
    use proptest::prelude::*;

    use super::*;

    /// JSON, often with something missing, doubled or in the wrong place.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => r#""(\\["\\/bfnrtu]|\\u[0-9a-fA-F]{4}|\\ud[89a-f][0-9a-f]{2}|[ -~é😀]){0,6}""#,
            4 => r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
            4 => "[\\[\\]{}:,]",
            1 => "true|false|null|[ \\t\\n]|[a-z]|\\PC",
        ];
        let noise = proptest::collection::vec(piece, 0..12)
            .prop_map(|pieces| format!("{{{}}}", pieces.concat()));
        let value = any::<(String, i64, bool)>().prop_map(|(s, n, b)| {
            serde_json::json!({"s": s, "n": n, "a": [b, {&s: null}]}).to_string()
        });
        let cut =
            (value.clone(), any::<prop::sample::Index>(), "\\PC?").prop_map(|(text, at, with)| {
                let mut chars: Vec<char> = text.chars().collect();
                let at = at.index(chars.len());
                chars.splice(at..=at, with.chars());
                chars.into_iter().collect()
            });
        prop_oneof![noise, value, cut]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn both_read_the_same(text in text()) {
            match (Object::parse(&text), serde_json::from_str::<serde_json::Map<_, _>>(&text)) {
                (Some(ours), Ok(theirs)) => {
                    for (name, value) in theirs {
                        let value: serde_json::Value = value;
                        let our = ours.get(&name).expect("the same members");
                        prop_assert_eq!(our.string(), value.as_str().map(str::to_owned));
                        // What is whole to serde_json too: it takes 1.0 for a fraction, as we do.
                        if value.is_i64() && our.raw() != "-0" {
                            prop_assert_eq!(our.number::<i64>(), value.as_i64());
                        }
                    }
                }
                (None, Err(_)) => {}
                // The grammar has no largest number.
                (Some(_), Err(error)) => prop_assert!(error.to_string().contains("out of range"), "{error}"),
                (ours, theirs) => prop_assert!(false, "{ours:?} {theirs:?}"),
            }
        }

        #[test]
        fn both_write_the_same(name in any::<String>(), text in any::<String>(), number in any::<i64>()) {
            let ours = Writer::new().string(&name, &text).end();
            prop_assert_eq!(ours, serde_json::json!({name: text}).to_string());
            let ours = Writer::new().number("n", number).end();
            prop_assert_eq!(ours, serde_json::json!({"n": number}).to_string());
        }
    }
}
