use super::*;

#[track_caller]
fn refused(text: &str) -> (Range<usize>, String) {
    let error = parse(text, 0, &|_| false).expect_err(text);
    (error.bytes, error.message)
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
        let url = connect.url.fill(&Captures::default());
        assert_eq!(url, "ws://127.0.0.1:3001/dev", "{text}");
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
        .map(|(name, value)| format!("{name}: {}", value.fill(&Captures::default())))
        .collect();
    assert_eq!(
        headers,
        ["authorization: Bearer token", "origin: https://a.b",]
    );
    let auth = connect.auth.unwrap().fill(&Captures::default());
    assert_eq!(basic(&auth), "Basic bWU6c2VjcmV0");
    let protocols = connect.subprotocols.iter();
    let protocols: Vec<_> = protocols
        .map(|name| name.fill(&Captures::default()))
        .collect();
    assert_eq!(protocols, ["chat.v1", "chat.v2"]);
}

#[test]
fn unusable_options_are_rejected_at_their_place() {
    for (text, bytes, words) in [
        ("", 0..0, "a command is missing"),
        ("wscat -c", 6..8, "-c needs a value"),
        ("wscat -c ws://", 9..14, "has no host"),
        ("wscat -c ws+unix:/tmp/s:/a", 9..26, "listen on TCP"),
        (
            "wscat -c ws://a --proxy socks5://b:1",
            24..36,
            "not an HTTP proxy",
        ),
        ("wscat -c ws://a -z", 16..18, "no option -z"),
        ("wscat -c ws://a -H 'é: 1'", 19..26, "not a header name"),
    ] {
        let (at, message) = refused(text);
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
fn addresses_and_headers_may_contain_placeholders() {
    let connect = parse("wscat -c <$host>/<id>?t=1 -H 'A: <$token>'", 0, &|name| {
        name == "id"
    })
    .unwrap();
    let mut known = Captures::default();
    known.insert("$host", "wss://a".into(), 0);
    known.insert("$token", "secret".into(), 0);
    known.insert("id", "42".into(), 1);
    assert_eq!(connect.url.fill(&known), "wss://a/42?t=1");
    assert_eq!(connect.headers[0].1.fill(&known), "secret");
}

#[test]
fn placeholders_of_documentation_are_rejected_with_the_variable_to_write() {
    for (text, found, variable) in [
        ("wscat -c wss://<host>/dev", "<host>", "<$host>"),
        (
            "wscat -c wss://{API-ID}.example.com/dev",
            "{API-ID}",
            "<$API-ID>",
        ),
        (
            "wscat -c 'ws://a?t=<jwt_token>'",
            "<jwt_token>",
            "<$jwt_token>",
        ),
        (
            "wscat -c ws://a -H 'A: Bearer <YOUR API KEY>'",
            "<YOUR API KEY>",
            "<$YOUR-API-KEY>",
        ),
        ("wscat -c ws://a -s <clé>", "<clé>", "<$name>"),
    ] {
        let error = parse(text, 0, &|_| false).expect_err(text);
        assert_eq!(error.message, format!("nothing replaces {found} here"));
        assert!(error.help.unwrap().contains(variable), "{text}");
    }
}

#[test]
fn text_that_is_not_a_placeholder_of_documentation_is_kept() {
    for text in [
        "wscat -c 'ws://a?filter={name}'",
        "wscat -c ws://a -x '<b>hi</b>'",
        "wscat -c ws://a -H 'X: <a to 8192 bytes>' -H 'Y: 1 < 2 > 1' -H 'Z: <https://a/>'",
    ] {
        parse(text, 0, &|_| false).expect(text);
    }
}
