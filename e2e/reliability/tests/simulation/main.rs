//! The simulation as a test, and an exhaustive test of the append.
//!
//! - [`seeds`]: 250 seeds, and each safeguard disabled.
//! - [`interleavings`]: two concurrent appends in every order of their steps, interrupted anywhere.
//! - [`output`]: the program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper fails the test that calls it"
)]

mod seeds;

mod interleavings;

mod output;
