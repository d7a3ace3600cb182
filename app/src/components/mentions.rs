//! Suggests names while a mention is typed. Styled in `composer.css`.
//!
//! The keyboard focus stays in the field: the arrow keys move through the list, Enter or Tab takes a name, and Escape closes it.
//! So does a cursor that moves elsewhere.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::flag;
use crate::browser;
use crate::chat::{Chat, draft};
use crate::hooks::{Signal, use_signal};
use crate::markup::{mention_of, started_mention};

/// The `id` of the list.
pub const ID: &str = "mentions";

/// The `id` of the chosen name.
const CHOSEN_ID: &str = "mention";

/// The beginning of a name before the cursor, and which suggestion for it is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Started {
    name: Option<String>,
    chosen: usize,
}

/// The suggestions of the composer.
#[derive(Clone, Debug)]
pub struct Mentions(Signal<Started>);

/// No suggestions at first.
#[hook]
pub fn use_mentions() -> Mentions {
    Mentions(use_signal(Started::default))
}

impl Mentions {
    /// Follows the text before the cursor.
    pub fn update(&self, before: &str) {
        let name = started_mention(before).map(str::to_owned);
        self.0.set(Started { name, chosen: 0 });
    }

    /// Closes the list.
    pub fn close(&self) {
        self.0.set(Started::default());
    }

    /// Closes the list if the cursor is not where it was typed any more.
    pub fn follow(&self) {
        if let (Some(field), Some(name)) = (draft::field(), self.0.get().name) {
            let draft = field.value();
            if started_mention(draft::before_cursor(&field, &draft)) != Some(&name) {
                self.close();
            }
        }
    }

    /// Handles a key, if it is meant for the list. Returns whether it was.
    pub fn take_key(&self, key: &str, chat: &Chat) -> bool {
        let (names, chosen) = self.suggestions(chat);
        let count = names.len();
        let Some(name) = names.get(chosen) else {
            return false;
        };
        let Started { name: started, .. } = self.0.get();
        let next = match key {
            "ArrowDown" => (chosen + 1) % count,
            "ArrowUp" => (chosen + count - 1) % count,
            "Enter" | "Tab" => {
                insert(name);
                return true;
            }
            "Escape" => {
                self.close();
                return true;
            }
            _ => return false,
        };
        self.0.set(Started {
            name: started,
            chosen: next,
        });
        true
    }

    /// The `id` of the chosen name, if there is one.
    pub fn chosen(&self, chat: &Chat) -> Option<&'static str> {
        let (names, _) = self.suggestions(chat);
        (!names.is_empty()).then_some(CHOSEN_ID)
    }

    /// The list; empty without suggestions, as the field refers to it.
    pub fn list(&self, chat: &Chat) -> Html {
        let (names, chosen) = self.suggestions(chat);
        let options = names.iter().enumerate().map(|(index, name)| {
            let is_chosen = index == chosen;
            html! {
                <li role="option" id={is_chosen.then_some(CHOSEN_ID)} aria-selected={flag(is_chosen)}>{ name }</li>
            }
        });
        // Not a click: the field would lose the focus first.
        let onmousedown = Callback::from(|event: MouseEvent| {
            event.prevent_default();
            if let Some(target) = event.target()
                && let Ok(Some(option)) = target.unchecked_into::<Element>().closest("li")
            {
                insert(&option.unchecked_into::<HtmlElement>().inner_text());
            }
        });
        let label = chat.language.words().people;
        html! {
            <ul class="mentions" id={ID} role="listbox" aria-label={label} data-testid="mentions" {onmousedown}>{ for options }</ul>
        }
    }

    /// The names that may be meant, and which of them is chosen.
    fn suggestions(&self, chat: &Chat) -> (Vec<String>, usize) {
        let Started { name, chosen } = self.0.get();
        let names = name.map(|start| names(chat, &start)).unwrap_or_default();
        let last = names.len().saturating_sub(1);
        (names, chosen.min(last))
    }
}

/// The names of those in the room that begin with `start`, without the reader's own.
fn names(chat: &Chat, start: &str) -> Vec<String> {
    let session = chat.session();
    let start = browser::folded(start);
    let mut names = Vec::new();
    for person in session.presence().people().into_iter().flatten() {
        if let Some(name) = &person.name
            && Some(&person.person_id) != session.person_id()
            && browser::folded(name.as_str()).starts_with(&start)
        {
            names.push(name.as_str().to_owned());
        }
    }
    names
}

/// Replaces the mention that was started before the cursor.
fn insert(name: &str) {
    let Some(field) = draft::field() else { return };
    let draft = field.value();
    let before = draft::before_cursor(&field, &draft);
    if let Some(started) = started_mention(before) {
        let replaced = ["@", started].concat();
        draft::replace_before_cursor(&field, &replaced, &[&mention_of(name), " "].concat());
    }
}
