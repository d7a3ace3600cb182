//! The page: header, timeline and composer, which takes the place of the form for the name. Only the timeline scrolls.

use yew::prelude::*;

use crate::browser;
use crate::chat::conversation::use_conversation;
use crate::components::announcer::Announcer;
use crate::components::composer::Composer;
use crate::components::header::header;
use crate::components::name_form::NameForm;
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
    let is_naming = use_state_eq(|| false);
    let has_name = chat.session.name().is_some();
    let onname = Callback::from({
        let is_naming = is_naming.setter();
        move |_: MouseEvent| is_naming.set(true)
    });
    let ondone = Callback::from({
        let is_naming = is_naming.setter();
        move |()| is_naming.set(false)
    });
    html! {
        <div class={styles::APP}>
            { header(&chat, onlanguage, onname) }
            <Timeline ..chat.clone() />
            <footer>
                <div class="dock">
                    <Notice ..chat.clone() />
                    if *is_naming || !has_name {
                        <NameForm chat={chat.clone()} {ondone} />
                    }
                    if has_name {
                        <Composer ..chat.clone() />
                    }
                </div>
            </footer>
            <Announcer ..chat />
        </div>
    }
}
