//! What stands below a field: a hint, or what is wrong with the text in it.

use yew::prelude::*;

/// The hint or the problem. Screen readers announce it when it changes.
pub fn hint(id: &'static str, is_problem: bool, content: Html) -> Html {
    html! { <p {id} class="hint" data-problem={is_problem.to_string()} aria-live="polite">{ content }</p> }
}
