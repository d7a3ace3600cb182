//! Papo in the browser.
//!
//! [`papo_protocol::Session`] decides what happens; the app carries it out and shows it.
//!
//! # Layout
//!
//! - [`app`]: the page.
//! - [`chat`]: drives the session in the browser, and stores what must survive the page.
//! - [`access`]: the token of a signed-in person.
//! - [`connection`]: the socket. The only module that uses `WebSocket`.
//! - [`components`]: the parts of the page, one per file.
//! - [`hooks`]: hooks that several components share.
//! - [`markup`]: links, code, bold and lists in the text of messages.
//! - [`i18n`]: all text, in Portuguese and English, and dates.
//! - [`theme`]: light or dark; colours and measures are in `theme.css`.
//! - [`styles`]: the style sheets of the components.
//! - [`browser`]: the browser APIs that the app uses.
//! - [`crash`]: the message after a panic.

pub mod access;
pub mod app;
pub mod browser;
pub mod chat;
pub mod components;
pub mod connection;
pub mod crash;
pub mod hooks;
pub mod i18n;
pub mod markup;
pub mod styles;
pub mod theme;

/// Starts the app on the page.
pub fn run() {
    yew::set_custom_panic_hook(Box::new(crash::show));
    browser::stylesheet::add(styles::SHEET);
    app::start();
    browser::remove_splash();
}

#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
