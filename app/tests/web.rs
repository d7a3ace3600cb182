//! What only a browser can test: focus, keys, scrolling, storage, and that a dropped socket is silent.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "web/stage.rs"]
mod stage;

use papo_app::browser::database::Database;
use papo_app::browser::{self, document, locks};
use papo_app::chat::storage;
use papo_app::connection::{Socket, SocketEvent};
use papo_protocol::session::{Effect, Input, SocketId};
use papo_protocol::{RoomName, Session};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlTextAreaElement, KeyboardEvent, KeyboardEventInit};
use yew::platform::spawn_local;
use yew::prelude::*;

use stage::{Composer, Stage, ThemeMenu, Timeline, wait_until};

wasm_bindgen_test_configure!(run_in_browser);

fn online() -> (Session, SocketId) {
    let mut session = Session::default();
    let effects = session.step(Input::Start, 0, 0.0);
    let [Effect::Connect(socket)] = effects[..] else {
        panic!("{effects:?}");
    };
    let _ = session.step(Input::Opened(socket), 0, 0.0);
    let connected = r#"{"type":"connected","connectionId":"me="}"#.to_owned();
    let _ = session.step(Input::Received(socket, connected), 0, 0.0);
    (session, socket)
}

fn said(socket: SocketId, n: usize) -> Input {
    let frame = format!(
        r#"{{"connectionId":"bob=","message":"line {n}","messageId":"m{n}","requestTimeEpoch":{n}}}"#
    );
    Input::Received(socket, frame)
}

fn write(field: &HtmlTextAreaElement, text: &str) {
    field.set_value(text);
    let event = web_sys::InputEvent::new("input").unwrap();
    field.dispatch_event(&event).unwrap();
}

/// Presses Enter, and says whether the page left it to the browser.
fn press_enter(field: &HtmlTextAreaElement, shift: bool, composing: bool) -> bool {
    let about = KeyboardEventInit::new();
    about.set_key("Enter");
    about.set_shift_key(shift);
    about.set_is_composing(composing);
    about.set_bubbles(true);
    about.set_cancelable(true);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &about).unwrap();
    field.dispatch_event(&event).unwrap()
}

async fn composer(session: (Session, SocketId)) -> (Stage, HtmlTextAreaElement) {
    let stage = Stage::show(session, |chat| html! { <Composer ..chat /> });
    let field = stage.wait_for("textarea").await;
    (stage, field)
}

#[wasm_bindgen_test]
async fn enter_sends_and_the_focus_stays() {
    let (stage, field) = composer(online()).await;
    write(&field, "Olá\r\n");
    stage.wait_for::<Element>(".send:not(:disabled)").await;
    assert!(!press_enter(&field, false, false));
    assert!(said_by(&stage).eq(["Olá"]));
    assert_eq!(field.value(), "");
    assert!(
        document()
            .active_element()
            .is_some_and(|active| active.is_same_node(Some(&field)))
    );
    stage.wait_for::<Element>(".send:disabled").await;
}

#[wasm_bindgen_test]
async fn shift_enter_and_enter_of_an_input_method_do_not_send() {
    let (stage, field) = composer(online()).await;
    write(&field, "日本");
    stage.wait_for::<Element>(".send:not(:disabled)").await;
    assert!(press_enter(&field, true, false));
    assert!(press_enter(&field, false, true));
    assert_eq!(said_by(&stage).count(), 0);
    assert_eq!(field.value(), "日本");
}

#[wasm_bindgen_test]
async fn without_a_connection_the_draft_stays_and_can_be_said() {
    let (mut stage, field) = composer(online()).await;
    write(&field, "a draft");
    stage.wait_for::<Element>(".send:not(:disabled)").await;
    stage.happens(Input::Closed(stage.socket));
    assert_eq!(field.value(), "a draft");
    assert_eq!(written(&stage).as_deref(), Some("a draft"));
    press_enter(&field, false, false);
    assert!(said_by(&stage).eq(["a draft"]));
    assert_eq!(written(&stage).as_deref(), Some(""));
}

/// The last draft that was reported.
fn written(stage: &Stage) -> Option<String> {
    stage.drafts.borrow().last().cloned()
}

/// The texts that were sent.
fn said_by(stage: &Stage) -> impl Iterator<Item = String> {
    let inputs = stage.inputs.borrow().clone();
    inputs.into_iter().filter_map(|input| match input {
        Input::Send { content, .. } => content.message().map(ToString::to_string),
        _ => None,
    })
}

#[wasm_bindgen_test]
async fn a_text_that_is_too_long_cannot_be_sent_and_says_by_how_much() {
    let (stage, field) = composer(online()).await;
    write(&field, &"x".repeat(8_192 + 7));
    let hint: Element = stage.wait_for("[data-problem=true]").await;
    assert_eq!(
        hint.text_content().as_deref(),
        Some("The message is 7 bytes too long.")
    );
    stage.wait_for::<Element>(".send:disabled").await;
}

async fn log_with(lines: usize) -> (Stage, HtmlElement) {
    let (mut session, socket) = online();
    for n in 0..lines {
        let _ = session.step(said(socket, n), 0, 0.0);
    }
    let stage = Stage::show(
        (session, socket),
        |chat| html! { <div class="room" style="height:200px;display:grid;grid-template-rows:minmax(0,1fr)"><Timeline ..chat /></div> },
    );
    let log: HtmlElement = stage.wait_for("[data-testid=timeline]").await;
    wait_until("all lines", || {
        log.query_selector_all("[data-testid=message]")
            .unwrap()
            .length() as usize
            == lines
    })
    .await;
    (stage, log)
}

fn from_the_end(log: &HtmlElement) -> i32 {
    log.scroll_height() - log.scroll_top() - log.client_height()
}

#[wasm_bindgen_test]
async fn a_reader_at_the_end_stays_at_the_end() {
    let (mut stage, log) = log_with(40).await;
    wait_until("the end", || from_the_end(&log) <= 1).await;
    stage.happens(said(stage.socket, 40));
    wait_until("the new line", || {
        log.query_selector_all("[data-testid=message]")
            .unwrap()
            .length()
            == 41
    })
    .await;
    wait_until("the end again", || from_the_end(&log) <= 1).await;
    assert!(stage.find::<Element>("[data-testid=newer]").is_none());
}

#[wasm_bindgen_test]
async fn less_room_does_not_hide_the_end() {
    let (stage, log) = log_with(40).await;
    wait_until("the end", || from_the_end(&log) <= 1).await;
    let room: HtmlElement = stage.wait_for(".room").await;
    let before = log.client_height();
    room.style().set_property("height", "120px").unwrap();
    wait_until("less room", || log.client_height() < before).await;
    wait_until("the end again", || from_the_end(&log) <= 1).await;
}

#[wasm_bindgen_test]
async fn new_messages_are_counted_for_a_reader_further_up_who_is_not_moved() {
    let (mut stage, log) = log_with(40).await;
    wait_until("the end", || from_the_end(&log) <= 1).await;
    log.set_scroll_top(10);
    // The scroll event comes with the next frame.
    let event = Rc::new(RefCell::new(false));
    let seen = Rc::clone(&event);
    let _listener =
        gloo_events::EventListener::once(&log, "scroll", move |_| *seen.borrow_mut() = true);
    wait_until("the scroll event", || *event.borrow()).await;
    stage.happens(said(stage.socket, 40));
    let newer: HtmlElement = stage.wait_for("[data-testid=newer]").await;
    wait_until("the number of new messages", || {
        newer.text_content().as_deref() == Some("1 new message")
    })
    .await;
    assert_eq!(log.scroll_top(), 10);
    wait_until("what is read to be kept", || is_reading(&stage)).await;
    newer.click();
    wait_until("the end", || from_the_end(&log) <= 1).await;
    wait_until("nothing to be kept", || !is_reading(&stage)).await;
}

/// Whether the session was told last that the reader is further up.
fn is_reading(stage: &Stage) -> bool {
    let inputs = stage.inputs.borrow();
    let mut told = inputs.iter().filter_map(|input| match input {
        Input::Reading(reading) => Some(*reading),
        _ => None,
    });
    told.next_back() == Some(true)
}

#[wasm_bindgen_test]
async fn a_theme_is_applied_and_remembered() {
    browser::remember(browser::THEME, "light");
    let stage = Stage::show(online(), |chat| html! { <ThemeMenu ..chat /> });
    let button: HtmlElement = stage.wait_for("[data-testid=theme]").await;
    button.click();
    let dark: HtmlElement = stage.wait_for(":popover-open [data-theme-name=dark]").await;
    dark.click();
    let root = document().document_element().unwrap();
    assert_eq!(root.get_attribute("data-theme").as_deref(), Some("dark"));
    assert_eq!(browser::remembered(browser::THEME).as_deref(), Some("dark"));
    button.click();
    stage
        .wait_for::<Element>("[role=radiogroup]:not(:popover-open)")
        .await;
}

fn open(port: u16) -> (Option<Socket>, Rc<RefCell<Vec<SocketEvent>>>) {
    let heard: Rc<RefCell<Vec<SocketEvent>>> = Rc::default();
    let log = Rc::clone(&heard);
    let url = format!("ws://127.0.0.1:{port}/");
    let socket = Socket::open(
        &url,
        &js_sys::Array::new(),
        &Callback::from(move |happening| log.borrow_mut().push(happening)),
    );
    (socket, heard)
}

/// A port below those that systems hand out, and that no common service has.
const NOBODY: u16 = 1023;

#[wasm_bindgen_test]
async fn a_socket_that_cannot_open_says_so_once() {
    let (_socket, heard) = open(NOBODY);
    wait_until("the end of the socket", || !heard.borrow().is_empty()).await;
    assert_eq!(*heard.borrow(), [SocketEvent::Closed]);
}

#[wasm_bindgen_test]
async fn a_dropped_socket_is_never_heard_again() {
    let (dropped, silent) = open(NOBODY);
    drop(dropped);
    let (_socket, heard) = open(NOBODY);
    wait_until("the end of a later socket", || !heard.borrow().is_empty()).await;
    assert!(silent.borrow().is_empty());
}

#[wasm_bindgen_test]
async fn a_lock_is_granted_once_its_page_has_released_it() {
    let taken = Rc::new(RefCell::new(Vec::new()));
    let take = |name: &str, wait: bool| {
        let (taken, name) = (Rc::clone(&taken), name.to_owned());
        spawn_local(async move {
            if let Some(_lock) = locks::take(&name, wait).await {
                taken.borrow_mut().push(name);
            }
        });
    };
    let held = locks::hold("alive");
    take("alive", false);
    take("alive", true);
    take("gone", true);
    take("gone too", false);
    // Locks are given in the order in which they were asked for.
    wait_until("the last lock", || taken.borrow().len() == 2).await;
    assert_eq!(*taken.borrow(), ["gone", "gone too"]);
    drop(held);
    wait_until("the released lock", || taken.borrow().len() == 3).await;
}

#[wasm_bindgen_test]
async fn drafts_are_read_as_written_and_an_empty_one_leaves_no_trace() {
    let database = Database::open().await.unwrap();
    let prefix = storage::prefix(&RoomName::default());
    let key = format!("{prefix}test");
    let written = storage::write(&database, &key, &[], "two\nlines").await;
    assert!(written.is_ok());
    let keys = database.keys(&prefix).await.unwrap();
    assert!(keys.contains(&key));
    let left = storage::left(&database, &key).await;
    assert_eq!(left, (Vec::new(), "two\nlines".to_owned()));
    let removed = storage::write(&database, &key, &[], "").await;
    assert!(removed.is_ok());
    let keys = database.keys(&prefix).await.unwrap();
    assert!(!keys.contains(&key));
}
