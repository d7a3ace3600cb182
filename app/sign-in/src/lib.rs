//! Signs the visitor in at an OIDC issuer, keeps the token fresh, and signs out.
//!
//! Deployments whose page names an issuer load this module; others never download it. It runs in the app's page before the app:
//! [`admit`] finds a token, or leaves for the issuer's own page with an authorization code flow and PKCE (RFC 7636), or says
//! what went wrong. The app itself only reads the bearer token from `localStorage`, so what both agree on is in [`stored`].
//!
//! The visitor always returns to the app's own address. Only the fragment, which names the room, is carried along, in
//! `sessionStorage`: no address is taken from a query, so there is nothing to redirect elsewhere.
//!
//! # Layout
//!
//! Pure, tested on the host:
//! - [`settings`]: the issuer and client that the page names
//! - [`discovery`]: the issuer's endpoints
//! - [`authorization`]: the request to the issuer, and the response
//! - [`pkce`]: the proof that the same browser asks for the token
//! - [`tokens`]: the answer of the token endpoint
//! - [`schedule`]: when to renew
//! - [`problem`], [`words`]: failures, and their messages
//!
//! In the browser:
//! - [`flow`]: signing in and out, step by step
//! - [`keeper`]: renews the token while the app runs
//! - [`issuer`]: requests to the issuer
//! - [`stored`]: the data kept in this browser
//! - [`person`]: forgets the previous person
//! - [`page`], [`browser`]: the page and the browser APIs

pub mod authorization;
pub mod discovery;
pub mod pkce;
pub mod schedule;
pub mod settings;
pub mod tokens;

pub mod problem;
pub mod words;

pub mod flow;
pub mod issuer;
pub mod keeper;
pub mod person;
pub mod stored;

pub mod browser;
pub mod page;

use wasm_bindgen::prelude::wasm_bindgen;

/// Whether the app may start. If not, the page is being left, or shows why and offers to try again.
#[wasm_bindgen]
pub async fn admit() -> bool {
    flow::admit().await
}
