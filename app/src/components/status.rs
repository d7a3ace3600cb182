//! Whether there is a connection, by colour and by word.

use papo_protocol::session::Phase;
use stylist::yew::use_style;
use yew::prelude::*;

use crate::chat::use_session;
use crate::i18n::Language;

/// The status.
#[component]
pub fn Status() -> Html {
    let session = use_session();
    let words = use_context::<Language>().unwrap_or_default().words();
    let (state, word) = match session.phase() {
        Phase::Idle | Phase::Opening { .. } | Phase::Greeting { .. } => {
            ("connecting", words.connecting)
        }
        Phase::Online { .. } => ("online", words.online),
        Phase::Waiting { .. } => ("offline", words.offline),
    };
    let class = use_style!(
        r#"
display: inline-flex;
align-items: center;
gap: 7px;
flex: none;
font-size: 13px;
font-weight: 560;
padding: 5px 11px 5px 9px;
border-radius: 99px;
border: 1px solid var(--line);
background: var(--raised);
white-space: nowrap;

&[data-state="online"] { color: var(--ok); }
&[data-state="connecting"] { color: var(--wait); }
&[data-state="offline"] { color: var(--off); }
.dot { width: 9px; height: 9px; flex: none; border-radius: 50%; background: currentColor; forced-color-adjust: none; }
&[data-state="connecting"] .dot { background: none; border: 2px solid currentColor; border-right-color: transparent; }
"#
    );
    html! {
        <div {class} role="status" data-testid="status" data-state={state}>
            <span class="dot" aria-hidden="true"></span>
            <span class="unseen">{ words.status }{ ": " }</span>
            <span>{ word }</span>
        </div>
    }
}
