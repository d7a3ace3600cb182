use super::*;
use crate::transcript::Transcript;

const CONNECT: &str = "wscat -c ws://127.0.0.1:3001/dev";

/// A recording of lines as they were on the screen: `alice> typed`, `alice< arrived`, `alice! 1000 reason`, `alice$`, `alice exit`.
fn recording(lines: &str) -> Recording {
    let mut recording = Recording::default();
    for line in lines.lines() {
        let at = line.find(['>', '<', '!', '$', ' ', '#']).unwrap();
        let (name, rest) = line.split_at(at);
        let (mark, text) = rest.split_at(1);
        let text = text.strip_prefix(' ').unwrap_or(text).to_owned();
        let terminal = recording.terminal(name);
        let event = match mark {
            ">" => Event::Typed(text),
            "<" => Event::Arrived(Arrival::Text(text)),
            "$" => Event::Connected(CONNECT.to_owned()),
            "#" => Event::Noted(text),
            "!" => {
                let (code, reason) = text.split_once(' ').unwrap();
                Event::Arrived(Arrival::Closed {
                    code: code.parse().unwrap(),
                    reason: reason.to_owned(),
                })
            }
            _ => Event::Left,
        };
        recording.add(terminal, event);
    }
    recording
}

#[track_caller]
fn becomes(lines: &str, expected: &str) {
    let text = transcript(&recording(lines));
    assert_eq!(text, expected);
    Transcript::parse("a.wscat", &text).unwrap();
}

#[test]
fn values_that_come_again_are_captured_and_times_are_types() {
    becomes(
            "\
alice# Says hello.
alice$
alice> id
alice< {\"id\":\"c-1\"}
bob$
bob> hello c-1
bob< {\"to\":\"c-1\",\"text\":\"hello c-1\",\"messageId\":\"m-1\",\"at\":1733702400000,\"kind\":\"hello\"}
alice< {\"to\":\"c-1\",\"text\":\"hello c-1\",\"messageId\":\"m-1\",\"at\":1733702400000,\"kind\":\"hello\"}
",
            "\
[alice]
# Says hello.
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> id
< {\"id\":\"<alice>\"}

[bob]
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> hello <alice>
< {\"to\":\"<alice>\",\"text\":\"hello <alice>\",\"messageId\":\"<string>\",\"at\":<epoch-ms>,\"kind\":\"hello\"}

[alice]
< {\"to\":\"<alice>\",\"text\":\"hello <alice>\",\"messageId\":\"<string>\",\"at\":<epoch-ms>,\"kind\":\"hello\"}
",
        );
}

#[test]
fn a_number_is_not_the_text_that_reads_the_same() {
    let mut recording = Recording::default();
    let (alice, bob) = (recording.terminal("alice"), recording.terminal("bob"));
    let arrived = |text: &str| Event::Arrived(Arrival::Text(text.to_owned()));
    recording.add(alice, Event::Connected("wscat -c ws://a".to_owned()));
    recording.add(bob, Event::Connected("wscat -c ws://a".to_owned()));
    recording.add(alice, arrived(r#"{"userId":42424}"#));
    recording.add(bob, arrived(r#"{"id":"42424","text":"a"}"#));
    let text = transcript(&recording);
    let (first, second) = text.split_once("[alice]\n<").expect(&text);
    assert!(
        first.contains(r#""<alice>""#) && !second.contains("<alice>"),
        "{text}"
    );
}

#[test]
fn where_a_name_would_mean_something_else_no_value_has_one() {
    becomes(
        "alice$\nbob$\nalice< <alice>\nbob> \nalice< {\"id\":42424}\nbob< {\"id\":\"c-1\",\"text\":\"42424\"}\n",
        "\
[alice]
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)

[bob]
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)

[alice]
< \\<alice>

[bob]
>
< {\"id\":\"<string>\",\"text\":\"42424\"}

[alice]
< {\"id\":<number>}
",
    );
}

#[test]
fn typed_values_are_not_captured_when_they_return() {
    becomes(
        "a$\na> {\"clientMessageId\":\"mine-1\"}\na< {\"clientMessageId\":\"mine-1\",\"text\":\"<b>\"}\n",
        "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> {\"clientMessageId\":\"mine-1\"}
< {\"clientMessageId\":\"mine-1\",\"text\":\"\\<b>\"}
",
    );
}

#[test]
fn a_terminal_may_connect_again_after_its_end() {
    becomes(
        "a$\na! 1001 Going away\na$\na exit\na< too late\na! 1005 \na$\n",
        "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
Disconnected (code: 1001, reason: \"Going away\")
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
exit
Disconnected (code: 1005, reason: \"\")
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
",
    );
}

#[test]
fn nothing_happened_is_nothing() {
    assert_eq!(transcript(&Recording::default()), "");
}

#[test]
fn warns_about_frames_that_are_not_checked() {
    let recording = recording("a$\na> hello\na< nothing for 300 ms");
    let text = transcript(&recording);
    let remarks = remarks(&text, &recording);
    assert_eq!(remarks.len(), 1, "{text}{remarks:?}");
    assert!(remarks[0].starts_with("line 4 accepts any text"));
}

#[test]
fn ids_and_times_inside_of_text_become_placeholders() {
    becomes(
        "a$\na< welcome 123e4567-e89b-42d3-a456-426614174000, it is 2024-12-09T10:00:00Z\na< 0{\"sid\":\"x\",\"pingInterval\":25000}",
        "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
< welcome <uuid>, it is <date>
< 0<json>{\"sid\":\"<string>\",\"pingInterval\":25000}</json>
",
    );
}

#[test]
fn ids_inside_longer_texts_become_placeholders_or_captures() {
    becomes(
        r#"a$
a< 40{"sid":"d65daa55-9172955e2afc4936"}
a< 42["said",{"from":"d65daa55-9172955e2afc4936","html":"<p id=\"md65daa55-9172955e2afc4936\">hi"}]
a< {"text":"at 2024-12-09T10:00:00Z in room 123e4567-e89b-42d3-a456-426614174000"}
a< your session is 9f86d081884c7d65
a> resume 9f86d081884c7d65"#,
        r#"$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
< 40<json>{"sid":"<sid>"}</json>
< 42<json>["said",{"from":"<sid>","html":"<p id=\"m<sid>\">hi"}]</json>
< {"text":"at <date> in room <uuid>"}
< your session is <value>
> resume <value>
"#,
    );
}

#[test]
fn a_violation_of_the_protocol_is_expected_as_such() {
    let mut recording = recording("a$\na> hello");
    let error = "reserved bits are non-zero".to_owned();
    recording.add(0, Event::Arrived(Arrival::ProtocolError(error)));
    let text = transcript(&recording);
    assert!(
        text.ends_with("Disconnected (protocol error: reserved bits are non-zero)\n"),
        "{text}"
    );
    Transcript::parse("a.wscat", &text).unwrap();
}

#[test]
fn heartbeats_are_ignored() {
    becomes(
        "a$\na< PING\na> hello\na< PING\na< hello\na< {\"type\":\"heartbeat\",\"n\":1}",
        "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
ignoring:
< PING
< {\"type\":\"heartbeat\"}

> hello
< hello
",
    );
}

#[test]
fn values_of_variables_have_their_names_in_bytes_too() {
    let mut recording = recording("alice$\n");
    recording
        .variables
        .insert("$session", "4Dr11jTc1".into(), 0);
    let arrived = Arrival::Binary(b"\x0d\xa94Dr11jTc1\xc0".to_vec());
    recording.add(0, Event::Arrived(arrived));
    let text = transcript(&recording);
    assert!(
        text.ends_with("< <bytes 0d a9 \"<$session>\" c0>\n"),
        "{text}"
    );
}

#[test]
fn ids_and_times_in_addresses_and_keys_are_replaced() {
    becomes(
        "\
a$
a< {\"self\":\"https://a:8080/rooms/9f86d081884c7d65\",\"etag\":\"v:1733702400000:a\",\"exp\":1733702400}
a< ping:1733702400000
a> join 9f86d081884c7d65
a< joined room=9f86d081884c7d65
",
        "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
< {\"self\":\"https://a:8080/rooms/<self>\",\"etag\":\"v:<string>:a\",\"exp\":<number>}
< ping:<epoch-ms>
> join <self>
< joined room=<self>
",
    );
}
