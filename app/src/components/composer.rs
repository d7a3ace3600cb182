//! Where messages are written.
//!
//! The draft is in the text field itself (see [`draft`]); `chat::storage` keeps a copy that outlives the page.
//!
//! - [`sendable`]: whether a draft can be sent. Pure.
//! - [`edited`]: the message that is being edited.

mod edited;
mod sendable;

use std::any::Any;
use std::sync::Arc;

use papo_protocol::MessageText;
use papo_protocol::limits::TEXT_BYTES;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, Element, HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::author::Author;
use super::flag;
use super::hint::hint;
use super::icons;
use super::mentions::{self, Mentions, use_mentions};
use super::timeline::entries;
use crate::browser::events::listen;
use crate::browser::observers::LayoutObserver;
use crate::browser::{document, matches};
use crate::chat::{About, Chat, SharedEntry, draft};
use crate::hooks::{Signal, use_guard, use_signal};
use crate::i18n::Language;
use crate::markup::excerpt;
use edited::{Edited, use_edited};
use sendable::{Sendable, check, cleaned};

/// How many UTF-16 units the field takes: twice what can be sent, so that a text that is too long can be shortened. Browsers
/// cut what is pasted at this length; a megabyte in the field would block the page for seconds.
const FIELD_UNITS: usize = 2 * TEXT_BYTES;

/// What happened to the text last, as far as it needs an explanation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Incident {
    /// Nothing.
    #[default]
    None,
    /// A text was pasted. It was cut if the field is full now.
    Pasted,
    /// A file or an image was pasted.
    PastedFile,
    /// The message that was being edited was deleted, and its new text added to the draft.
    Rescued,
}

/// What is known of the text in the field.
#[derive(Clone)]
struct Field {
    sendable: Signal<Sendable>,
    incident: Signal<Incident>,
    mentions: Mentions,
    edited: Edited,
}

impl Field {
    /// The text has changed. What becomes of it if the page is closed goes to `drafts`.
    fn on_input(&self, drafts: &Callback<String>) {
        let Some(field) = draft::field() else { return };
        let text = field.value();
        fit(&field);
        self.sendable.set(check(&text));
        self.mentions.update(draft::before_cursor(&field, &text));
        if text.encode_utf16().count() < FIELD_UNITS {
            self.incident.set(Incident::None);
        }
        let edited = self.edited.borrow().clone();
        drafts.emit(match edited {
            None => text,
            Some((entry, draft)) if entry.text() == text => draft,
            // The page that takes the draft over cannot continue the edit.
            Some((_, draft)) => draft::joined(&draft, &text),
        });
    }
}

/// The composer, if it is shown.
#[hook]
pub fn use_composer(chat: &Chat, is_shown: bool) -> Html {
    let words = chat.language.words();
    let mentions = use_mentions();
    let is_touch = matches("(pointer: coarse)");

    let followed = mentions.clone();
    use_guard(is_shown, Box::new(move || Box::new(listeners(followed))));
    let incident = use_signal(Incident::default);
    let field = Field {
        edited: use_edited(chat, &incident),
        sendable: use_signal(|| Sendable::Empty),
        incident,
        mentions: mentions.clone(),
    };

    if !is_shown {
        return Html::default();
    }

    let oninput = Callback::from({
        let (field, drafts) = (field.clone(), chat.drafts.clone());
        move |_: InputEvent| field.on_input(&drafts)
    });
    let onpaste = Callback::from({
        let incident = field.incident.clone();
        move |event: Event| incident.set(pasted(event.unchecked_ref()))
    });
    let onkeydown = Callback::from({
        let (chat, mentions) = (chat.clone(), mentions.clone());
        move |event: KeyboardEvent| handle_key(&event, &chat, &mentions, is_touch)
    });
    let onsubmit = Callback::from({
        let chat = chat.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            send(&chat);
        }
    });

    let sendable = field.sendable.get();
    let problem = problem(sendable, field.incident.get(), chat.language);
    // Messages can be sent without a connection: they wait in the outbox.
    let can_send = sendable == Sendable::Yes;
    let is_problem = problem.is_some();
    let below = problem.unwrap_or_else(|| words.hint_keys.to_owned());
    let below = html! {
        <span key={below.clone()} data-testid={is_problem.then_some("problem")}>{ below }</span>
    };
    html! {
        <form class="papo-composer" {onsubmit}>
            { chat.about.as_ref().map(|about| about_row(about, chat)) }
            { mentions.list(chat) }
            <div class="field">
                <textarea id={draft::FIELD} rows="1" data-testid="composer" aria-label={words.message}
                    aria-describedby="composer-hint" aria-invalid={flag(matches!(sendable, Sendable::TooLong { .. }))}
                    aria-autocomplete="list" aria-controls={mentions::ID}
                    aria-activedescendant={mentions.chosen(chat)}
                    placeholder={words.placeholder} enterkeyhint={if is_touch { "enter" } else { "send" }} dir="auto"
                    maxlength={FIELD_UNITS.to_string()} {oninput} {onkeydown} {onpaste} />
                <button type="submit" class="send" data-testid="send" aria-label={words.send} title={words.send}
                    disabled={!can_send}>{ icons::up() }</button>
            </div>
            { hint("composer-hint", is_problem, below) }
        </form>
    }
}

/// Moves the focus to the field that has just appeared. Listens to the cursor, to typing elsewhere, and to the field's size.
fn listeners(mentions: Mentions) -> impl Any {
    draft::focus_unless_touch();
    let moving = {
        let mentions = mentions.clone();
        listen(&document(), "selectionchange", move |_| mentions.follow())
    };
    let typing = listen(&document(), "keydown", |event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            take_key(event);
        }
    });
    let field = draft::field().map(|field| {
        let leaving = listen(&field, "blur", move |_| mentions.close());
        // A rotated phone wraps the draft differently.
        let resized = field.clone();
        let resizing = LayoutObserver::new(&[&field], Box::new(move || fit(&resized)));
        (leaving, resizing)
    });
    (moving, typing, field)
}

/// What was pasted.
fn pasted(event: &ClipboardEvent) -> Incident {
    let text = event
        .clipboard_data()
        .and_then(|it| it.get_data("text/plain").ok());
    if text.is_some_and(|text| !text.is_empty()) {
        Incident::Pasted
    } else {
        Incident::PastedFile
    }
}

/// Sends the text of the field, if it can be sent.
fn send(chat: &Chat) {
    let Some(field) = draft::field() else {
        return;
    };
    let _ = field.focus();
    let Ok(text) = MessageText::parse(cleaned(&field.value())) else {
        return;
    };
    let content = match &chat.about {
        None => Some(text.into()),
        // A message that was deleted meanwhile is answered without a quotation.
        Some(About::Reply(entry)) => {
            let reply = chat.session().reply(entry, text.clone());
            Some(reply.unwrap_or(text.into()))
        }
        Some(About::Edit(entry)) if entry.text() == text.as_str() => None,
        Some(About::Edit(entry)) => chat.session().edit(entry, text),
    };
    if let Some(content) = content {
        chat.send(content);
    }
    if !matches!(chat.about, Some(About::Edit(_))) {
        draft::set(&field, "");
    }
    chat.onabout.emit(None);
}

/// Handles a key in the field: names of mentions, Enter, Escape, and the arrow that edits the last message.
fn handle_key(event: &KeyboardEvent, chat: &Chat, mentions: &Mentions, is_touch: bool) {
    // Input methods need their keys. Browsers report key code 229 for them where isComposing comes too late.
    if event.is_composing() || event.key_code() == 229 {
        return;
    }
    let key = event.key();
    let is_handled = mentions.take_key(&key, chat)
        || match key.as_str() {
            // On-screen keyboards have no Shift + Enter: there Enter breaks the line and the button sends.
            "Enter" if !event.shift_key() && !is_touch => {
                send(chat);
                true
            }
            "Escape" if chat.about.is_some() => {
                chat.onabout.emit(None);
                true
            }
            "ArrowUp" if chat.about.is_none() => edit_last(chat),
            _ => false,
        };
    if is_handled {
        event.prevent_default();
    }
}

/// Starts to edit the reader's last message, if the field is empty. Returns whether it did.
fn edit_last(chat: &Chat) -> bool {
    let is_empty = draft::field().is_some_and(|it| it.value().is_empty());
    let session = chat.session();
    let entries = entries::all(&session);
    let last = entries.iter().rfind(|entry| session.can_edit(entry));
    let Some(last) = last.filter(|_| is_empty) else {
        return false;
    };
    let about = About::Edit(SharedEntry(Arc::clone(last)));
    chat.onabout.emit(Some(about));
    true
}

/// What the text is about, and a way out.
fn about_row(about: &About, chat: &Chat) -> Html {
    let words = chat.language.words();
    let (title, entry) = match about {
        About::Reply(entry) if entry.own => (words.reply_to_self.to_owned(), entry),
        About::Reply(entry) => (
            chat.language.reply_to(&Author::of(&entry.message).name()),
            entry,
        ),
        About::Edit(entry) => (words.editing.to_owned(), entry),
    };
    let onclick = chat.onabout.reform(|_: MouseEvent| {
        draft::focus();
        None
    });
    let text = if chat.session().can_react(entry) {
        entry.text()
    } else {
        words.error_gone
    };
    html! {
        <div class="about" data-testid="about">
            <p><b>{ title }</b><span dir="auto">{ excerpt(text) }</span></p>
            <button type="button" aria-label={words.cancel} title={words.cancel} {onclick}>{ icons::cross() }</button>
        </div>
    }
}

/// Sends what is typed outside of any field to the composer. The key's own action happens there.
fn take_key(event: &KeyboardEvent) {
    let with_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
    if with_modifier || event.default_prevented() || event.key().chars().count() != 1 {
        return;
    }
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    // Space presses buttons and scrolls the timeline.
    let elsewhere = target.is_some_and(|it| {
        it.closest("input, textarea, button, a, [role=menu], dialog")
            .is_ok_and(|found| found.is_some())
    });
    if !elsewhere && event.key() != " " {
        draft::focus();
    }
}

/// What the line below the field explains instead of its keys.
fn problem(sendable: Sendable, incident: Incident, language: Language) -> Option<String> {
    let words = language.words();
    match (sendable, incident) {
        (_, Incident::PastedFile) => Some(words.only_text.to_owned()),
        (_, Incident::Rescued) => Some([words.error_gone, " ", words.rescued].concat()),
        (Sendable::TooLong { .. }, Incident::Pasted) => Some(words.paste_cut.to_owned()),
        (Sendable::TooLong { by }, Incident::None) => Some(language.too_long_by(by)),
        (Sendable::Empty | Sendable::Yes, _) => None,
    }
}

/// Makes the field as tall as its text, up to the limit in the style sheet.
fn fit(field: &HtmlTextAreaElement) {
    let style = AsRef::<HtmlElement>::as_ref(field).style();
    let _ = style.set_property("height", "auto");
    let height = AsRef::<Element>::as_ref(field).scroll_height();
    let height = height.unsigned_abs();
    let _ = style.set_property("height", &format!("{height}px"));
}
