//! What the components write into the page, rendered on the host without a browser.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "what the stories say is valid")]

use std::rc::Rc;

use papo_app::chat::Chat;
use papo_app::chat::grouping::group;
use papo_app::components::group::{Group, Props as GroupProps};
use papo_app::components::log::Log;
use papo_app::components::notice::Notice;
use papo_app::components::pending::pending;
use papo_app::components::status::status;
use papo_app::i18n::Language;
use papo_protocol::session::{Effect, Input, SocketId};
use papo_protocol::{ClientMessageId, MessageText, Session};
use yew::LocalServerRenderer;
use yew::prelude::*;

/// A part of the page, as the renderer wants it.
#[derive(PartialEq, Properties)]
struct PageProps {
    part: Html,
}

#[component]
fn Page(props: &PageProps) -> Html {
    props.part.clone()
}

fn chat(session: Session, language: Language) -> Chat {
    Chat {
        session: Rc::new(session),
        commands: Callback::noop(),
        language,
    }
}

/// Something that happens to a session.
enum Happening {
    Start,
    Opened,
    Closed,
    Heard(String),
    Say(Input),
}

/// A session to which things have happened, in order.
fn session(story: impl IntoIterator<Item = Happening>) -> Session {
    let mut session = Session::default();
    let mut socket = SocketId::default();
    for happening in story {
        let input = match happening {
            Happening::Start => Input::Start,
            Happening::Opened => Input::Opened(socket),
            Happening::Closed => Input::Closed(socket),
            Happening::Heard(frame) => Input::Received(socket, frame),
            Happening::Say(input) => input,
        };
        for effect in session.step(input, 0, 0.0) {
            if let Effect::Connect(asked_for) = effect {
                socket = asked_for;
            }
        }
    }
    session
}

fn heard(frame: &str) -> Happening {
    Happening::Heard(frame.to_owned())
}

fn online() -> Vec<Happening> {
    let connected = r#"{"type":"connected","connectionId":"me=","epoch":"e","head":0}"#;
    vec![Happening::Start, Happening::Opened, heard(connected)]
}

fn said(author: &str, text: &str, id: &str, epoch: &str) -> Happening {
    heard(&format!(
        r#"{{"connectionId":"{author}","message":"{text}","messageId":"{id}","requestTimeEpoch":{epoch}}}"#
    ))
}

/// The text and the tags of a part, without the classes and comments that nobody wrote.
async fn rendered(part: Html) -> String {
    let props = PageProps { part };
    let html = LocalServerRenderer::<Page>::with_props(props)
        .hydratable(false)
        .render()
        .await;
    let mut plain = String::new();
    let mut rest = html.as_str();
    while let Some(start) = rest.find("<svg") {
        plain.push_str(&rest[..start]);
        rest = rest[start..]
            .split_once("</svg>")
            .map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[track_caller]
fn shows(html: &str, part: &str) {
    assert!(html.contains(part), "{part:?} is missing in\n{html}");
}

#[tokio::test]
async fn the_status_is_said_by_word_and_by_state() {
    let shown = |story: Vec<Happening>, language: Language| {
        rendered(status(session(story).phase(), language.words()))
    };
    let connecting = shown(vec![Happening::Start], Language::Portuguese).await;
    shows(&connecting, r#"data-state="connecting""#);
    shows(&connecting, "Conectando…");
    let is_online = shown(online(), Language::English).await;
    shows(&is_online, r#"data-state="online""#);
    let offline = shown(vec![Happening::Start, Happening::Closed], Language::English).await;
    shows(&offline, r#"data-state="offline""#);
    shows(&offline, "Offline");
}

#[tokio::test]
async fn a_group_names_its_author_once_and_each_message_with_its_time() {
    let story = online().into_iter().chain([
        said("bob=", "Oi", "m1", "1733702400000"),
        said("bob=", "<b>linha 1</b>\\nlinha 2", "m2", "1733702460000"),
    ]);
    let session = session(story);
    let messages = group(session.timeline().segments(), papo_app::browser::wall_clock).remove(0);
    let language = Language::Portuguese;
    let html = rendered(html! { <Group ..GroupProps { messages, language } /> }).await;
    assert_eq!(html.matches(r#"class="who""#).count(), 1, "{html}");
    shows(&html, r#"<p dir="auto">Oi</p>"#);
    shows(&html, "<time>00:00</time>");
    shows(&html, "<time>00:01</time>");
    shows(&html, "&lt;b&gt;linha 1&lt;/b&gt;\nlinha 2");
    shows(&html, r#"data-own="false""#);
}

#[tokio::test]
async fn a_moment_that_does_not_exist_blanks_nothing() {
    let session = session(online().into_iter().chain([said(
        "bob=",
        "Oi",
        "m1",
        "9223372036854775807",
    )]));
    let messages = group(session.timeline().segments(), papo_app::browser::wall_clock).remove(0);
    let language = Language::English;
    let html = rendered(html! { <Group ..GroupProps { messages, language } /> }).await;
    shows(&html, "--:--");
}

async fn said_here(story: impl IntoIterator<Item = Happening>) -> String {
    let say = Happening::Say(Input::Say {
        id: ClientMessageId::parse("c1").unwrap(),
        text: MessageText::parse("Olá").unwrap(),
        said_at: 0,
    });
    let session = session(online().into_iter().chain([say]).chain(story));
    let message = session.outbox().entries()[0].clone();
    let chat = chat(session, Language::Portuguese);
    rendered(pending(&message, &chat)).await
}

#[tokio::test]
async fn a_message_on_its_way_says_so_and_offers_nothing() {
    let html = said_here([]).await;
    shows(&html, "Enviando");
    assert!(!html.contains("<button"), "{html}");
}

#[tokio::test]
async fn a_message_that_lost_its_connection_is_still_on_its_way() {
    let html = said_here([Happening::Closed]).await;
    shows(&html, r#"data-failed="false""#);
    assert!(!html.contains("<button"), "{html}");
}

#[tokio::test]
async fn a_refused_message_says_why_and_offers_three_ways_out() {
    let refusal =
        r#"{"type":"error","code":"messageTooLong","message":"No.","clientMessageId":"c1"}"#;
    let html = said_here([heard(refusal)]).await;
    shows(&html, "A mensagem é longa demais.");
    for way_out in ["Tentar de novo", "Editar", "Descartar"] {
        shows(&html, way_out);
    }
}

#[tokio::test]
async fn what_is_missing_is_shown_where_it_is_missing() {
    let story = online().into_iter().chain([
        heard(r#"{"connectionId":"bob=","message":"1","messageId":"m1","requestTimeEpoch":1,"type":"message","seq":1}"#),
        heard(r#"{"type":"history","after":1,"epoch":"e","head":3,"messages":[{"connectionId":"bob=","message":"3","messageId":"m3","requestTimeEpoch":3,"type":"message","seq":3}],"complete":true}"#),
    ]);
    let html = rendered(html! { <Log ..chat(session(story), Language::English) /> }).await;
    let place = |part: &str| {
        html.find(part)
            .unwrap_or_else(|| panic!("no {part} in {html}"))
    };
    let (before, cut, after) = (
        place(">1</p>"),
        place(r#"data-testid="cut""#),
        place(">3</p>"),
    );
    assert!(before < cut && cut < after, "{html}");
}

#[tokio::test]
async fn an_error_of_api_gateway_is_a_notice_in_its_own_words() {
    let frame = r#"{"message": "Internal server error", "connectionId":"a=", "requestId":"b="}"#;
    let session = session(online().into_iter().chain([heard(frame)]));
    assert_eq!(session.timeline().len(), 0);
    let html = rendered(html! { <Notice ..chat(session, Language::English) /> }).await;
    shows(&html, "Internal server error.");
    shows(&html, r#"role="alert""#);
}

#[tokio::test]
async fn nobody_is_told_anything_while_all_is_well() {
    let html = rendered(html! { <Notice ..chat(session(online()), Language::English) /> }).await;
    assert!(!html.contains("data-testid"), "{html}");
}
