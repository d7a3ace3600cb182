//! Whether there is a connection, by colour and by word. Styled in `header.css`.

use gloo_timers::callback::Timeout;
use papo_protocol::Session;
use papo_protocol::limits::ACKNOWLEDGEMENT_TIMEOUT_MS;
use papo_protocol::session::{Phase, SendState};
use yew::prelude::*;

use crate::browser;
use crate::chat::Chat;

/// How long an acknowledgement may take, in milliseconds, before the connection is no longer called online. A dead socket
/// reports nothing, so a missing answer is the first sign.
const SLOW_MS: u64 = 5_000;

/// The status.
#[component]
pub fn Status(chat: &Chat) -> Html {
    let words = chat.language.words();
    let is_slow = use_is_slow(&chat.session);
    let (state, word) = match chat.session.phase() {
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

/// Whether a message has waited long for its acknowledgement.
#[hook]
fn use_is_slow(session: &Session) -> bool {
    let slow_at = slow_at(session);
    let tick = use_force_update();
    use_effect_with(slow_at, move |slow_at| {
        let timeout = slow_at.map(|slow_at| {
            let wait = slow_at.saturating_sub(browser::monotonic_now());
            let wait = u32::try_from(wait + 1).unwrap_or(u32::MAX);
            Timeout::new(wait, move || tick.force_update())
        });
        move || drop(timeout)
    });
    slow_at.is_some_and(|slow_at| browser::monotonic_now() >= slow_at)
}

fn slow_at(session: &Session) -> Option<u64> {
    let mut sending = session.outbox().entries().iter();
    sending.find_map(|message| match message.state {
        SendState::Sending { until, .. } => {
            Some((until + SLOW_MS).saturating_sub(ACKNOWLEDGEMENT_TIMEOUT_MS))
        }
        _ => None,
    })
}
