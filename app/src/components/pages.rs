//! The frame of the page: header, conversation and composer under one another, and nothing scrolls but the conversation.

use stylist::yew::use_style;
use yew::prelude::*;

/// What the frame holds.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// Header, conversation, footer.
    pub children: Html,
}

/// The frame.
#[component]
pub fn Shell(props: &Props) -> Html {
    let class = use_style!(
        r#"
height: 100vh;
height: 100svh;
display: grid;
grid-template-rows: auto minmax(0, 1fr) auto;
grid-template-columns: minmax(0, 1fr);

footer { padding: 0 16px 12px; padding-bottom: max(12px, env(safe-area-inset-bottom)); }
.dock { max-width: var(--column); margin: auto; position: relative; }
@media (max-width: 520px) {
    footer { padding: 0 10px 10px; padding-bottom: max(10px, env(safe-area-inset-bottom)); }
}
"#
    );
    html! { <div {class}>{ props.children.clone() }</div> }
}
