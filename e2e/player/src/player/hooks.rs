//! Actions that only the operator of the server can perform.

use futures::future::BoxFuture;

use crate::transcript::Hook;

/// The operator of the server.
pub trait Hooks: Send + Sync {
    /// Whether it can do this.
    fn can(&self, hook: &Hook) -> bool;

    /// Does it, and waits until it is done. The error is a message for the user.
    fn run<'a>(&'a self, hook: &'a Hook) -> BoxFuture<'a, Result<(), String>>;
}
