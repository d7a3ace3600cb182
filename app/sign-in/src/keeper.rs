//! Renews the token while the app runs.
//!
//! Every tab has a keeper. A Web Lock lets one of them renew; the others find the new token in the storage. A refresh token may
//! be usable only once, and a tab may see what another one has stored a moment after it got the lock from it. So tabs renew at
//! different times, and a refusal counts only when no other tab turns out to have renewed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::authorization;
use crate::browser::{self, Alarm};
use crate::issuer::{discover, request};
use crate::page;
use crate::problem::Problem;
use crate::schedule;
use crate::settings::Settings;
use crate::stored;
use crate::tokens::Tokens;

/// The event with which the app reports a connection that could not be opened or was lost. The browser does not tell it
/// whether the token was the reason.
const REFUSED: &str = "papo-refused";

/// The Web Lock of renewals.
const LOCK: &str = "papo.renewal";

/// How often the storage is checked after a refusal, and the time between two checks in milliseconds: 3 s in all.
const CHECKS: u32 = 30;
const CHECK_MS: i64 = 100;

/// Renews the token before it ends, until the session ends. Then it loads the page again, which asks to sign in.
pub async fn keep(settings: Settings) {
    let alarm = Alarm::default();
    let is_refused = Rc::new(Cell::new(false));
    let ring = |name| {
        let alarm = alarm.clone();
        browser::listen(name, move |_| alarm.ring());
    };
    // Another tab may have renewed the token, or signed out.
    ring("storage");
    ring("online");
    browser::listen(REFUSED, {
        let (alarm, is_refused) = (alarm.clone(), Rc::clone(&is_refused));
        move |_| {
            is_refused.set(true);
            alarm.ring();
        }
    });
    let person = stored::last_person();
    let spread = js_sys::Math::random();
    let (mut failures, mut due) = (0, None);
    loop {
        let Some(tokens) = stored::tokens(&settings).filter(|it| Some(&it.sub) == person.as_ref())
        else {
            return page::reload();
        };
        let now = browser::now();
        let at = due.unwrap_or_else(|| schedule::renew_at(&tokens, failures, now, spread));
        let is_refused = is_refused.take() && schedule::renews_refused(&tokens, now);
        if now < at && !is_refused {
            alarm.sleep(at - now).await;
            // A renewal by another tab moves the time; a failed one does not.
            if failures == 0 {
                due = None;
            }
            continue;
        }
        match renew(&settings, &tokens).await {
            Ok(()) => (failures, due) = (0, None),
            Err(Problem::Denied(_)) => return page::reload(),
            Err(problem) => {
                browser::log(&problem);
                failures += 1;
                let now = browser::now();
                due = Some(schedule::renew_at(&tokens, failures, now, spread));
            }
        }
    }
}

/// Renews `tokens`, unless another tab has done so.
///
/// # Errors
///
/// [`Problem::Denied`] if the session has ended; it is forgotten then. Otherwise as [`request`].
pub async fn renew(settings: &Settings, tokens: &Tokens) -> Result<(), Problem> {
    let result = Rc::new(RefCell::new(Ok(())));
    let work = {
        let (settings, tokens) = (settings.clone(), tokens.clone());
        let result = Rc::clone(&result);
        async move {
            let renewed = renew_alone(&settings, &tokens).await;
            if let Err(Problem::Denied(_)) = &renewed {
                stored::forget();
            }
            *result.borrow_mut() = renewed;
        }
    };
    browser::exclusively(LOCK, work).await;
    result.replace(Ok(()))
}

async fn renew_alone(settings: &Settings, tokens: &Tokens) -> Result<(), Problem> {
    if stored::tokens(settings).is_none() {
        return Err(Problem::Denied("signed out".to_owned()));
    }
    if is_replaced(settings, tokens) {
        return Ok(());
    }
    // Without a refresh token, the issuer's page is asked: it usually still knows the person.
    let Some(refresh) = &tokens.refresh else {
        return Err(Problem::Denied("no refresh token".to_owned()));
    };
    let metadata = discover(settings).await?;
    let form = authorization::refresh(settings, refresh);
    let renewed = match request(&metadata, &form).await {
        Err(Problem::Denied(_)) if will_be_replaced(settings, tokens).await => return Ok(()),
        renewed => renewed?,
    };
    if renewed.sub != tokens.sub {
        return Err(Problem::Denied("another person".to_owned()));
    }
    stored::keep(settings, &renewed.completed_by(tokens))
}

/// Whether the storage has newer tokens.
fn is_replaced(settings: &Settings, tokens: &Tokens) -> bool {
    stored::tokens(settings).is_some_and(|stored| stored.issued_at != tokens.issued_at)
}

/// Whether the storage has newer tokens within 3 s.
async fn will_be_replaced(settings: &Settings, tokens: &Tokens) -> bool {
    for _ in 0..CHECKS {
        if is_replaced(settings, tokens) {
            return true;
        }
        Alarm::default().sleep(CHECK_MS).await;
    }
    is_replaced(settings, tokens)
}
