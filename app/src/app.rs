//! The page: header, timeline and composer, which takes the place of the form for the name. Only the timeline scrolls.

use papo_protocol::RoomName;
use yew::prelude::*;

use crate::browser;
use crate::chat::conversation::use_conversation;
use crate::chat::room::use_room;
use crate::components::announcer::use_announcer;
use crate::components::composer::use_composer;
use crate::components::header::use_header;
use crate::components::name_form::use_name_form;
use crate::components::notice::use_notice;
use crate::components::people::typing;
use crate::components::timeline::use_timeline;
use crate::hooks::use_signal;
use crate::i18n::Language;

/// The whole app: the page of the room that its address names.
#[component]
pub fn App() -> Html {
    let language = use_signal(Language::preferred);
    let room = use_room();
    let onlanguage = Callback::from({
        let language = language.clone();
        move |_: MouseEvent| {
            let chosen = language.get().other();
            browser::remember(browser::LANGUAGE, chosen.tag());
            browser::set_root_attribute("lang", chosen.tag());
            language.set(chosen);
        }
    });
    // Another room is another page: nothing of the old one stays.
    html! { <Page key={room.as_str()} room={room.clone()} language={language.get()} {onlanguage} /> }
}

/// The properties of a page.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// The room.
    pub room: RoomName,
    /// The language.
    pub language: Language,
    /// Switches the language.
    pub onlanguage: Callback<MouseEvent>,
}

/// The page of one room.
#[component]
pub fn Page(props: &Props) -> Html {
    let chat = use_conversation(&props.room, props.language);
    let is_naming = use_signal(bool::default);
    let onname = Callback::from({
        let is_naming = is_naming.clone();
        move |_: MouseEvent| is_naming.set(true)
    });
    let header = use_header(&chat, props.onlanguage.clone(), onname);
    let timeline = use_timeline(&chat);
    let notice = use_notice(&chat);
    let name_form = use_name_form(&chat, &is_naming);
    let composer = use_composer(&chat, chat.session().name().is_some());
    let announcer = use_announcer(&chat);
    html! {
        <div class="papo-app">
            { header }
            { timeline }
            <footer>
                <div class="dock">
                    { typing(&chat) }
                    { notice }
                    { name_form }
                    { composer }
                </div>
            </footer>
            { announcer }
        </div>
    }
}
