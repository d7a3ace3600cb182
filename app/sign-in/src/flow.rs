//! Signing in and out, step by step.

use wasm_bindgen_futures::spawn_local;

use crate::authorization::{self, Attempt, Response};
use crate::discovery::{self, Metadata};
use crate::problem::Problem;
use crate::settings::Settings;
use crate::tokens::{self, Tokens};
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
            log(&problem);
            stored::sign_out(false);
            page::reload();
        }
    }
}

/// Fetches the issuer's endpoints.
///
/// # Errors
///
/// [`Problem::Unreachable`] or [`Problem::Misconfigured`].
pub async fn discover(settings: &Settings) -> Result<Metadata, Problem> {
    let address = discovery::address(&settings.issuer);
    let (status, body) = browser::get(&address).await?;
    match status {
        200 => discovery::parse(&body, &settings.issuer),
        500.. => Err(Problem::Unreachable(format!("{address} answered {status}"))),
        _ => Err(Problem::Misconfigured(format!(
            "{address} answered {status}"
        ))),
    }
}

/// Asks the token endpoint.
///
/// # Errors
///
/// As [`browser::post`] and [`tokens::parse`].
pub async fn request(metadata: &Metadata, form: &str) -> Result<Tokens, Problem> {
    let (status, body) = browser::post(&metadata.token_endpoint, form).await?;
    tokens::parse(status, &body, browser::now())
}

fn report(settings: &Settings, problem: &Problem) {
    log(problem);
    let settings = settings.clone();
    let words = page::language().problem(problem);
    page::show(words, "alert", move || begin(settings));
}

/// Writes a problem to the console, for administrators.
pub fn log(problem: &Problem) {
    web_sys::console::error_1(&format!("sign-in: {problem}").into());
}

fn own_address() -> String {
    let location = browser::window().location();
    let origin = location.origin().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    authorization::redirect_uri(&origin, &path)
}
