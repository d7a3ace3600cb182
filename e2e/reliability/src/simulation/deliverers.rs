//! The functions that deliver to the parts of a room, each of which may crash after any of its steps.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use fastrand::Rng;
use papo_lambdas::connections::memory::MemoryConnections;
use papo_lambdas::error::PartError;
use papo_lambdas::parts::{DeliverPart, Part, PartReport};

use super::network::Network;
use super::step_executor::StepClock;

/// Deliverers on the tables and connections of the simulation.
#[derive(Debug)]
pub(super) struct Deliverers {
    pub(super) connections: Arc<MemoryConnections>,
    pub(super) network: Arc<Network>,
    /// Decides when invocations crash; `None` if they never do.
    pub(super) crashes: Option<Mutex<Rng>>,
}

impl Deliverers {
    /// After how many steps the next invocation crashes, if it does.
    fn crashes_after(&self) -> Option<u32> {
        let random = self.crashes.as_ref()?;
        let mut random = random.lock().unwrap_or_else(PoisonError::into_inner);
        (random.u8(0..8) == 0).then(|| random.u32(0..4))
    }
}

impl DeliverPart for Deliverers {
    async fn deliver(&self, part: &Part) -> Result<PartReport, PartError> {
        let mut steps_left = self.crashes_after();
        let delivery = part.clone().deliver(
            &*self.connections,
            &*self.network,
            &StepClock,
            Duration::MAX,
        );
        let mut delivery = pin!(delivery);
        let report = std::future::poll_fn(|context| {
            if steps_left == Some(0) {
                return Poll::Ready(None);
            }
            steps_left = steps_left.map(|left| left - 1);
            delivery.as_mut().poll(context).map(Some)
        });
        match report.await {
            Some(report) => Ok(PartReport::from(&report)),
            None => Err(PartError::new("crashed")),
        }
    }
}
