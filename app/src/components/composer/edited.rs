//! The message that is being edited: its text takes the place of the draft in the field.

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;

use super::Incident;
use crate::chat::{About, Chat, SharedEntry, draft};
use crate::hooks::Signal;

/// The message that is being edited, and the draft that its text replaces in the field meanwhile.
pub(super) type Edited = Rc<RefCell<Option<(SharedEntry, String)>>>;

/// Puts the text of a message that is edited in the place of the draft, for as long as it is edited. If the message is
/// deleted meanwhile, what was written is added to the draft, and `incident` says so.
#[hook]
pub(super) fn use_edited(chat: &Chat, incident: &Signal<Incident>) -> Edited {
    let edited: Edited = use_mut_ref(|| None);
    let (session, incident) = (Rc::clone(&chat.session), incident.clone());
    let before = Rc::clone(&edited);
    use_effect_with(chat.about.clone(), move |about| {
        if about.is_some() {
            draft::focus();
        }
        let Some(field) = draft::field() else { return };
        let ended = before.take();
        if let Some(About::Edit(entry)) = about {
            let draft = ended.map_or_else(|| field.value(), |(_, draft)| draft);
            before.replace(Some((entry.clone(), draft)));
            draft::set(&field, entry.text());
        } else if let Some((entry, draft)) = ended {
            let written = field.value();
            draft::set(&field, &draft);
            if written != entry.text() && !session.borrow().can_edit(&entry) {
                draft::append(&written);
                incident.set(Incident::Rescued);
            }
        }
    });
    edited
}
