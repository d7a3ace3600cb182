//! The header: the app's name, the room, the status of the connection, who is here, the reader's name, language and theme.

use yew::prelude::*;

use super::author::person_hue;
use super::bell::Bell;
use super::icons;
use super::people::people;
use super::rooms::Rooms;
use super::status::Status;
use super::theme_menu::ThemeMenu;
use crate::browser::matches;
use crate::chat::Chat;
use crate::styles;

/// The header. `onlanguage` switches the language, and `onname` changes the name.
pub fn header(chat: &Chat, onlanguage: Callback<MouseEvent>, onname: Callback<MouseEvent>) -> Html {
    let language = chat.language;
    let words = language.words();
    html! {
        <header class={styles::HEADER}>
            <div class="bar">
                { icons::mark() }
                <div class="names">
                    <h1 translate="no">{ "Papo" }</h1>
                    <Rooms ..chat.clone() />
                </div>
                <Status ..chat.clone() />
                { people(chat) }
                { own_name(chat, onname) }
                // Pages on phones cannot notify.
                if !matches("(pointer: coarse)") {
                    <Bell ..chat.clone() />
                }
                <button type="button" class="icon" data-testid="language" aria-label={format!("{}: {}", language.short(), words.switch_language)}
                    title={words.switch_language} onclick={onlanguage}>{ language.short() }</button>
                <ThemeMenu {language} />
            </div>
        </header>
    }
}

/// The button that changes the reader's name, once there is one.
fn own_name(chat: &Chat, onclick: Callback<MouseEvent>) -> Html {
    let Some(name) = chat.session.name() else {
        return Html::default();
    };
    let label = chat.language.change_name(name);
    let hue = chat.session.person_id().map(person_hue);
    html! {
        <button type="button" class={classes!("icon", "me", hue)} data-testid="me" aria-label={label.clone()} title={label}
            {onclick}>{ name.initials() }</button>
    }
}
