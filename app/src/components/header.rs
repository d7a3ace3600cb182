//! The header: the name, the status of the connection, language and theme.

use yew::prelude::*;

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
                <button type="button" class="icon" data-testid="language" aria-label={format!("{}: {}", language.short(), words.switch_language)}
                    title={words.switch_language} {onclick}>{ language.short() }</button>
                <ThemeMenu {language} />
            </div>
        </header>
    }
}
