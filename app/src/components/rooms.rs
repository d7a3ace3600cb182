//! The room of the page, and the way to others: those visited before, and any by its name.

use papo_protocol::RoomName;
use yew::prelude::*;

use super::flag;
use super::hint::hint;
use super::icons;
use crate::browser;
use crate::chat::{Chat, room};
use crate::hooks::{use_signal, use_wake};
use crate::i18n::Words;

/// The `id` of the popover.
const ID: &str = "rooms";

/// The `id` of the field for another room.
const FIELD: &str = "other-room";

/// The largest number of new messages that is shown.
const MANY: u64 = 99;

/// How long the button says whether the link was copied, in milliseconds.
const COPIED_MS: u64 = 2_500;

/// The button with the name of the room, and the popover that it opens.
#[hook]
pub fn use_rooms(chat: &Chat) -> Html {
    let words = chat.language.words();
    let other_room = use_other_room(words);
    let copy_link = use_copy_link(chat);
    let rooms = room::visited();
    let others = rooms.iter().filter(|it| **it != chat.room);
    let link = |it: &RoomName, current: Option<&'static str>| {
        html! {
            <li>
                <a href={room::fragment(it)} aria-current={current} translate="no">
                    <span class="sign" aria-hidden="true">{ "#" }</span>{ it.as_str() }
                    if let Some(count) = unread(chat, it) {
                        <span class="count">{ count }<span class="unseen">{ " " }{ words.new_messages }</span></span>
                    }
                </a>
            </li>
        }
    };
    html! {
        <div class="papo-rooms">
            <button type="button" class="open" popovertarget={ID} data-testid="room">
                <span class="unseen">{ words.room }{ ": " }</span>
                <span class="name" translate="no">{ "#" }{ chat.room.as_str() }</span>{ icons::chevron() }
                if rooms.iter().any(|it| unread(chat, it).is_some()) {
                    <span class="news" data-testid="news"><span class="unseen">{ words.new_messages }</span></span>
                }
            </button>
            <div id={ID} class="popover" popover="auto" role="dialog" aria-label={words.rooms} data-testid="rooms">
                <h2>{ words.rooms }</h2>
                <ul role="list">
                    { link(&chat.room, Some("page")) }
                    { for others.map(|it| link(it, None)) }
                </ul>
                { other_room }
                { copy_link }
            </div>
        </div>
    }
}

/// The form that leads to any room by its name.
#[hook]
fn use_other_room(words: &Words) -> Html {
    let is_invalid = use_signal(bool::default);
    let onsubmit = Callback::from({
        let is_invalid = is_invalid.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let Some(field) = browser::input(FIELD) else {
                return;
            };
            match room::from_text(&browser::folded(&field.value())) {
                Ok(chosen) => browser::set_fragment(&room::fragment(&chosen)),
                Err(_) => is_invalid.set(true),
            }
        }
    });
    let oninput = Callback::from({
        let is_invalid = is_invalid.clone();
        move |_: InputEvent| is_invalid.set(false)
    });
    let is_invalid = is_invalid.get();
    let room_hint = if is_invalid {
        words.room_invalid
    } else {
        words.room_hint
    };
    html! {
        <form {onsubmit}>
            <label for={FIELD}>{ words.other_room }</label>
            <div class="line">
                <input id={FIELD} data-testid="other-room" autocomplete="off" autocapitalize="none"
                    spellcheck="false" enterkeyhint="go" aria-describedby="room-hint" aria-invalid={flag(is_invalid)} {oninput} />
                <button type="submit">{ words.join }</button>
            </div>
            { hint("room-hint", is_invalid, room_hint.into()) }
        </form>
    }
}

/// The button that copies the link of the room, and says for a moment whether it did.
#[hook]
fn use_copy_link(chat: &Chat) -> Html {
    let words = chat.language.words();
    let copied = use_signal(|| None::<(bool, u64)>);
    let outcome = copied
        .get()
        .filter(|(_, until)| browser::monotonic_now() < *until);
    use_wake(outcome.map(|(_, until)| until));
    let onclick = Callback::from({
        let fragment = room::fragment(&chat.room);
        move |_: MouseEvent| {
            let has_succeeded = browser::copy(&browser::address_with(&fragment));
            copied.set(Some((has_succeeded, browser::monotonic_now() + COPIED_MS)));
        }
    });
    let (icon, word) = match outcome {
        Some((true, _)) => (icons::tick(), words.link_copied),
        Some((false, _)) => (icons::link(), words.not_copied),
        None => (icons::link(), words.copy_link),
    };
    html! {
        <button type="button" class="copy" data-testid="copy-link" {onclick}>
            { icon }
            <span aria-live="polite">{ word }</span>
        </button>
    }
}

/// How much is new in another room, if anything is.
fn unread(chat: &Chat, room: &RoomName) -> Option<String> {
    let session = chat.session();
    let mut heads = session.room_heads().iter();
    let head = heads.find(|head| head.room == *room && *room != chat.room)?;
    match head.unread(room::read(room).as_ref()) {
        0 => None,
        count @ 1..=MANY => Some(count.to_string()),
        _ => Some(format!("{MANY}+")),
    }
}
