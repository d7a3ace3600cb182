//! The tasks that run beside the clients until the gateway ends.

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The tasks of functions, services and connections.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tasks {
    /// For tasks that check themselves when to end.
    pub(crate) tracker: TaskTracker,
    /// Cancelled when the gateway ends.
    pub(crate) ending: CancellationToken,
}

impl Tasks {
    /// Runs a task that is dropped when the gateway ends.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let task = self.ending.clone().run_until_cancelled_owned(task);
        self.tracker.spawn(task);
    }
}
