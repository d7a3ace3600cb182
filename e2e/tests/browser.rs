//! The app as it is deployed (`dist/`), in Chromium or Firefox, served by a real local stack.
//!
//! Elements are found by role and by `data-testid`, never by class.
//!
//! # Layout
//!
//! - `conversation`: two tabs talk
//! - `people`: two people and their names
//! - `accessibility`: the main states as axe judges them
//! - `actions`: reply, react, edit, delete and copy
//! - `presence`: people in the room, typing, and unread messages in other rooms
//! - `rooms`: each with its own conversation
//! - `scrolling`: long conversations, and the reader's place in them
//! - `composer`: focus, keys and pasting
//! - `text`: direction of lines, and hostile characters
//! - `layout`: small windows, phones and larger text
//! - `unread`: messages for a hidden page
//! - `theme`, `language`: settings and a reload
//! - `reconnecting`: the back end stops and returns
//! - `offline`: the network fails and returns
//! - `pending`: messages that are refused or not answered
//! - `translation`: a page that the browser translates
//! - `tabs`: several tabs of one browser, and the messages that closed tabs leave
//! - `security`: the Content-Security-Policy
//! - `storage`: a browser that stores nothing
//! - `loading`: an app that cannot be loaded
//! - `crash`: a panic of the app
//! - `sign_in`: a deployment with an issuer of tokens
//! - `chat`: a stack and a browser
//! - `provider`: the issuer, which signs with the keys of `issuer`
//! - `tab`: one page in the browser

#[path = "browser/chat.rs"]
mod chat;
#[path = "access/issuer.rs"]
mod issuer;
#[path = "browser/provider.rs"]
mod provider;
#[path = "browser/tab.rs"]
mod tab;

#[path = "browser/accessibility.rs"]
mod accessibility;
#[path = "browser/actions.rs"]
mod actions;
#[path = "browser/composer.rs"]
mod composer;
#[path = "browser/conversation.rs"]
mod conversation;
#[path = "browser/crash.rs"]
mod crash;
#[path = "browser/language.rs"]
mod language;
#[path = "browser/layout.rs"]
mod layout;
#[path = "browser/loading.rs"]
mod loading;
#[path = "browser/offline.rs"]
mod offline;
#[path = "browser/pending.rs"]
mod pending;
#[path = "browser/people.rs"]
mod people;
#[path = "browser/presence.rs"]
mod presence;
#[path = "browser/reconnecting.rs"]
mod reconnecting;
#[path = "browser/rooms.rs"]
mod rooms;
#[path = "browser/scrolling.rs"]
mod scrolling;
#[path = "browser/security.rs"]
mod security;
#[path = "browser/sign_in.rs"]
mod sign_in;
#[path = "browser/storage.rs"]
mod storage;
#[path = "browser/tabs.rs"]
mod tabs;
#[path = "browser/text.rs"]
mod text;
#[path = "browser/theme.rs"]
mod theme;
#[path = "browser/translation.rs"]
mod translation;
#[path = "browser/unread.rs"]
mod unread;

use std::time::Duration;

/// The time limit of every wait, long enough for a busy machine.
const LIMIT: Duration = Duration::from_mins(1);
