//! The header: the app's name, the room, the status of the connection, who is here, the reader's name, language and theme.

use yew::prelude::*;

use super::author::hue;
use super::bell::use_bell;
use super::icons;
use super::people::people;
use super::rooms::use_rooms;
use super::status::use_status;
use super::theme_menu::use_theme_menu;
use crate::browser::matches;
use crate::chat::Chat;

/// The header. `onlanguage` switches the language, and `onname` changes the name.
#[hook]
pub fn use_header(
    chat: &Chat,
    onlanguage: Callback<MouseEvent>,
    onname: Callback<MouseEvent>,
) -> Html {
    let language = chat.language;
    let words = language.words();
    let (rooms, status, bell) = (use_rooms(chat), use_status(chat), use_bell(chat));
    let theme_menu = use_theme_menu(language);
    html! {
        <header class="papo-header">
            <div class="bar">
                { icons::mark() }
                <div class="names">
                    <h1 translate="no">{ "Papo" }</h1>
                    { rooms }
                </div>
                { status }
                { people(chat) }
                { own_name(chat, onname) }
                // Pages on phones cannot notify.
                if !matches("(pointer: coarse)") {
                    { bell }
                }
                <button type="button" class="icon" data-testid="language" aria-label={format!("{}: {}", language.short(), words.switch_language)}
                    title={words.switch_language} onclick={onlanguage}>{ language.short() }</button>
                { theme_menu }
            </div>
        </header>
    }
}

/// The button that changes the reader's name, once there is one.
fn own_name(chat: &Chat, onclick: Callback<MouseEvent>) -> Html {
    let session = chat.session();
    let Some(name) = session.name() else {
        return Html::default();
    };
    let label = chat.language.change_name(name);
    let person = session.person_id();
    let hue = person.map(hue);
    html! {
        <button type="button" class="icon me" data-hue={hue} data-testid="me" aria-label={label.clone()} title={label}
            {onclick}>{ name.initials() }</button>
    }
}
