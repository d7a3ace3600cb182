//! What the components write into the page, rendered on the host without a browser.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "what the stories say is valid")]

use std::rc::Rc;

use papo_app::chat::Snapshot;
use papo_app::chat::grouping::group;
use papo_app::components::group::{Group, Props as GroupProps};
use papo_app::components::notice::Notice;
use papo_app::components::pending::{Pending, Props as PendingProps};
use papo_app::components::status::Status;
use papo_app::i18n::Language;
use papo_protocol::session::Input;
use papo_protocol::{ClientMessageId, MessageText, Session};
use yew::LocalServerRenderer;
use yew::prelude::*;

/// A session and a language around a component, as the page has them.
#[derive(Clone, PartialEq, Properties)]
struct PageProps {
    session: Snapshot,
    language: Language,
    part: Html,
}

#[component]
fn Page(props: &PageProps) -> Html {
    html! {
        <ContextProvider<Language> context={props.language}>
            <ContextProvider<Snapshot> context={props.session.clone()}>{ props.part.clone() }</ContextProvider<Snapshot>>
        </ContextProvider<Language>>
    }
}

/// A session to which things have happened, in order.
fn session(story: impl IntoIterator<Item = Input>) -> Session {
    let mut session = Session::default();
    for input in story {
        let _ = session.step(input, 0, 0.0);
    }
    session
}

fn heard(frame: &str) -> Input {
    Input::Received(frame.to_owned())
}

fn online() -> Vec<Input> {
    vec![
        Input::Start,
        Input::Opened,
        heard(r#"{"type":"connected","connectionId":"me="}"#),
    ]
}

fn said(author: &str, text: &str, id: &str, epoch: &str) -> Input {
    heard(&format!(
        r#"{{"connectionId":"{author}","message":"{text}","messageId":"{id}","requestTimeEpoch":{epoch}}}"#
    ))
}

/// The text and the tags of a part, without the classes and comments that nobody wrote.
async fn rendered(session: Session, language: Language, part: Html) -> String {
    let props = PageProps {
        session: Snapshot(Rc::new(session)),
        language,
        part,
    };
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
    let status = || html! { <Status /> };
    let connecting = rendered(session([Input::Start]), Language::Portuguese, status()).await;
    shows(&connecting, r#"data-state="connecting""#);
    shows(&connecting, "Conectando…");
    let is_online = rendered(session(online()), Language::English, status()).await;
    shows(&is_online, r#"data-state="online""#);
    let offline = rendered(
        session([Input::Start, Input::Closed]),
        Language::English,
        status(),
    )
    .await;
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
    let messages = group(session.timeline().entries(), papo_app::browser::wall_clock).remove(0);
    let html = rendered(
        session,
        Language::Portuguese,
        html! { <Group ..GroupProps { messages } /> },
    )
    .await;
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
    let messages = group(session.timeline().entries(), papo_app::browser::wall_clock).remove(0);
    let html = rendered(
        session,
        Language::English,
        html! { <Group ..GroupProps { messages } /> },
    )
    .await;
    shows(&html, "--:--");
}

async fn pending(story: impl IntoIterator<Item = Input>) -> String {
    let say = Input::Say {
        id: ClientMessageId::parse("c1").unwrap(),
        text: MessageText::parse("Olá").unwrap(),
        said_at: 0,
    };
    let session = session(online().into_iter().chain([say]).chain(story));
    let message = session.outbox().entries()[0].clone();
    let onedit = Callback::noop();
    rendered(
        session,
        Language::Portuguese,
        html! { <Pending ..PendingProps { message, onedit } /> },
    )
    .await
}

#[tokio::test]
async fn a_message_on_its_way_says_so_and_offers_nothing() {
    let html = pending([]).await;
    shows(&html, "Enviando");
    assert!(!html.contains("<button"), "{html}");
}

#[tokio::test]
async fn a_failed_message_says_why_and_offers_three_ways_out() {
    let html = pending([Input::Closed]).await;
    shows(&html, "Não confirmada.");
    for way_out in ["Tentar de novo", "Editar", "Descartar"] {
        shows(&html, way_out);
    }
    let refusal =
        r#"{"type":"error","code":"messageTooLong","message":"No.","clientMessageId":"c1"}"#;
    shows(
        &pending([heard(refusal)]).await,
        "A mensagem é longa demais.",
    );
}

#[tokio::test]
async fn an_error_of_api_gateway_is_a_notice_in_its_own_words() {
    let frame = r#"{"message": "Internal server error", "connectionId":"a=", "requestId":"b="}"#;
    let session = session(online().into_iter().chain([heard(frame)]));
    assert_eq!(session.timeline().entries().len(), 0);
    let html = rendered(session, Language::English, html! { <Notice /> }).await;
    shows(&html, "Internal server error.");
    shows(&html, r#"role="alert""#);
}

#[tokio::test]
async fn nobody_is_told_anything_while_all_is_well() {
    let html = rendered(session(online()), Language::English, html! { <Notice /> }).await;
    assert!(!html.contains("notice"), "{html}");
}
