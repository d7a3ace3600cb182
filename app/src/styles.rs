//! The styles of the components: `NAME.css` beside `NAME.rs`, scoped by `build.rs`.

/// The styles of all components.
pub const SHEET: &str = include_str!(concat!(env!("OUT_DIR"), "/styles.css"));
