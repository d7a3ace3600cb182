//! How the actions of a message look: the bar of actions, and the reactions below a message.
//!
//! What a click does is up to [`actions`](super::actions), which finds it in `data-act`.

use papo_protocol::PersonName;
use papo_protocol::session::{Entry, Reactions};
use yew::prelude::*;

use crate::components::flag;
use crate::components::icons;
use crate::i18n::Words;

/// The emoji that are offered.
const EMOJI: [&str; 6] = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

/// The actions in the bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// The actions.
    #[default]
    Actions,
    /// The actions, and whether the text has just been copied.
    Copied(bool),
    /// The emoji of a reaction.
    Emoji,
    /// Whether to delete the message.
    Delete,
}

/// The bar of actions of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it offers.
    pub step: Step,
    /// Whether the reader can reply and react.
    pub can_react: bool,
    /// Whether the reader can edit and delete.
    pub can_edit: bool,
}

/// The bar of actions.
pub(super) fn bar(bar: Bar, words: &Words) -> Html {
    let button = |act: &'static str, label: &'static str, icon: Html| {
        html! { <button type="button" data-act={act} aria-label={label} title={label}>{ icon }</button> }
    };
    // Yew takes the first node for the same one in each step: the first emoji keeps the focus of the button that offers them.
    let mut first = Html::default();
    let rest = match bar.step {
        Step::Emoji => {
            first = emoji_button(EMOJI[0]);
            EMOJI[1..].iter().map(|emoji| emoji_button(emoji)).collect()
        }
        Step::Delete => html! {
            <>
                <span>{ words.delete_question }</span>
                <button type="button" class="word danger" data-act="erase">{ words.delete }</button>
                <button type="button" class="word" data-act="back">{ words.cancel }</button>
            </>
        },
        Step::Actions | Step::Copied(_) => {
            let mut buttons = Vec::new();
            if bar.step == Step::Copied(false) {
                buttons.push(html! { <span role="alert">{ words.not_copied }</span> });
            }
            if bar.can_react {
                first = button("react", words.react, icons::smile());
                buttons.push(button("reply", words.reply, icons::reply()));
            }
            buttons.push(if bar.step == Step::Copied(true) {
                button("copy", words.copied, icons::tick())
            } else {
                button("copy", words.copy, icons::copy())
            });
            if bar.can_edit {
                buttons.push(button("edit", words.edit, icons::pencil()));
                buttons.push(button("delete", words.delete, icons::bin()));
            }
            buttons.into_iter().collect()
        }
    };
    html! { <div class="bar" role="toolbar" aria-label={words.actions} data-testid="actions">{ first }{ rest }</div> }
}

fn emoji_button(emoji: &'static str) -> Html {
    html! { <button type="button" class="emoji" data-act="emoji" data-emoji={emoji} aria-label={emoji}>{ emoji }</button> }
}

/// The reactions to a message. `person` is the reader.
pub(super) fn reactions(entry: &Entry, person: Option<&str>) -> Html {
    if entry.reactions().is_empty() {
        return Html::default();
    }
    let reaction = |it: &Reactions| {
        let names = it.people.iter().filter_map(|person| person.name.as_ref());
        let names: Vec<_> = names.map(PersonName::as_str).collect();
        let is_own = it
            .people
            .iter()
            .any(|it| Some(it.person_id.as_str()) == person);
        let emoji = it.emoji.as_str().to_owned();
        html! {
            <button type="button" class="reaction" data-act="emoji" data-emoji={emoji.clone()} aria-pressed={flag(is_own)}
                title={names.join(", ")}>{ emoji }{ " " }<span>{ it.people.len() }</span></button>
        }
    };
    html! { <div class="reactions" data-testid="reactions">{ for entry.reactions().iter().map(reaction) }</div> }
}
