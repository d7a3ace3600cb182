//! The page: header, conversation and composer under one another, and nothing scrolls but the conversation.

use yew::prelude::*;

use crate::browser;
use crate::chat::Chat;
use crate::chat::running::use_conversation;
use crate::components::composer::Composer;
use crate::components::header::Header;
use crate::components::log::Log;
use crate::components::notice::Notice;
use crate::styles;

/// Everything.
#[component]
pub fn App() -> Html {
    let language = use_state_eq(browser::preferred_language);
    let (session, commands) = use_conversation();
    let chat = Chat {
        session,
        commands,
        language: *language,
    };
    let onlanguage = Callback::from(move |_: MouseEvent| {
        let chosen = language.other();
        browser::remember(browser::LANGUAGE, chosen.tag());
        browser::announce_language(chosen);
        language.set(chosen);
    });
    html! {
        <div class={styles::APP}>
            <Header chat={chat.clone()} {onlanguage} />
            <Log ..chat.clone() />
            <footer>
                <div class="dock">
                    <Notice ..chat.clone() />
                    <Composer ..chat />
                </div>
            </footer>
        </div>
    }
}
