//! The parts of the page, one per file. Most are hooks or functions that return a part's HTML, because each Yew component brings
//! its own copy of Yew's lifecycle into the download. The style of a part is in the CSS file of the same name.

pub mod header;

pub mod status;

pub mod theme_menu;

pub mod timeline;

pub mod announcer;

pub mod author;

pub mod name_form;

pub mod bell;

pub mod button;

pub mod people;

pub mod rooms;

pub mod notice;

pub mod composer;

pub mod hint;

pub mod mentions;

pub mod icons;

/// The value of an attribute that is either `true` or `false`.
pub fn flag(is_set: bool) -> &'static str {
    if is_set { "true" } else { "false" }
}
