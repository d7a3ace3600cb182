//! `localStorage` and `sessionStorage`. What `localStorage` does not take, because it is full or blocked, lasts as long as the
//! page.

use std::cell::RefCell;

use web_sys::{Storage, Window};

use super::window;

thread_local! {
    /// What `localStorage` did not take. It lasts as long as the page.
    static UNSTORED: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

/// The `localStorage` value of `key`.
pub fn remembered(key: &str) -> Option<String> {
    let unstored = UNSTORED.with_borrow(|all| {
        let found = all.iter().find(|(it, _)| it == key);
        found.map(|(_, value)| value.clone())
    });
    unstored.or_else(|| storage(Window::local_storage)?.get_item(key).ok()?)
}

/// Sets the `localStorage` value of `key`.
pub fn remember(key: &str, value: &str) {
    forget_unstored(key);
    let storage = storage(Window::local_storage);
    if storage.is_none_or(|it| it.set_item(key, value).is_err()) {
        UNSTORED.with_borrow_mut(|all| all.push((key.to_owned(), value.to_owned())));
    }
}

/// Removes the `localStorage` value of `key`.
pub fn forget(key: &str) {
    forget_unstored(key);
    if let Some(storage) = storage(Window::local_storage) {
        let _ = storage.remove_item(key);
    }
}

fn forget_unstored(key: &str) {
    UNSTORED.with_borrow_mut(|all| all.retain(|(it, _)| it != key));
}

/// The `sessionStorage` value of `key`: it lives as long as the tab.
pub fn tab_value(key: &str) -> Option<String> {
    storage(Window::session_storage)?.get_item(key).ok()?
}

/// Sets the `sessionStorage` value of `key`.
pub fn set_tab_value(key: &str, value: &str) {
    if let Some(storage) = storage(Window::session_storage) {
        let _ = storage.set_item(key, value);
    }
}

fn storage<E>(of: impl Fn(&Window) -> Result<Option<Storage>, E>) -> Option<Storage> {
    of(&window()).ok()?
}
