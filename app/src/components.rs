//! What one sees, one file each, from the outside in.

pub mod header;

pub mod status;

pub mod theme_menu;

pub mod log;

mod following;

pub mod group;

pub mod pending;

pub mod notice;

pub mod composer;

pub mod icons;
