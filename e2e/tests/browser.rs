//! The app as it is deployed (`dist/`), in a real Chromium, served by a real local stack.
//!
//! Elements are found by role and by `data-testid`, never by class.
//!
//! # Layout
//!
//! - `conversation`: two tabs talk
//! - `theme`, `language`: what one chooses, and a reload
//! - `reconnecting`: the back end goes and comes back
//! - `offline`: the network goes and comes back
//! - `tabs`: several tabs of one browser, and what they leave behind
//! - `crash`: the app itself breaks
//! - `chat`: a stack and a browser, and what is printed when a test fails
//! - `chromium`, `tab`: the browser, and one page in it
//! - `devtools`: what only the protocol of the developer tools can do to it

#[path = "browser/chat.rs"]
mod chat;
#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/devtools.rs"]
mod devtools;
#[path = "browser/tab.rs"]
mod tab;

#[path = "browser/conversation.rs"]
mod conversation;
#[path = "browser/crash.rs"]
mod crash;
#[path = "browser/language.rs"]
mod language;
#[path = "browser/offline.rs"]
mod offline;
#[path = "browser/reconnecting.rs"]
mod reconnecting;
#[path = "browser/tabs.rs"]
mod tabs;
#[path = "browser/theme.rs"]
mod theme;

use std::time::Duration;

/// How long anything may take. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_mins(1);
