use super::*;

#[track_caller]
fn refused(text: &str) -> (Range<usize>, String, Option<String>) {
    let error = parse(text, 0, &|_| false).expect_err(text);
    (error.bytes, error.message, error.help)
}

#[test]
fn an_address_is_enough() {
    for text in [
        "wscat -c ws://127.0.0.1:3001/dev",
        "npx wscat --connect ws://127.0.0.1:3001/dev --no-color",
        "wscat --connect=ws://127.0.0.1:3001/dev",
        "wscat -c 127.0.0.1:3001/dev",
    ] {
        let connect = parse(text, 0, &|_| false).expect(text);
        assert_eq!(connect.url, "ws://127.0.0.1:3001/dev", "{text}");
    }
}

#[test]
fn headers_and_subprotocols_are_collected() {
    let connect = parse(
            r#"wscat -c wss://a.b/dev -H "Authorization: Bearer token" -s chat.v1 -s chat.v2 -o https://a.b --auth me:secret"#,
            0,
            &|_| false,
        )
        .unwrap();
    let headers: Vec<_> = connect
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    assert_eq!(
        headers,
        [
            "authorization: Bearer token",
            "origin: https://a.b",
            "authorization: Basic bWU6c2VjcmV0"
        ]
    );
    assert_eq!(connect.subprotocols, ["chat.v1", "chat.v2"]);
}

#[test]
fn what_cannot_be_played_is_refused_where_it_stands() {
    for (text, bytes, words) in [
        ("", 0..0, "a command is missing"),
        ("curl http://a", 0..4, "curl cannot be run"),
        ("wscat", 5..5, "the address is missing"),
        ("wscat -c", 6..8, "-c needs a value"),
        ("wscat -c http://a", 9..17, "begins with ws://"),
        ("wscat -c ws://", 9..14, "no address"),
        ("wscat -c ws://a -l 80", 16..18, "-l is not supported yet"),
        ("wscat -c ws://a -w 5", 19..20, "only after -x"),
        ("wscat -c ws://a -x b -w soon", 24..28, "takes seconds"),
        ("wscat -c ws://a -z", 16..18, "no option -z"),
        ("wscat ws://a", 6..12, "without an option"),
        ("wscat -c ws://a -H nonsense", 19..27, "name: value"),
        ("wscat -c ws://a -H 'é: 1'", 19..26, "no name of a header"),
        ("wscat -c 'ws://a", 9..10, "never closed"),
    ] {
        let (at, message, _) = refused(text);
        assert!(message.contains(words), "{text}: {message}");
        assert_eq!(at, bytes, "{text}: {message}");
    }
}

#[test]
fn commands_to_execute_are_followed_by_a_wait() {
    let wait = |text| parse(text, 0, &|_| false).unwrap().wait;
    assert_eq!(wait("wscat -c ws://a"), None);
    assert_eq!(wait("wscat -c ws://a -x 30"), Some(Duration::from_secs(2)));
    assert_eq!(
        wait("wscat -c ws://a -x b -w 0.5"),
        Some(Duration::from_millis(500))
    );
    assert_eq!(wait("wscat -w -1 -c ws://a -x b"), None);
}

#[test]
fn a_misspelt_option_is_recognised() {
    let (_, _, help) = refused("wscat --conect ws://a");
    assert_eq!(help.as_deref(), Some("did you mean --connect?"));
}

#[test]
fn base64_is_padded() {
    for (text, encoded) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64(text.as_bytes()), encoded);
    }
}
