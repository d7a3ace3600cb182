//! Measures Papo.
fn main() {}
