//! Sessions after a story, and the HTML that they make.

use std::cell::RefCell;
use std::rc::Rc;

use papo_app::chat::Chat;
use papo_app::i18n::Language;
use papo_protocol::session::{Effect, Input, SocketId};
use papo_protocol::{RoomName, Session};
use yew::LocalServerRenderer;
use yew::prelude::*;

/// A part of the page, in the form that the renderer needs.
#[derive(PartialEq, Properties)]
struct PageProps {
    part: Html,
}

#[component]
fn Page(props: &PageProps) -> Html {
    props.part.clone()
}

pub(crate) fn chat(session: Session, language: Language) -> Chat {
    Chat {
        session: Rc::new(RefCell::new(session)),
        revision: 0,
        room: RoomName::default(),
        about: None,
        onabout: Callback::noop(),
        inputs: Callback::noop(),
        drafts: Callback::noop(),
        keeps: true,
        is_signed_in: false,
        language,
    }
}

/// An event of a session.
#[derive(Clone)]
pub(crate) enum Happening {
    Start,
    Opened,
    Closed,
    Heard(String),
    Say(Input),
}

/// A session after these events.
pub(crate) fn session(story: impl IntoIterator<Item = Happening>) -> Session {
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

pub(crate) fn heard(frame: &str) -> Happening {
    Happening::Heard(frame.to_owned())
}

pub(crate) fn online() -> Vec<Happening> {
    let connected = r#"{"type":"connected","connectionId":"me=","epoch":"e","head":0}"#;
    vec![Happening::Start, Happening::Opened, heard(connected)]
}

pub(crate) fn said(author: &str, text: &str, id: &str, epoch: &str) -> Happening {
    heard(&format!(
        r#"{{"connectionId":"{author}","message":"{text}","messageId":"{id}","requestTimeEpoch":{epoch}}}"#
    ))
}

/// A message of a client that has introduced itself.
pub(crate) fn said_by(person: &str, name: &str, connection: &str, id: &str) -> Happening {
    heard(&format!(
        r#"{{"connectionId":"{connection}","message":"Oi","messageId":"{id}","requestTimeEpoch":0,"personId":"{person}","name":"{name}"}}"#
    ))
}

/// The HTML of a part, without icons and generated classes.
pub(crate) async fn rendered(part: Html) -> String {
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
pub(crate) fn shows(html: &str, part: &str) {
    assert!(html.contains(part), "{part:?} is missing in\n{html}");
}
