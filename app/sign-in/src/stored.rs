//! The data kept in this browser.
//!
//! The app reads [`TOKEN`] only (`app/src/access.rs`).

use serde::{Deserialize, Serialize};

use crate::authorization::Attempt;
use crate::browser;
use crate::problem::Problem;
use crate::settings::Settings;
use crate::tokens::Tokens;

/// The `localStorage` key of the token for the app.
pub const TOKEN: &str = "papo.token";

/// The `localStorage` key of everything else about the session.
const SESSION: &str = "papo.session";

/// The `localStorage` key of the person who signed in last. It outlives the session.
const PERSON: &str = "papo.sub";

/// The `localStorage` key that says that the person signed out: the next visit waits for a click.
const SIGNED_OUT: &str = "papo.signed-out";

/// The `sessionStorage` key of the [`Attempt`].
const ATTEMPT: &str = "papo.sign-in";

/// The `sessionStorage` key with which the app asks to sign out.
const SIGN_OUT: &str = "papo.sign-out";

#[derive(Serialize, Deserialize)]
struct Kept {
    issuer: String,
    client_id: String,
    tokens: Tokens,
}

/// The tokens of this issuer and client.
pub fn tokens(settings: &Settings) -> Option<Tokens> {
    let text = browser::local()?.get_item(SESSION).ok()??;
    let kept: Kept = serde_json::from_str(&text).ok()?;
    let is_ours = kept.issuer == settings.issuer && kept.client_id == settings.client_id;
    is_ours.then_some(kept.tokens)
}

/// Keeps the tokens, and tells the app.
///
/// # Errors
///
/// [`Problem::Storage`] if the browser does not keep them.
pub fn keep(settings: &Settings, tokens: &Tokens) -> Result<(), Problem> {
    let storage = browser::local().ok_or(Problem::Storage)?;
    let set = |key: &str, value: &str| storage.set_item(key, value).map_err(|_| Problem::Storage);
    let kept = Kept {
        issuer: settings.issuer.clone(),
        client_id: settings.client_id.clone(),
        tokens: tokens.clone(),
    };
    set(
        SESSION,
        &serde_json::to_string(&kept).map_err(|_| Problem::Storage)?,
    )?;
    set(PERSON, &tokens.sub)?;
    set(TOKEN, &tokens.bearer)?;
    let _ = storage.remove_item(SIGNED_OUT);
    browser::announce_storage();
    Ok(())
}

/// Ends the session in this browser. Other tabs notice.
pub fn forget() {
    if let Some(storage) = browser::local() {
        let _ = storage.remove_item(SESSION);
        let _ = storage.remove_item(TOKEN);
    }
}

/// The person who signed in last.
pub(crate) fn last_person() -> Option<String> {
    browser::local()?.get_item(PERSON).ok()?
}

/// Remembers that the person signed out, and whether the issuer knows.
pub fn sign_out(everywhere: bool) {
    if let Some(storage) = browser::local() {
        let _ = storage.set_item(SIGNED_OUT, if everywhere { "everywhere" } else { "here" });
    }
}

/// Whether the person signed out, and if so, whether the issuer knows.
pub(crate) fn signed_out() -> Option<bool> {
    let value = browser::local()?.get_item(SIGNED_OUT).ok()??;
    Some(value == "everywhere")
}

/// Whether the app has asked to sign out. Forgets it.
pub(crate) fn take_sign_out() -> bool {
    take(SIGN_OUT).is_some()
}

/// Keeps the attempt until the response.
///
/// # Errors
///
/// [`Problem::Storage`] if the browser does not keep it.
pub fn begin(attempt: &Attempt) -> Result<(), Problem> {
    let storage = browser::session().ok_or(Problem::Storage)?;
    let text = serde_json::to_string(attempt).map_err(|_| Problem::Storage)?;
    storage
        .set_item(ATTEMPT, &text)
        .map_err(|_| Problem::Storage)
}

/// Takes the attempt that this tab has started.
pub(crate) fn take_attempt() -> Option<Attempt> {
    serde_json::from_str(&take(ATTEMPT)?).ok()
}

fn take(key: &str) -> Option<String> {
    let storage = browser::session()?;
    let value = storage.get_item(key).ok()??;
    let _ = storage.remove_item(key);
    Some(value)
}
