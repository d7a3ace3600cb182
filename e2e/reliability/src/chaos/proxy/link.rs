//! One connection through the proxy, and the faults that it can suffer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::chaos::fault_plan::{End, NetworkFault};
use crate::chaos::source;

/// The condition of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// No fault; an earlier one ends.
    Clear,
    /// A fault.
    Fault(NetworkFault),
}

/// The state of the two directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flow {
    up_stalled: bool,
    down_stalled: bool,
    delay: Duration,
}

/// A connection that is open at both ends.
#[derive(Debug)]
pub(super) struct Link {
    client: TcpStream,
    gateway: TcpStream,
}

/// How a connection ends.
enum Ending {
    /// Both ends closed it.
    Natural,
    Cut,
    Reset,
    OneEnd(End, Duration),
}

impl Link {
    /// Connects to the gateway from the client's address. `None` if it refuses.
    pub(super) async fn connect(client: TcpStream, gateway: SocketAddr) -> Option<Self> {
        let IpAddr::V4(from) = client.peer_addr().ok()?.ip() else {
            return None;
        };
        let gateway = source::connect(from, gateway).await.ok()?;
        // The only delays must be those of the plan.
        client.set_nodelay(true).ok()?;
        Some(Self { client, gateway })
    }

    /// Forwards data until the ends or a fault close the connection.
    pub(super) async fn run(mut self, mut condition: watch::Receiver<Condition>) {
        let (sender, flow) = watch::channel(Flow::default());
        let ending = {
            let (client_reads, client_writes) = self.client.split();
            let (gateway_reads, gateway_writes) = self.gateway.split();
            let pumps = async {
                tokio::join!(
                    pump(client_reads, gateway_writes, flow.clone(), |flow| flow
                        .up_stalled),
                    pump(gateway_reads, client_writes, flow.clone(), |flow| flow
                        .down_stalled),
                );
            };
            tokio::select! {
                () = pumps => Ending::Natural,
                ending = govern(&mut condition, &sender) => ending,
            }
        };
        match ending {
            Ending::Natural | Ending::Cut => {}
            Ending::Reset => {
                // It fails if the connection is closed already, which needs no reset.
                let _ = self.client.set_zero_linger();
                let _ = self.gateway.set_zero_linger();
            }
            Ending::OneEnd(end, other_after) => {
                let Self { client, gateway } = self;
                let (one, other) = match end {
                    End::Client => (client, gateway),
                    End::Gateway => (gateway, client),
                };
                drop(one);
                tokio::select! {
                    () = sleep(other_after) => {}
                    () = clear(&mut condition) => {}
                }
                drop(other);
            }
        }
    }
}

/// Waits until there is no fault.
async fn clear(condition: &mut watch::Receiver<Condition>) {
    // An error means that the proxy has shut down.
    let is_clear = |condition: &Condition| *condition == Condition::Clear;
    let _ = condition.wait_for(is_clear).await;
}

/// Applies conditions to the flow, until one ends the connection.
async fn govern(condition: &mut watch::Receiver<Condition>, flow: &watch::Sender<Flow>) -> Ending {
    let mut relief: Option<Instant> = None;
    let mut then_reset = false;
    loop {
        let now = tokio::select! {
            changed = condition.changed() => match changed {
                Ok(()) => *condition.borrow_and_update(),
                // The proxy has shut down.
                Err(_) => return Ending::Cut,
            },
            () = sleep_until(relief.unwrap_or_else(Instant::now)), if relief.is_some() => Condition::Clear,
        };
        let (next, lasts) = match now {
            Condition::Clear => (Flow::default(), None),
            Condition::Fault(NetworkFault::Cut) => return Ending::Cut,
            Condition::Fault(NetworkFault::Reset) => return Ending::Reset,
            Condition::Fault(NetworkFault::CutAtOneEnd { end, other_after }) => {
                return Ending::OneEnd(end, other_after);
            }
            Condition::Fault(NetworkFault::Stall {
                up,
                down,
                lasts,
                then_reset: reset,
            }) => {
                then_reset = reset;
                let stall = Flow {
                    up_stalled: up,
                    down_stalled: down,
                    ..Flow::default()
                };
                (stall, Some(lasts))
            }
            Condition::Fault(NetworkFault::Delay { by, lasts }) => {
                let delayed = Flow {
                    delay: by,
                    ..Flow::default()
                };
                (delayed, Some(lasts))
            }
        };
        let previous = flow.send_replace(next);
        if lasts.is_none() && then_reset && (previous.up_stalled || previous.down_stalled) {
            return Ending::Reset;
        }
        relief = lasts.map(|lasts| Instant::now() + lasts);
    }
}

/// Forwards data from one end to the other, until the first shuts down or either connection breaks.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut flow: watch::Receiver<Flow>,
    stalled: impl Fn(&Flow) -> bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        // A broken connection ends like a closed one.
        let count = from.read(&mut buffer).await.unwrap_or_default();
        // What was read before the stall is held back.
        let Ok(delay) = flow
            .wait_for(|flow| !stalled(flow))
            .await
            .map(|flow| flow.delay)
        else {
            return;
        };
        if !delay.is_zero() {
            sleep(delay).await;
            if flow.wait_for(|flow| !stalled(flow)).await.is_err() {
                return;
            }
        }
        let forwarded = match count {
            0 => to.shutdown().await,
            count => to.write_all(&buffer[..count]).await,
        };
        if count == 0 || forwarded.is_err() {
            return;
        }
    }
}
