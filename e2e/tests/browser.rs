//! The app as it is deployed (`dist/`), in a real Chromium, served by a real local stack.
//!
//! Elements are found by role and by `data-testid`, never by class.
//!
//! # Layout
//!
//! - `conversation`: two tabs talk
//! - `theme`, `language`: what one chooses, and a reload
//! - `reconnecting`: the back end goes and comes back
//! - `chat`: a stack and a browser, and what is printed when a test fails
//! - `chromium`, `tab`: the browser, and one page in it

#[path = "browser/chat.rs"]
mod chat;
#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/tab.rs"]
mod tab;

#[path = "browser/conversation.rs"]
mod conversation;
#[path = "browser/language.rs"]
mod language;
#[path = "browser/reconnecting.rs"]
mod reconnecting;
#[path = "browser/theme.rs"]
mod theme;

use std::time::Duration;

/// How long anything may take. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_mins(1);
