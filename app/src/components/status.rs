//! Whether there is a connection, by colour and by word. Styled in `header.css`.

use papo_protocol::Session;
use papo_protocol::limits::ACKNOWLEDGEMENT_TIMEOUT_MS;
use papo_protocol::session::{Phase, SendState};
use yew::prelude::*;

use crate::browser;
use crate::chat::Chat;
use crate::hooks::use_wake;

/// How long an acknowledgement may take, in milliseconds, before the connection no longer counts as online. A dead socket
/// reports nothing, so a missing answer is the first sign.
const SLOW_MS: u64 = 5_000;

/// The status.
#[hook]
pub fn use_status(chat: &Chat) -> Html {
    let words = chat.language.words();
    let slow_at = slow_at(&chat.session());
    use_wake(slow_at);
    let is_slow = slow_at.is_some_and(|slow_at| browser::monotonic_now() >= slow_at);
    let (state, word) = match chat.session().phase() {
        Phase::Idle | Phase::Opening { .. } | Phase::Greeting { .. } => {
            ("connecting", words.connecting)
        }
        Phase::Online { .. } if is_slow => ("connecting", words.checking),
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

/// When the first message will have waited long for its acknowledgement.
fn slow_at(session: &Session) -> Option<u64> {
    let mut sending = session.outbox().entries().iter();
    sending.find_map(|message| match message.state {
        SendState::Sending { until, .. } => {
            Some((until + SLOW_MS).saturating_sub(ACKNOWLEDGEMENT_TIMEOUT_MS))
        }
        _ => None,
    })
}
