//! Worlds as tests, and the parts of the back end that can be tried in full.
//!
//! - [`worlds`]: some hundred seeds, and each safeguard left out.
//! - [`interleavings`]: two who append at the same time, step by step, cut off anywhere.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop a test at the line where it cannot go on"
)]

mod worlds;

mod interleavings;
