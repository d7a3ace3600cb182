//! `IndexedDB` as a map from strings to strings.
//!
//! Writes are transactions: they happen entirely or not at all, in the order in which they were begun. A page may begin one
//! and end: the browser finishes it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    EventTarget, IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode,
};

use super::events::listen;
use super::window;

/// The name of the database, and of its only object store.
const NAME: &str = "papo";

/// An open database.
#[derive(Clone, Debug)]
pub struct Database(IdbDatabase);

impl Database {
    /// Opens the database.
    ///
    /// # Errors
    /// What the browser threw, where `IndexedDB` is missing, blocked or broken.
    pub async fn open() -> Result<Self, JsValue> {
        let factory = window().indexed_db()?.ok_or(JsValue::UNDEFINED)?;
        let request = factory.open_with_u32(NAME, 1)?;
        let _upgrade = listen(&request, "upgradeneeded", {
            let request = request.clone();
            move |_| create_store(&request)
        });
        finished(&request, "success", &["error", "blocked"]).await?;
        Ok(Self(request.result()?.unchecked_into()))
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// What the browser threw.
    pub async fn get(&self, key: &str) -> Result<Option<String>, JsValue> {
        let store = self.store(IdbTransactionMode::Readonly)?;
        let value = answer(&store.get(&key.into())?).await?;
        Ok(value.as_string())
    }

    /// All keys that start with `prefix`.
    ///
    /// # Errors
    /// What the browser threw.
    pub async fn keys(&self, prefix: &str) -> Result<Vec<String>, JsValue> {
        let store = self.store(IdbTransactionMode::Readonly)?;
        let keys: js_sys::Array = answer(&store.get_all_keys()?).await?.unchecked_into();
        let keys = keys.iter().filter_map(|key| key.as_string());
        Ok(keys.filter(|key| key.starts_with(prefix)).collect())
    }

    /// Sets the value of `key`, or removes it. The transaction has begun when this returns; the future waits for its end.
    ///
    /// # Errors
    /// What the browser threw, for example when the quota is exceeded.
    pub fn set(
        &self,
        key: &str,
        value: Option<&str>,
    ) -> impl Future<Output = Result<(), JsValue>> + use<> {
        let request = self
            .store(IdbTransactionMode::Readwrite)
            .and_then(|store| match value {
                Some(value) => store.put_with_key(&value.into(), &key.into()),
                None => store.delete(&key.into()),
            });
        async move {
            let transaction = request?.transaction().ok_or(JsValue::UNDEFINED)?;
            finished(&transaction, "complete", &["error", "abort"]).await
        }
    }

    fn store(&self, mode: IdbTransactionMode) -> Result<IdbObjectStore, JsValue> {
        self.0
            .transaction_with_str_and_mode(NAME, mode)?
            .object_store(NAME)
    }
}

fn create_store(request: &IdbOpenDbRequest) {
    if let Ok(database) = request.result() {
        let database: IdbDatabase = database.unchecked_into();
        let _ = database.create_object_store(NAME);
    }
}

async fn answer(request: &IdbRequest) -> Result<JsValue, JsValue> {
    finished(request, "success", &["error"]).await?;
    request.result()
}

/// Waits for one of the events by which a request or transaction ends.
async fn finished(
    target: &EventTarget,
    good: &'static str,
    bad: &[&'static str],
) -> Result<(), JsValue> {
    let listeners = Rc::new(RefCell::new(Vec::new()));
    let promise = Promise::new(&mut |resolve, reject| {
        let events =
            std::iter::once((good, resolve)).chain(bad.iter().map(|name| (*name, reject.clone())));
        for (name, settle) in events {
            let listener = listen(target, name, move |event| {
                let _ = settle.call1(&JsValue::UNDEFINED, event);
            });
            listeners.borrow_mut().push(listener);
        }
    });
    JsFuture::from(promise).await.map(drop)
}
