//! What only whoever runs the other side can do.

use futures::future::BoxFuture;

use crate::transcript::Hook;

/// Somebody who runs the other side.
pub trait Hooks: Send + Sync {
    /// Whether it can do this.
    fn can(&self, hook: &Hook) -> bool;

    /// Does it, and waits until it is done. The error is a sentence for a person.
    fn run<'a>(&'a self, hook: &'a Hook) -> BoxFuture<'a, Result<(), String>>;
}
