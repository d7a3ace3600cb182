//! Actions on a message: copy, reply, react, edit and delete. By mouse, long press or keyboard.
//!
//! The listeners are on the list and not on its messages, of which there are hundreds: an element says with `data-act` what a
//! click on it does.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use papo_protocol::session::{Content, Entry};
use papo_protocol::{Emoji, PersonId};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, FocusEvent, HtmlElement, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use super::anchor;
use super::bar::{Bar, Step};
use super::entries;
use super::scrolling::Scrolling;
use crate::browser::{self, events};
use crate::chat::{About, Chat, SharedEntry, draft};
use crate::hooks::{Signal, use_guard, use_signal};

/// How long a touch is held for the actions to appear, in milliseconds.
const LONG_PRESS_MS: u32 = 450;

/// Finds a message's element.
const MESSAGE: &str = "[data-testid=message]";

/// Finds the bar of actions.
const BAR: &str = "[data-testid=actions]";

/// The message whose actions are shown: the `id` of its element, and what is offered.
type Active = Option<(String, Step)>;

/// The actions of the messages of one timeline.
#[derive(Debug)]
pub(super) struct Actions {
    active: Signal<Active>,
    /// The touch that may become a long press.
    press: RefCell<Option<Timeout>>,
    /// The chat as it was last rendered.
    chat: RefCell<Chat>,
    scrolling: Rc<Scrolling>,
}

impl Actions {
    /// The bar of a message, if it is the one whose actions are shown.
    pub(super) fn bar(&self, chat: &Chat, entry: &Entry) -> Option<Bar> {
        let (id, step) = self.active.get()?;
        let is_this = id.strip_prefix(anchor::ID) == Some(entry.message.message_id.as_str());
        (is_this && !entry.is_deleted()).then(|| Bar {
            step,
            can_react: chat.session().can_react(entry),
            can_edit: chat.session().can_edit(entry),
        })
    }

    fn on_event(&self, event: &Event) {
        let Some(element) = element(event) else {
            return;
        };
        match event.type_().as_str() {
            "click" => {
                let chat = self.chat.borrow().clone();
                act(&chat, &self.active, &self.scrolling, &element);
            }
            "focusin" => {
                // Not after a short touch or a click, which move the focus too. A window that comes to the front brings its focus
                // back from nowhere: a click on an action may have brought it there.
                let from = event.unchecked_ref::<FocusEvent>().related_target();
                if matches!(element.closest(":focus-visible"), Ok(Some(_)))
                    && (from.is_some() || message_of(&element).is_some())
                {
                    self.show(Some(&element));
                }
            }
            "keydown" => press_key(event.unchecked_ref(), &element),
            "pointerdown" if pointer(event) == "touch" => self.touch(&element),
            // Not "pointerover": browsers also report it when messages move below a resting mouse, and the actions would be
            // taken away from the keyboard.
            "pointermove" if pointer(event) == "mouse" => self.show(Some(&element)),
            "pointerup" | "pointercancel" => drop(self.press.take()),
            _ => {}
        }
    }

    /// Shows the actions of the message of `element`.
    fn show(&self, element: Option<&Element>) {
        let id = element.and_then(message_of).map(|it| it.id());
        if id != self.active.get().map(|(id, _)| id) {
            self.active.set(id.map(|id| (id, Step::Actions)));
        }
    }

    /// A touch anywhere hides the actions, unless it is on one of them. A long one shows those of a message.
    fn touch(&self, element: &Element) {
        if element.closest(BAR).is_ok_and(|bar| bar.is_none()) {
            self.active.set(None);
            let active = self.active.clone();
            let press = message_of(element).map(|row| {
                let id = row.id();
                events::after(LONG_PRESS_MS, move || {
                    active.set(Some((id, Step::Actions)));
                })
            });
            self.press.replace(press);
        }
    }
}

/// The kind of pointer of an event.
fn pointer(event: &Event) -> String {
    event.unchecked_ref::<PointerEvent>().pointer_type()
}

/// The actions of the messages of `chat`.
#[hook]
pub(super) fn use_actions(chat: &Chat, scrolling: &Rc<Scrolling>) -> Rc<Actions> {
    let active = use_signal(Active::default);
    let actions = use_ref(|| Actions {
        active,
        press: RefCell::default(),
        chat: RefCell::new(chat.clone()),
        scrolling: Rc::clone(scrolling),
    });
    actions.chat.replace(chat.clone());
    use_guard(
        true,
        Box::new({
            let actions = Rc::clone(&actions);
            move || {
                let elements = &actions.scrolling.elements;
                let mut listeners = Vec::new();
                let mut listen = |target: &EventTarget, events: &[&'static str]| {
                    for event in events {
                        let actions = Rc::clone(&actions);
                        let listener =
                            events::listen(target, event, move |event| actions.on_event(event));
                        listeners.push(listener);
                    }
                };
                listen(&browser::document(), &["pointerdown", "focusin"]);
                if let Some(scroller) = elements.scroller.get() {
                    listen(
                        &scroller,
                        &["keydown", "pointermove", "pointerup", "pointercancel"],
                    );
                }
                if let Some(rows) = elements.rows.get() {
                    listen(&rows, &["click"]);
                }
                Box::new(listeners)
            }
        }),
    );
    actions
}

/// Carries out what a click on `element` stands for.
fn act(chat: &Chat, active: &Signal<Active>, scrolling: &Rc<Scrolling>, element: &Element) {
    let Ok(Some(button)) = element.closest("[data-act]") else {
        return;
    };
    let Some((row, entry)) = message_of(&button).and_then(|row| {
        let id = row.id();
        let entry = entry_of(chat, id.strip_prefix(anchor::ID)?)?;
        Some((row, entry))
    }) else {
        return;
    };
    let offer = |step| active.set(Some((row.id(), step)));
    let send = |content: Option<Content>| {
        if let Some(content) = content {
            chat.send(content);
        }
        active.set(None);
    };
    match button
        .get_attribute("data-act")
        .unwrap_or_default()
        .as_str()
    {
        "copy" => offer(Step::Copied(browser::copy(entry.text()))),
        "react" => offer(Step::Emoji),
        "delete" => offer(Step::Delete),
        "back" => offer(Step::Actions),
        "erase" => {
            let deletion = chat.session().delete(&entry);
            send(deletion);
            draft::focus_unless_touch();
        }
        "reply" => {
            chat.onabout.emit(Some(About::Reply(entry)));
            active.set(None);
        }
        "edit" => {
            chat.onabout.emit(Some(About::Edit(entry)));
            active.set(None);
        }
        "emoji" => {
            send(reaction(chat, &entry, &button));
            // The button may disappear, and the focus with it.
            focus(Some(row));
        }
        "quoted" => find_quoted(chat, scrolling, &entry),
        _ => {}
    }
}

fn entry_of(chat: &Chat, id: &str) -> Option<SharedEntry> {
    let session = chat.session();
    let mut entries = entries::all(&session).into_iter();
    let entry = entries.find(|entry| entry.message.message_id.as_str() == id);
    entry.cloned().map(SharedEntry)
}

/// Sets the emoji of `button`, or takes it back if it is the reader's.
fn reaction(chat: &Chat, entry: &Entry, button: &Element) -> Option<Content> {
    let emoji = Emoji::parse(button.get_attribute("data-emoji")?).ok()?;
    let session = chat.session();
    let is_on = has_reacted(entry, &emoji, session.person_id());
    session.react(entry, emoji, !is_on)
}

/// Leads to the message that `entry` replies to, and outlines it.
fn find_quoted(chat: &Chat, scrolling: &Rc<Scrolling>, entry: &Entry) {
    let Some(quoted) = chat.session().timeline().quoted(entry).cloned() else {
        return;
    };
    let message = quoted.message.message_id.clone();
    let id = [anchor::ID, message.as_str()].concat();
    if browser::document().get_element_by_id(&id).is_none() {
        scrolling.go_to(message);
    }
    outline(id, Rc::clone(scrolling), 99);
}

/// Outlines a message and moves the focus to it, once it is rendered: on a slow device, Yew renders in several tasks. Gives up after so
/// many `tries`.
fn outline(id: String, scrolling: Rc<Scrolling>, tries: u8) {
    let look = move || {
        let row = browser::document().get_element_by_id(&id);
        if row.is_none() && tries > 0 {
            return outline(id, scrolling, tries - 1);
        }
        scrolling.arrive();
        if let Some(row) = row {
            // Browsers show the focus that follows a click only if asked to.
            let _ = row.set_attribute("data-found", "true");
            focus(Some(row));
        }
    };
    events::after(0, look).forget();
}

fn has_reacted(entry: &Entry, emoji: &Emoji, person: Option<&PersonId>) -> bool {
    let mut reactions = entry.reactions().iter().filter(|it| it.emoji == *emoji);
    reactions.any(|it| it.people.iter().any(|it| Some(&it.person_id) == person))
}

/// Arrows walk through the messages, Enter leads to the actions of one, and Escape back to the composer.
fn press_key(event: &KeyboardEvent, element: &Element) {
    let row = message_of(element);
    let next = match (event.key().as_str(), &row) {
        ("Escape", _) => return draft::focus(),
        ("ArrowUp", _) => message_beside(row.as_ref(), -1),
        ("ArrowDown", Some(_)) => message_beside(row.as_ref(), 1),
        ("Enter", Some(row)) if row == element => row.query_selector("[data-act]").ok().flatten(),
        _ => return,
    };
    event.prevent_default();
    focus(next);
}

/// The message that is `step` messages below `row`, or below the end.
fn message_beside(row: Option<&Element>, step: i32) -> Option<Element> {
    let messages = browser::document().query_selector_all(MESSAGE).ok()?;
    let mut places = 0..messages.length();
    let place = match row {
        Some(row) => places.find(|place| messages.item(*place).as_ref() == Some(row.as_ref()))?,
        None => places.end,
    };
    let message = messages.item(place.checked_add_signed(step)?)?;
    Some(message.unchecked_into())
}

fn focus(element: Option<Element>) {
    if let Some(element) = element {
        // Messages and buttons are HTML.
        let _ = element.unchecked_ref::<HtmlElement>().focus();
    }
}

fn element(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn message_of(element: &Element) -> Option<Element> {
    element.closest(MESSAGE).ok().flatten()
}
