//! Browser APIs, as plain functions. Decisions are made elsewhere.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{
    AbortSignal, Document, Event, RequestCredentials, RequestInit, Response, Storage, Window,
};

use crate::problem::Problem;

/// How long the issuer may take to answer, in milliseconds.
const ANSWER_MS: u32 = 15_000;

#[wasm_bindgen]
extern "C" {
    /// <https://www.w3.org/TR/web-locks/>. Throws where there are no locks.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request_lock(name: &str, granted: JsValue) -> Result<Promise, JsValue>;
}

/// The window.
///
/// # Panics
///
/// Outside a page.
#[expect(clippy::expect_used, reason = "the module runs in a page")]
pub fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

/// The document.
///
/// # Panics
///
/// Outside a page.
#[expect(clippy::expect_used, reason = "the module runs in a page")]
pub fn document() -> Document {
    window().document().expect("a page has a document")
}

/// The content of `<meta name=…>`.
pub fn meta(name: &str) -> Option<String> {
    let selector = format!("meta[name={name}]");
    let meta = document().query_selector(&selector).ok()??;
    meta.get_attribute("content")
}

/// The time in milliseconds since 1970.
pub fn now() -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole milliseconds, far below 2^53"
    )]
    let now = js_sys::Date::now() as i64;
    now
}

/// Three random numbers of 256 bits.
///
/// # Errors
///
/// [`Problem::Misconfigured`] where the browser has none.
pub fn random() -> Result<[[u8; 32]; 3], Problem> {
    let mut bytes = [[0; 32]; 3];
    let crypto = window().crypto().ok();
    for part in &mut bytes {
        let filled = crypto
            .as_ref()
            .and_then(|it| it.get_random_values_with_u8_array(part).ok());
        filled.ok_or_else(|| Problem::Misconfigured("no random numbers".to_owned()))?;
    }
    Ok(bytes)
}

/// `localStorage`, if the browser has it.
pub fn local() -> Option<Storage> {
    window().local_storage().ok()?
}

/// `sessionStorage`, if the browser has it.
pub fn session() -> Option<Storage> {
    window().session_storage().ok()?
}

/// Fetches a document.
///
/// # Errors
///
/// As [`post`].
pub async fn get(url: &str) -> Result<(u16, String), Problem> {
    fetch(url, &RequestInit::new()).await
}

/// Posts a form, and returns the status and the text of the answer.
///
/// # Errors
///
/// [`Problem::Unreachable`] without an answer: no network, a wrong address, or an issuer that does not allow this origin.
pub async fn post(url: &str, form: &str) -> Result<(u16, String), Problem> {
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&form.into());
    let headers = js_sys::Object::new();
    let _ = Reflect::set(
        &headers,
        &"content-type".into(),
        &"application/x-www-form-urlencoded".into(),
    );
    request.set_headers(&headers);
    fetch(url, &request).await
}

async fn fetch(url: &str, request: &RequestInit) -> Result<(u16, String), Problem> {
    request.set_credentials(RequestCredentials::Omit);
    request.set_signal(Some(&AbortSignal::timeout_with_u32(ANSWER_MS)));
    let answer = async {
        let response = JsFuture::from(window().fetch_with_str_and_init(url, request)).await?;
        let response: Response = response.unchecked_into();
        let text = JsFuture::from(response.text()?).await?;
        Ok((response.status(), text.as_string().unwrap_or_default()))
    };
    answer
        .await
        .map_err(|error: JsValue| Problem::Unreachable(format!("{url}: {error:?}")))
}

/// Runs `work` while no other tab runs it. Without Web Locks, which need a secure origin, at once.
pub(crate) async fn exclusively(name: &str, work: impl Future<Output = ()> + 'static) {
    let work = Rc::new(RefCell::new(Some(work)));
    let held = Closure::once_into_js({
        let work = Rc::clone(&work);
        move |_: JsValue| -> Promise {
            let work = work.borrow_mut().take();
            future_to_promise(async move {
                if let Some(work) = work {
                    work.await;
                }
                Ok(JsValue::UNDEFINED)
            })
        }
    });
    if let Ok(done) = request_lock(name, held) {
        let _ = JsFuture::from(done).await;
        return;
    }
    let work = work.borrow_mut().take();
    if let Some(work) = work {
        work.await;
    }
}

/// Wakes a sleeper early.
#[derive(Clone, Default)]
pub struct Alarm(Rc<RefCell<Option<Function>>>);

impl Alarm {
    /// Sleeps for this long, or until [`ring`](Self::ring). Longer times than a day end after a day.
    pub async fn sleep(&self, milliseconds: i64) {
        let milliseconds = i32::try_from(milliseconds.clamp(0, 86_400_000)).unwrap_or_default();
        let mut timeout = None;
        let woken = Promise::new(&mut |resolve, _| {
            timeout = window()
                .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds)
                .ok();
            *self.0.borrow_mut() = Some(resolve);
        });
        let _ = JsFuture::from(woken).await;
        if let Some(timeout) = timeout {
            window().clear_timeout_with_handle(timeout);
        }
    }

    /// Wakes the sleeper, if there is one.
    pub fn ring(&self) {
        let resolve = self.0.borrow_mut().take();
        if let Some(resolve) = resolve {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Calls `then` with each event of the window of this name, for as long as the page lives.
pub fn listen(name: &'static str, then: impl FnMut(&Event) + 'static) {
    EventListener::new(&window(), name, then).forget();
}

/// Tells the app, which listens in this document, that the storage has changed: browsers tell only other documents.
pub(crate) fn announce_storage() {
    if let Ok(event) = Event::new("storage") {
        let _ = window().dispatch_event(&event);
    }
}

/// Writes a problem to the console, for administrators.
pub fn log(problem: &Problem) {
    web_sys::console::error_1(&format!("sign-in: {problem}").into());
}
