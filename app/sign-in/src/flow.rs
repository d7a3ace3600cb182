//! Signing in and out, step by step.

use wasm_bindgen_futures::spawn_local;

use crate::authorization::{self, Attempt, Response};
use crate::issuer::{discover, request};
use crate::problem::Problem;
use crate::settings::Settings;
use crate::{browser, keeper, page, person, schedule, stored};

/// Whether the app may start. See [`crate::admit`].
pub async fn admit() -> bool {
    let Some(settings) = Settings::read(browser::meta) else {
        return true;
    };
    if stored::take_sign_out() {
        sign_out(&settings).await;
        return false;
    }
    match has_session(&settings).await {
        Ok(true) => {
            spawn_local(keeper::keep(settings));
            return true;
        }
        Ok(false) => {
            person::forget_messages().await;
            match stored::signed_out() {
                Some(everywhere) => {
                    let words = page::language().signed_out(everywhere);
                    page::show(words, "status", move || begin(settings));
                }
                None => begin(settings).await,
            }
        }
        Err(problem) => report(&settings, &problem),
    }
    false
}

/// Whether there is a session: the one that the issuer's response begins, or one that was kept. A token that has expired is
/// renewed first; if the issuer does not answer, the app starts without a connection.
async fn has_session(settings: &Settings) -> Result<bool, Problem> {
    let query = browser::window().location().search().unwrap_or_default();
    if let Some(response) = Response::parse(&query) {
        complete(settings, &response).await?;
        return Ok(true);
    }
    let Some(tokens) = stored::tokens(settings) else {
        return Ok(false);
    };
    if schedule::is_valid(&tokens, browser::now()) {
        return Ok(true);
    }
    match keeper::renew(settings, &tokens).await {
        Ok(()) | Err(Problem::Unreachable(_)) => Ok(true),
        Err(Problem::Denied(_)) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// Leaves for the issuer's page, or reports why not.
async fn begin(settings: Settings) {
    let started = async {
        let metadata = discover(&settings).await?;
        let attempt = Attempt::new(browser::random()?, &page::fragment());
        stored::begin(&attempt)?;
        page::leave_for(&attempt.address(&settings, &metadata, &own_address()));
        Ok(())
    };
    if let Err(problem) = started.await {
        report(&settings, &problem);
    }
}

/// Exchanges the code of a response for tokens.
async fn complete(settings: &Settings, response: &Response) -> Result<(), Problem> {
    let attempt = stored::take_attempt();
    // A code is used once: it must not stay in the address, nor in the history.
    let fragment = attempt.as_ref().map_or("", Attempt::fragment);
    page::set_address(&format!("{}{fragment}", own_address()));
    let attempt = attempt.ok_or(Problem::Unexpected)?;
    let metadata = discover(settings).await?;
    let code = attempt.code(response, settings, &metadata)?;
    let form = attempt.exchange(settings, code, &own_address());
    let tokens = request(&metadata, &form).await?;
    tokens.check(settings, attempt.nonce())?;
    if stored::last_person().is_some_and(|last| last != tokens.sub) {
        person::forget().await;
    }
    stored::keep(settings, &tokens)
}

/// Ends the session here, then at the issuer.
async fn sign_out(settings: &Settings) {
    let id_token = stored::tokens(settings).and_then(|tokens| tokens.id);
    stored::forget();
    match discover(settings).await {
        Ok(metadata) => {
            stored::sign_out(true);
            let endpoint = metadata.end_session_endpoint;
            match endpoint {
                Some(endpoint) => page::leave_for(&authorization::end_session(
                    &endpoint,
                    settings,
                    id_token.as_deref(),
                    &own_address(),
                )),
                None => page::reload(),
            }
        }
        Err(problem) => {
            browser::log(&problem);
            stored::sign_out(false);
            page::reload();
        }
    }
}

fn report(settings: &Settings, problem: &Problem) {
    browser::log(problem);
    let settings = settings.clone();
    let words = page::language().problem(problem);
    page::show(words, "alert", move || begin(settings));
}

fn own_address() -> String {
    let location = browser::window().location();
    let origin = location.origin().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    authorization::redirect_uri(&origin, &path)
}
