//! Papo in the browser.
//!
//! Thin on purpose: [`papo_protocol::Session`] decides what happens next, and the app carries it out and shows it.
//!
//! # Layout
//!
//! - [`app`]: the page, and which contexts its parts share.
//! - [`chat`]: the session in the browser: what it is now, how to talk to it, who drives it.
//! - [`connection`]: the socket. The only place that touches `WebSocket`.
//! - [`components`]: what one sees, one file each.
//! - [`theme`]: light or dark; every colour and measure is in `theme.css`.
//! - [`styles`]: how the components look.
//! - [`i18n`]: every word, in Portuguese and English.
//! - [`browser`]: clock, storage and the other things that a browser has.
//! - [`crash`]: what one sees if the app itself breaks.

pub mod app;
pub mod browser;
pub mod chat;
pub mod components;
pub mod connection;
pub mod crash;
pub mod i18n;
pub mod styles;
pub mod theme;

/// Starts the app on the page.
pub fn run() {
    yew::set_custom_panic_hook(Box::new(crash::show));
    browser::add_sheet(styles::SHEET);
    yew::Renderer::<app::App>::new().render();
    browser::remove_splash();
}

#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
