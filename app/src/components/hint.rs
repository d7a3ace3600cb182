//! The line below a field: a hint, or why its text is invalid.

use yew::prelude::*;

use super::flag;

/// The hint or the problem. Screen readers announce it when it changes.
pub fn hint(id: &'static str, is_problem: bool, content: Html) -> Html {
    html! { <p {id} class="hint" data-problem={flag(is_problem)} aria-live="polite">{ content }</p> }
}
