//! The app as it is deployed (`dist/`), in Chromium or Firefox, served by a real local stack.
//!
//! Elements are found by role and by `data-testid`; by class only where they have neither.
//!
//! # Layout
//!
//! - `conversation`: messages between two tabs
//! - `people`: two people and their names
//! - `accessibility`: the main states, checked with axe
//! - `actions`: reply, react, edit, delete and copy
//! - `presence`: people in the room, typing, and unread messages in other rooms
//! - `rooms`: separate conversations
//! - `scrolling`: long conversations, and the reader's place in them
//! - `composer`: focus, keys and pasting
//! - `text`: direction of lines, and hostile characters
//! - `layout`: small windows, phones and larger text
//! - `unread`: messages for a hidden page
//! - `theme`, `language`: settings and a reload
//! - `print`: the page on paper
//! - `reconnecting`: the back end stops and returns
//! - `offline`: the network fails and returns
//! - `worker`: a server that is unavailable or silent
//! - `original`: a back end that knows only the original protocol
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
//! - `site`: a web server without a back end
//! - `tab`: one page in the browser

mod chat;
#[path = "../access/issuer.rs"]
mod issuer;
mod provider;
mod site;
mod tab;

mod accessibility;
mod actions;
mod composer;
mod conversation;
mod crash;
mod edits;
mod language;
mod layout;
mod loading;
mod offline;
mod original;
mod pending;
mod people;
mod presence;
mod print;
mod reconnecting;
mod rooms;
mod scrolling;
mod security;
mod sign_in;
mod storage;
mod tabs;
mod text;
mod theme;
mod translation;
mod unread;
mod worker;

use std::time::Duration;

/// The time limit of every wait, long enough for a busy machine.
const LIMIT: Duration = Duration::from_mins(1);
