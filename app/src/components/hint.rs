//! What stands below a field: a hint, or what is wrong with the text in it.

use yew::prelude::*;

/// The hint or the problem. Screen readers announce it when it changes.
pub fn hint(id: &'static str, is_problem: bool, content: Html) -> Html {
    let class = AttrValue::Static(if is_problem { "hint problem" } else { "hint" });
    html! { <p {id} {class} aria-live="polite">{ content }</p> }
}
