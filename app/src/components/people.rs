//! Who is in the room: a count in the header that opens the list, and who is typing. Styled in `people.css`.

use papo_protocol::PersonName;
use papo_protocol::event::Person;
use yew::prelude::*;

use super::author::hue;
use super::icons;
use crate::chat::Chat;
use crate::i18n::Language;

/// The `id` of the popover.
const ID: &str = "people";

/// The number of people in the room, and the popover with their names. Nothing until the back end has told.
pub fn people(chat: &Chat) -> Html {
    let session = chat.session();
    let presence = session.presence();
    let Some(count) = presence.count() else {
        return Html::default();
    };
    let words = chat.language.words();
    let me = session.person_id();
    let person = |person: &Person| {
        let name = person.name.as_ref();
        let initials = name.map_or_else(|| "?".to_owned(), PersonName::initials);
        html! {
            <li>
                <span class="avatar" data-hue={hue(&person.person_id)} aria-hidden="true">{ initials }</span>
                <bdi>{ shown(person, chat.language) }</bdi>
                if Some(&person.person_id) == me {
                    <span class="you">{ words.you }</span>
                }
            </li>
        }
    };
    let label = chat.language.people_here(count);
    html! {
        <div class="papo-people">
            <button type="button" class="icon" popovertarget={ID} data-testid="people" aria-label={label.clone()} title={label}>
                { icons::people() }{ count }
            </button>
            <div id={ID} class="popover" popover="auto" role="dialog" aria-label={words.people}>
                <h2>{ words.people }</h2>
                if let Some(people) = presence.people() {
                    <ul role="list" data-testid="people-list">{ for people.map(person) }</ul>
                } else {
                    <p>{ words.too_many_people }</p>
                }
            </div>
        </div>
    }
}

/// Who is typing.
pub fn typing(chat: &Chat) -> Html {
    let session = chat.session();
    let typing = session.presence().typing();
    let names: Vec<_> = typing.map(|person| shown(person, chat.language)).collect();
    html! { <p class="typing" data-testid="typing">{ chat.language.typing(&names) }</p> }
}

fn shown(person: &Person, language: Language) -> String {
    match &person.name {
        Some(name) => name.to_string(),
        None => language.words().nameless.to_owned(),
    }
}
