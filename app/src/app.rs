//! The page: header, timeline and composer. Only the timeline scrolls.

use yew::prelude::*;

use crate::browser;
use crate::chat::conversation::use_conversation;
use crate::components::announcer::Announcer;
use crate::components::composer::Composer;
use crate::components::header::Header;
use crate::components::notice::Notice;
use crate::components::timeline::Timeline;
use crate::styles;

/// The whole app.
#[component]
pub fn App() -> Html {
    let language = use_state_eq(browser::preferred_language);
    let chat = use_conversation(*language);
    let onlanguage = Callback::from(move |_: MouseEvent| {
        let chosen = language.other();
        browser::remember(browser::LANGUAGE, chosen.tag());
        browser::announce_language(chosen);
        language.set(chosen);
    });
    html! {
        <div class={styles::APP}>
            <Header chat={chat.clone()} {onlanguage} />
            <Timeline ..chat.clone() />
            <footer>
                <div class="dock">
                    <Notice ..chat.clone() />
                    <Composer ..chat.clone() />
                </div>
            </footer>
            <Announcer ..chat />
        </div>
    }
}
