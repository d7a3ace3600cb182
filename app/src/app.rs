//! The page: header, timeline and composer, which takes the place of the form for the name. Only the timeline scrolls.

use papo_protocol::RoomName;
use yew::prelude::*;

use crate::browser::{self, events::listen};
use crate::chat::conversation::use_conversation;
use crate::chat::room;
use crate::components::announcer::use_announcer;
use crate::components::composer::use_composer;
use crate::components::header::use_header;
use crate::components::name_form::use_name_form;
use crate::components::notice::use_notice;
use crate::components::people::typing;
use crate::components::timeline::use_timeline;
use crate::hooks::use_signal;
use crate::i18n::Language;

/// Shows the page of the room that the address names, also when that changes.
pub fn start() {
    let render = |room: RoomName| yew::Renderer::<Page>::with_props(Props { room }).render();
    let mut room = room::of_this_page();
    let mut page = render(room.clone());
    let follow = move |_: &Event| {
        let named = room::of_this_page();
        if named != room {
            room = named;
            // Another room is another page: nothing of the old one stays.
            std::mem::replace(&mut page, render(room.clone())).destroy();
        }
    };
    listen(&browser::window(), "hashchange", follow).forget();
}

/// The properties of a page.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// The room.
    pub room: RoomName,
}

/// The page of one room.
#[component]
pub fn Page(props: &Props) -> Html {
    let language = use_signal(Language::preferred);
    let chat = use_conversation(&props.room, language.get());
    let onlanguage = Callback::from(move |_: MouseEvent| {
        let chosen = language.get().other();
        browser::remember(browser::LANGUAGE, chosen.tag());
        browser::set_root_attribute("lang", chosen.tag());
        language.set(chosen);
    });
    let is_naming = use_signal(bool::default);
    let onname = Callback::from({
        let is_naming = is_naming.clone();
        move |_: MouseEvent| is_naming.set(true)
    });
    let header = use_header(&chat, onlanguage, onname);
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
