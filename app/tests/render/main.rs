//! The HTML of the components, rendered on the host without a browser.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "what the stories say is valid")]

mod story;

use papo_app::chat::Chat;
use papo_app::components::name_form::use_name_form;
use papo_app::components::notice::use_notice;
use papo_app::components::status::use_status;
use papo_app::components::timeline::pending::pending;
use papo_app::components::timeline::use_timeline;
use papo_app::hooks::use_signal;
use papo_app::i18n::Language;
use papo_app::i18n::dates::Dates;
use papo_protocol::session::Input;
use papo_protocol::{ClientMessageId, MessageText, PersonName};
use yew::prelude::*;

use story::{Happening, chat, heard, online, rendered, said, said_by, session, shows};

#[component]
fn Status(chat: &Chat) -> Html {
    use_status(chat)
}

#[component]
fn Notice(chat: &Chat) -> Html {
    use_notice(chat)
}

#[component]
fn NameForm(chat: &Chat) -> Html {
    let is_changing = use_signal(|| true);
    use_name_form(chat, &is_changing)
}

#[component]
fn Timeline(chat: &Chat) -> Html {
    use_timeline(chat)
}

#[tokio::test]
async fn the_status_is_a_word_and_a_state() {
    let shown = |story: Vec<Happening>, language: Language| {
        rendered(html! { <Status ..chat(session(story), language) /> })
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

async fn timeline(story: impl IntoIterator<Item = Happening>) -> String {
    let session = session(online().into_iter().chain(story));
    rendered(html! { <Timeline ..chat(session, Language::Portuguese) /> }).await
}

#[tokio::test]
async fn messages_in_a_row_name_their_author_once_and_each_its_time() {
    let html = timeline([
        said("bob=", "Oi", "m1", "1733702400000"),
        said("bob=", "<b>linha 1</b>\\nlinha 2", "m2", "1733702460000"),
    ])
    .await;
    assert_eq!(html.matches(r#"class="who"#).count(), 1, "{html}");
    shows(&html, "<p>Oi</p>");
    shows(&html, ">00:00</time>");
    shows(&html, ">00:01</time>");
    shows(&html, "&lt;b&gt;linha 1&lt;/b&gt;\nlinha 2");
    shows(&html, r#"data-own="false""#);
}

#[tokio::test]
async fn a_person_has_a_name_and_initials_and_stays_the_same_across_connections() {
    let html = timeline([
        said_by("p-ana", "Ana Lima", "c1=", "m1"),
        said_by("p-ana", "Ana Lima", "c2=", "m2"),
        said_by("p-ana", "Bia", "c2=", "m3"),
        said_by("p-other", "Bia", "c3=", "m4"),
    ])
    .await;
    shows(&html, "<bdi>Ana Lima</bdi>");
    shows(&html, r#"data-author="Bia""#);
    assert_eq!(html.matches(r#"class="who"#).count(), 3, "{html}");
    assert_eq!(html.matches(">AL</div>").count(), 1, "{html}");
    assert_eq!(html.matches(">B</div>").count(), 2, "{html}");
}

#[tokio::test]
async fn messages_of_the_own_person_are_own_on_any_connection() {
    let connected =
        r#"{"type":"connected","connectionId":"me=","epoch":"e","head":0,"personId":"p-me"}"#;
    let story = [
        Happening::Start,
        Happening::Opened,
        heard(connected),
        said_by("p-me", "Ana", "other=", "m1"),
    ];
    let html = rendered(html! { <Timeline ..chat(session(story), Language::English) /> }).await;
    shows(&html, r#"data-own="true" data-author="Ana""#);
    shows(&html, r#"<span class="unseen">Sent</span>"#);
}

#[tokio::test]
async fn the_form_for_the_name_can_be_cancelled_only_by_someone_who_has_one() {
    let form = |story: Vec<Happening>, language: Language| {
        let chat = chat(session(story), language);
        rendered(html! { <NameForm ..chat /> })
    };
    let first = form(online(), Language::Portuguese).await;
    shows(&first, r#"<label for="name">Seu nome</label>"#);
    shows(&first, "Entrar");
    assert!(!first.contains("Cancelar"), "{first}");

    let name = PersonName::parse("Ana").unwrap();
    let rename = [Happening::Say(Input::Rename(name))];
    let later = form(
        online().into_iter().chain(rename).collect(),
        Language::English,
    )
    .await;
    shows(&later, "Cancel");
}

#[tokio::test]
async fn a_time_beyond_the_range_of_a_browser_shows_as_dashes() {
    let html = timeline([said("bob=", "Oi", "m1", "9223372036854775807")]).await;
    shows(&html, "--:--");
}

#[tokio::test]
async fn addresses_are_links_that_say_nothing_of_the_page_they_are_on() {
    let html = timeline([said("bob=", "veja https://a.example/b.", "m1", "0")]).await;
    shows(
        &html,
        r#"<a href="https://a.example/b" target="_blank" rel="noopener noreferrer nofollow">"#,
    );
}

#[tokio::test]
async fn characters_that_reverse_text_are_not_rendered() {
    let html = timeline([said("bob=", "invoice\u{202e}fdp.exe", "m1", "0")]).await;
    shows(&html, "<p>invoicefdp.exe</p>");
}

#[tokio::test]
async fn a_timeline_that_is_still_loading_is_not_called_empty() {
    let loading = Happening::Heard(
        r#"{"type":"connected","connectionId":"me=","epoch":"e","head":7}"#.to_owned(),
    );
    let story = [Happening::Start, Happening::Opened, loading];
    for story in [&story[..], &story[..1], &[]] {
        let session = session(story.iter().cloned());
        let html = rendered(html! { <Timeline ..chat(session, Language::English) /> }).await;
        shows(&html, "Loading messages…");
        assert!(!html.contains("No messages yet"), "{html}");
    }
    shows(&timeline([]).await, "Nenhuma mensagem ainda");
}

#[tokio::test]
async fn earlier_messages_do_not_load_without_a_connection() {
    let connected = r#"{"type":"connected","connectionId":"me=","epoch":"e","head":7}"#;
    let newest = r#"{"type":"history","before":8,"epoch":"e","head":7,"complete":false,"messages":[
        {"type":"message","connectionId":"bob=","message":"Oi","messageId":"m","requestTimeEpoch":0,"seq":7}]}"#;
    let story = [
        Happening::Start,
        Happening::Opened,
        heard(connected),
        heard(newest),
        Happening::Closed,
    ];
    let html = async |story: &[Happening]| {
        let chat = chat(session(story.iter().cloned()), Language::English);
        rendered(html! { <Timeline ..chat /> }).await
    };
    shows(&html(&story[..4]).await, "Loading messages…");
    let offline = html(&story).await;
    shows(
        &offline,
        "Messages appear here as soon as there is a connection.",
    );
    assert!(!offline.contains("Loading"), "{offline}");
}

async fn said_here(story: impl IntoIterator<Item = Happening>) -> String {
    let say = Happening::Say(Input::Send {
        id: ClientMessageId::parse("c1").unwrap(),
        content: MessageText::parse("Olá").unwrap().into(),
        sent_at: 0,
    });
    let session = session(online().into_iter().chain([say]).chain(story));
    let message = session.outbox().entries()[0].clone();
    let chat = chat(session, Language::Portuguese);
    rendered(pending(&message, &Dates::new(Language::Portuguese), &chat)).await
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
async fn a_rejected_message_says_why_and_offers_three_ways_on() {
    let error =
        r#"{"type":"error","code":"messageTooLong","message":"No.","clientMessageId":"c1"}"#;
    let html = said_here([heard(error)]).await;
    shows(&html, "A mensagem é longa demais.");
    for way in ["Tentar de novo", "Editar", "Descartar"] {
        shows(&html, way);
    }
}

#[tokio::test]
async fn a_gap_is_shown_where_messages_are_missing() {
    let story = online().into_iter().chain([
        heard(r#"{"connectionId":"bob=","message":"1","messageId":"m1","requestTimeEpoch":1,"type":"message","seq":1}"#),
        heard(r#"{"type":"history","after":1,"epoch":"e","head":3,"messages":[{"connectionId":"bob=","message":"3","messageId":"m3","requestTimeEpoch":3,"type":"message","seq":3}],"complete":true}"#),
    ]);
    let html = rendered(html! { <Timeline ..chat(session(story), Language::English) /> }).await;
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
async fn an_error_of_api_gateway_is_translated() {
    let frame = r#"{"message": "Internal server error", "connectionId":"a=", "requestId":"b="}"#;
    let session = session(online().into_iter().chain([heard(frame)]));
    assert_eq!(session.timeline().len(), 0);
    let html = rendered(html! { <Notice ..chat(session, Language::Portuguese) /> }).await;
    shows(&html, "O servidor falhou.");
    shows(&html, r#"role="alert""#);
}

#[tokio::test]
async fn a_browser_that_stores_nothing_is_not_said_to_keep_what_is_written() {
    let lost = [Happening::Start, Happening::Closed];
    for (keeps, text) in [
        (true, "What you write is saved."),
        (false, "Keep this page open"),
    ] {
        let chat = Chat {
            keeps,
            ..chat(session(lost.clone()), Language::English)
        };
        shows(&rendered(html! { <Notice ..chat /> }).await, text);
    }
}

#[tokio::test]
async fn there_is_no_notice_while_all_is_well() {
    let html = rendered(html! { <Notice ..chat(session(online()), Language::English) /> }).await;
    assert!(!html.contains("data-testid"), "{html}");
}
