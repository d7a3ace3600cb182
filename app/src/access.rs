//! The token of a signed-in person, for back ends that require one. `app/sign-in` obtains, renews and removes it.

use js_sys::Array;

use crate::browser;

/// The `localStorage` key of the token.
const TOKEN: &str = "papo.token";

/// The `sessionStorage` key that asks `app/sign-in` to sign out.
const SIGN_OUT: &str = "papo.sign-out";

/// The event that tells `app/sign-in` that a connection could not be opened, or was lost. Browsers do not say whether the token
/// was the reason.
const REFUSED: &str = "papo-refused";

/// The token, if a person is signed in.
pub fn token() -> Option<String> {
    browser::remembered(TOKEN)
}

/// The sub-protocols to offer: those that carry the token, or none.
pub fn protocols() -> Array {
    let protocols = Array::new();
    if let Some(token) = token() {
        protocols.push(&"papo.v1".into());
        protocols.push(&["bearer.", &token].concat().into());
    }
    protocols
}

/// Reports a connection that could not be opened, or was lost.
pub fn report_refused() {
    browser::dispatch(&browser::window(), REFUSED);
}

/// Signs out. The page is loaded again.
pub fn sign_out() {
    browser::set_tab_value(SIGN_OUT, "1");
    browser::reload();
}
