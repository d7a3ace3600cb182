//! Forgets the previous person, so that another one who signs in does not send or see what they wrote.
//!
//! Text of the same person stays, whether the session expired or they signed out: nothing typed is lost.

use js_sys::{Object, Promise};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, IdbDatabase, IdbKeyRange, IdbOpenDbRequest, IdbTransactionMode, Storage};

use crate::browser;

/// The name of the app's database, and of its only object store (`app/src/browser/database.rs`).
const DATABASE: &str = "papo";

/// The prefix of the app's keys.
const PREFIX: &str = "papo.";

/// The prefix of the keys of messages that the app keeps for its next start (`app/src/chat/storage.rs`).
const CACHE: &str = "papo.cache.";

/// The settings of the browser rather than of a person.
const SETTINGS: [&str; 2] = ["papo.theme", "papo.language"];

/// Deletes drafts, unsent messages, the name and the visited rooms.
pub async fn forget() {
    for storage in [browser::local(), browser::session()].into_iter().flatten() {
        for key in keys(&storage) {
            if key.starts_with(PREFIX) && !SETTINGS.contains(&key.as_str()) {
                let _ = storage.remove_item(&key);
            }
        }
    }
    // A browser without a database has nothing in it.
    let _ = delete(None).await;
}

/// Deletes the messages that the app keeps for its next start. They are not to be read without a session.
pub(crate) async fn forget_messages() {
    let end = [CACHE, "\u{ffff}"].concat();
    if let Ok(keys) = IdbKeyRange::bound(&CACHE.into(), &end.into()) {
        let _ = delete(Some(keys)).await;
    }
}

fn keys(storage: &Storage) -> Vec<String> {
    let keys = Object::keys(storage.unchecked_ref::<Object>());
    keys.iter().filter_map(|key| key.as_string()).collect()
}

/// Deletes these keys of the app's database, or all.
async fn delete(keys: Option<IdbKeyRange>) -> Result<(), JsValue> {
    let factory = browser::window().indexed_db()?.ok_or(JsValue::UNDEFINED)?;
    let request = factory.open(DATABASE)?;
    // A database that does not exist yet is the app's to create.
    let upgraded = Closure::once_into_js({
        let request = request.clone();
        move |_: Event| {
            let _ = request.transaction().map(|it| it.abort());
        }
    });
    request.set_onupgradeneeded(Some(upgraded.unchecked_ref()));
    opened(&request).await?;
    let database: IdbDatabase = request.result()?.unchecked_into();
    let transaction =
        database.transaction_with_str_and_mode(DATABASE, IdbTransactionMode::Readwrite)?;
    let store = transaction.object_store(DATABASE)?;
    match keys {
        Some(keys) => store.delete(&keys)?,
        None => store.clear()?,
    };
    JsFuture::from(Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    }))
    .await?;
    database.close();
    Ok(())
}

async fn opened(request: &IdbOpenDbRequest) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    }))
    .await
}
