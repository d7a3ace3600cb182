//! The styles of the components: `NAME.css` beside `NAME.rs`, scoped by `build.rs`.

use yew::AttrValue;

include!(concat!(env!("OUT_DIR"), "/styles.rs"));
