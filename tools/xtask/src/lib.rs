//! Code that `cargo xtask` shares with the programs it starts.
//!
//! # Layout
//! - [`bar`]: a progress bar
//! - [`command`](mod@command): commands that do not inherit what cargo sets for this package
//! - [`confirm`]: asks before something is deleted
//! - [`names`]: the names of the app's files
//! - [`page`]: the settings in the app's page
//! - [`sizes`]: files of a directory, and their compressed size
//! - [`table`]: aligned tables of text
//!
//! The command itself is the crate of `main.rs`.

pub mod bar;
pub mod command;
pub mod confirm;
pub mod names;
pub mod page;
pub mod sizes;
pub mod table;

/// Options of Chromium to run without a display, as root in a container, and without background traffic.
pub const CHROMIUM_ARGUMENTS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];
