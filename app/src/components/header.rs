//! The header: the app's name, the status of the connection, the reader's name, language and theme.

use yew::prelude::*;

use super::author::person_hue;
use super::icons;
use super::status::Status;
use super::theme_menu::ThemeMenu;
use crate::chat::Chat;
use crate::styles;

/// The properties of the header.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// The conversation.
    pub chat: Chat,
    /// Called to switch the language.
    pub onlanguage: Callback<MouseEvent>,
    /// Called to change the name.
    pub onname: Callback<MouseEvent>,
}

/// The header.
#[component]
pub fn Header(props: &Props) -> Html {
    let language = props.chat.language;
    let words = language.words();
    let onclick = props.onlanguage.clone();
    html! {
        <header class={styles::HEADER}>
            <div class="bar">
                { icons::mark() }
                <div class="names">
                    <h1 translate="no">{ "Papo" }</h1>
                    <p class="tagline">{ words.tagline }</p>
                </div>
                <Status ..props.chat.clone() />
                { own_name(props) }
                <button type="button" class="icon" data-testid="language" aria-label={format!("{}: {}", language.short(), words.switch_language)}
                    title={words.switch_language} {onclick}>{ language.short() }</button>
                <ThemeMenu {language} />
            </div>
        </header>
    }
}

/// The button that changes the reader's name, once there is one.
fn own_name(props: &Props) -> Html {
    let Some(name) = props.chat.session.name() else {
        return Html::default();
    };
    let label = props.chat.language.change_name(name);
    let hue = props.chat.session.person_id().map(person_hue);
    html! {
        <button type="button" class={classes!("icon", "me", hue)} data-testid="me" aria-label={label.clone()} title={label}
            onclick={props.onname.clone()}>{ name.initials() }</button>
    }
}
