//! Where messages are written.
//!
//! The draft is in the text field itself (see [`draft`]); `chat::storage` keeps a copy that outlives the page.

use std::rc::Rc;
use std::sync::Arc;

use papo_protocol::MessageText;
use papo_protocol::limits::TEXT_BYTES;
use papo_protocol::text::InvalidText;
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
use crate::markup::without_direction_marks;

/// The height up to which the field grows, in CSS pixels: about eight lines.
const MAX_HEIGHT: i32 = 180;

/// How many UTF-16 units the field takes: twice what can be sent, so that a text that is too long can be shortened. Browsers
/// cut what is pasted at this length; a megabyte in the field would block the page for seconds.
const FIELD_UNITS: usize = 2 * TEXT_BYTES;

/// Whether the draft can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sendable {
    Empty,
    Yes,
    TooLong { by: usize },
}

/// The composer, if it is shown.
#[hook]
pub fn use_composer(chat: &Chat, is_shown: bool) -> Html {
    let words = chat.language.words();
    let sendable = use_signal(|| Sendable::Empty);
    let was_cut = use_signal(bool::default);
    let is_rescued = use_signal(bool::default);
    let mentions = use_mentions();
    let is_touch = matches("(pointer: coarse)");

    let followed = mentions.clone();
    use_guard(
        is_shown,
        Box::new(move || {
            draft::focus_unless_touch();
            let moving = {
                let mentions = followed.clone();
                listen(&document(), "selectionchange", move |_| mentions.follow())
            };
            let typing = listen(&document(), "keydown", |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                    take_key(event);
                }
            });
            let field = draft::field().map(|field| {
                let leaving = listen(&field, "blur", move |_| followed.close());
                // A rotated phone wraps the draft differently.
                let resized = field.clone();
                let resizing = LayoutObserver::new(&[&field], Box::new(move || fit(&resized)));
                (leaving, resizing)
            });
            Box::new((moving, typing, field))
        }),
    );

    use_edited_text(chat, &is_rescued);

    if !is_shown {
        return Html::default();
    }

    let oninput = Callback::from({
        let (sendable, was_cut) = (sendable.clone(), was_cut.clone());
        let is_rescued = is_rescued.clone();
        let (mentions, drafts) = (mentions.clone(), chat.drafts.clone());
        let is_edit = matches!(chat.about, Some(About::Edit(_)));
        move |_: InputEvent| {
            if let Some(field) = draft::field() {
                let draft = field.value();
                fit(&field);
                sendable.set(check(&draft));
                if draft.is_empty() {
                    is_rescued.set(false);
                }
                mentions.update(draft::before_cursor(&field, &draft));
                if draft.encode_utf16().count() < FIELD_UNITS {
                    was_cut.set(false);
                }
                // The text of an edit does not replace the draft.
                if !is_edit {
                    drafts.emit(draft);
                }
            }
        }
    });
    let onpaste = Callback::from({
        let was_cut = was_cut.clone();
        move |event: Event| {
            let clipboard = event.unchecked_ref::<ClipboardEvent>().clipboard_data();
            let text = clipboard.and_then(|it| it.get_data("text/plain").ok());
            // Unless the field has room for more afterwards.
            was_cut.set(text.is_some_and(|text| !text.is_empty()));
        }
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

    let problem = problem(sendable.get(), was_cut.get(), chat.language);
    // Messages can be sent without a connection: they wait in the outbox.
    let can_send = sendable.get() == Sendable::Yes;
    let is_problem = problem.is_some();
    let below = match problem {
        Some(problem) => html! { <span key="problem" data-testid="problem">{ problem }</span> },
        None if is_rescued.get() => html! {
            <span key="rescued" data-testid="rescued">{ words.error_gone }{ " " }{ words.rescued }</span>
        },
        None => html! {
            <span key="keys" class="keys"><b>{ "Enter" }</b>{ " " }{ words.hint_send }{ " · " }<b>{ "Shift + Enter" }</b>{ " " }{ words.hint_break }</span>
        },
    };
    html! {
        <form class="papo-composer" {onsubmit}>
            { chat.about.as_ref().map(|about| about_row(about, chat)) }
            { mentions.list(chat) }
            <div class="field">
                <textarea id={draft::FIELD} rows="1" data-testid="composer" aria-label={words.message}
                    aria-describedby="composer-hint" aria-invalid={flag(is_problem)}
                    aria-autocomplete="list" aria-controls={mentions::ID}
                    aria-activedescendant={mentions.chosen(chat)}
                    placeholder={words.placeholder} enterkeyhint={if is_touch { "enter" } else { "send" }} dir="auto"
                    maxlength={FIELD_UNITS.to_string()} {oninput} {onkeydown} {onpaste} />
                <button type="submit" class="send" data-testid="send" aria-label={words.send} title={words.send}
                    disabled={!can_send}>{ icons::up() }</button>
            </div>
            { hint("composer-hint", is_problem || is_rescued.get(), below) }
        </form>
    }
}

/// Puts the text of a message that is edited in the place of the draft, for as long as it is edited. If the message is
/// deleted meanwhile, what was written is added to the draft, and `is_rescued` says so.
#[hook]
fn use_edited_text(chat: &Chat, is_rescued: &Signal<bool>) {
    let (session, is_rescued) = (Rc::clone(&chat.session), is_rescued.clone());
    use_effect_with(chat.about.clone(), move |about| {
        if about.is_some() {
            draft::focus();
        }
        let edited = match about {
            Some(About::Edit(entry)) => Some(entry.clone()),
            _ => None,
        };
        let draft = draft::field().zip(edited).map(|(field, entry)| {
            let draft = field.value();
            draft::set(&field, entry.text());
            (field, draft, entry)
        });
        move || {
            if let Some((field, draft, entry)) = draft {
                let written = field.value();
                draft::set(&field, &draft);
                if written != entry.text() && !session.borrow().can_edit(&entry) {
                    draft::append(&written);
                    is_rescued.set(true);
                }
            }
        }
    });
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
    // Browsers report key code 229 for keys of an input method where isComposing comes too late.
    let composing = event.is_composing() || event.key_code() == 229;
    // On-screen keyboards have no Shift + Enter: there Enter breaks the line and the button sends.
    let sends = event.key() == "Enter" && !event.shift_key() && !composing && !is_touch;
    let is_empty = || draft::field().is_some_and(|it| it.value().is_empty());
    if !composing && mentions.take_key(&event.key(), chat) {
        event.prevent_default();
    } else if sends {
        event.prevent_default();
        send(chat);
    } else if event.key() == "Escape" && chat.about.is_some() {
        chat.onabout.emit(None);
    } else if event.key() == "ArrowUp" && chat.about.is_none() && is_empty() {
        let session = chat.session();
        let entries = entries::all(&session);
        let last = entries.iter().rfind(|entry| session.can_edit(entry));
        if let Some(last) = last {
            event.prevent_default();
            chat.onabout
                .emit(Some(About::Edit(SharedEntry(Arc::clone(last)))));
        }
    }
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
    html! {
        <div class="about" data-testid="about">
            <p><b>{ title }</b><span dir="auto">{ without_direction_marks(entry.text()) }</span></p>
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

fn problem(sendable: Sendable, was_cut: bool, language: Language) -> Option<String> {
    match sendable {
        Sendable::TooLong { .. } if was_cut => Some(language.words().paste_cut.to_owned()),
        Sendable::TooLong { by } => Some(language.too_long_by(by)),
        Sendable::Empty | Sendable::Yes => None,
    }
}

/// Makes the field as tall as its text. Browsers with `field-sizing` do it themselves.
fn fit(field: &HtmlTextAreaElement) {
    let style = AsRef::<HtmlElement>::as_ref(field).style();
    if style
        .get_property_value("field-sizing")
        .is_ok_and(|it| !it.is_empty())
    {
        return;
    }
    let _ = style.set_property("height", "auto");
    let height = AsRef::<Element>::as_ref(field).scroll_height();
    let height = height.min(MAX_HEIGHT);
    let _ = style.set_property("height", &format!("{height}px"));
}

fn check(draft: &str) -> Sendable {
    match MessageText::parse(cleaned(draft)) {
        Ok(_) => Sendable::Yes,
        Err(InvalidText::TooLong { bytes }) => Sendable::TooLong {
            by: bytes - TEXT_BYTES,
        },
        Err(InvalidText::Empty | InvalidText::ForbiddenCharacter { .. }) => Sendable::Empty,
    }
}

/// The draft without what cannot be sent or is never meant: control characters, and white space around the text.
fn cleaned(draft: &str) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    draft
        .chars()
        .filter(kept)
        .collect::<String>()
        .trim_end()
        .trim_start_matches('\n')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_checked_as_it_would_be_sent() {
        assert_eq!(check(" \r\n\u{7}"), Sendable::Empty);
        assert_eq!(check("a"), Sendable::Yes);
        assert_eq!(
            check(&"é".repeat(TEXT_BYTES)),
            Sendable::TooLong { by: TEXT_BYTES }
        );
    }

    #[test]
    fn control_characters_and_surrounding_white_space_are_not_sent() {
        assert_eq!(cleaned("\r\n  a\r\nb\u{1b}[0m\t\n\n"), "  a\nb[0m");
    }
}
