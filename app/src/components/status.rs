//! Whether there is a connection, by colour and by word. Styled in `header.css`.

use papo_protocol::session::Phase;
use yew::prelude::*;

use crate::i18n::Words;

/// The status.
pub fn status(phase: Phase, words: &Words) -> Html {
    let (state, word) = match phase {
        Phase::Idle | Phase::Opening { .. } | Phase::Greeting { .. } => {
            ("connecting", words.connecting)
        }
        Phase::Online { .. } => ("online", words.online),
        Phase::Waiting { .. } => ("offline", words.offline),
    };
    html! {
        <div class="status" role="status" data-testid="status" data-state={state}>
            <span class="dot" aria-hidden="true"></span>
            <span class="unseen">{ words.status }{ ": " }</span>
            // Keyed, so that a page translator's copy of the old word goes with its element.
            <span key={word}>{ word }</span>
        </div>
    }
}
