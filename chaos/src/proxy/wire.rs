//! One connection through the proxy, and what may happen to it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::plan::{End, Fault};

/// What is done to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// Nothing; what was done before ends.
    Calm,
    /// This.
    Hit(Fault),
}

/// How the two directions flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flow {
    up_stands: bool,
    down_stands: bool,
    late_by: Duration,
}

/// A connection that is open at both ends.
#[derive(Debug)]
pub(super) struct Wire {
    client: TcpStream,
    gateway: TcpStream,
}

/// How a connection ends.
enum Ending {
    /// Both ends have said so themselves.
    Natural,
    Cut,
    Reset,
    OneEnd(End, Duration),
}

impl Wire {
    /// Connects to the gateway. `None` if nobody listens there.
    pub(super) async fn lay(client: TcpStream, gateway: SocketAddr) -> Option<Self> {
        let gateway = TcpStream::connect(gateway).await.ok()?;
        // Delay is what the plan says and nothing else.
        client.set_nodelay(true).ok()?;
        gateway.set_nodelay(true).ok()?;
        Some(Self { client, gateway })
    }

    /// Passes on what comes until the connection ends, by itself or by `weather`.
    pub(super) async fn live(mut self, mut weather: watch::Receiver<Weather>) {
        let (orders, flow) = watch::channel(Flow::default());
        let ending = {
            let (client_reads, client_writes) = self.client.split();
            let (gateway_reads, gateway_writes) = self.gateway.split();
            let pumps = async {
                tokio::join!(
                    pump(client_reads, gateway_writes, flow.clone(), |flow| flow
                        .up_stands),
                    pump(gateway_reads, client_writes, flow.clone(), |flow| flow
                        .down_stands),
                );
            };
            tokio::select! {
                () = pumps => Ending::Natural,
                ending = govern(&mut weather, &orders) => ending,
            }
        };
        match ending {
            Ending::Natural | Ending::Cut => {}
            Ending::Reset => {
                // It fails where there is no connection any more, and then nothing is to be reset.
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
                    () = calm(&mut weather) => {}
                }
                drop(other);
            }
        }
    }
}

/// Waits until nothing is done to the connection any more.
async fn calm(weather: &mut watch::Receiver<Weather>) {
    // An error means that the proxy is gone; that is calm, too.
    let _ = weather.wait_for(|weather| *weather == Weather::Calm).await;
}

/// Sets the flow as the weather says, until the connection has to end.
async fn govern(weather: &mut watch::Receiver<Weather>, flow: &watch::Sender<Flow>) -> Ending {
    let mut relief: Option<Instant> = None;
    let mut then_reset = false;
    loop {
        let now = tokio::select! {
            changed = weather.changed() => match changed {
                Ok(()) => *weather.borrow_and_update(),
                // The proxy is gone.
                Err(_) => return Ending::Cut,
            },
            () = sleep_until(relief.unwrap_or_else(Instant::now)), if relief.is_some() => Weather::Calm,
        };
        let (next, lasts) = match now {
            Weather::Calm => (Flow::default(), None),
            Weather::Hit(Fault::Cut) => return Ending::Cut,
            Weather::Hit(Fault::Reset) => return Ending::Reset,
            Weather::Hit(Fault::CutAtOneEnd { end, other_after }) => {
                return Ending::OneEnd(end, other_after);
            }
            Weather::Hit(Fault::Stall {
                up,
                down,
                lasts,
                then_reset: reset,
            }) => {
                then_reset = reset;
                let stall = Flow {
                    up_stands: up,
                    down_stands: down,
                    ..Flow::default()
                };
                (stall, Some(lasts))
            }
            Weather::Hit(Fault::Delay { by, lasts }) => {
                let late = Flow {
                    late_by: by,
                    ..Flow::default()
                };
                (late, Some(lasts))
            }
        };
        let stood = flow.send_replace(next);
        if lasts.is_none() && then_reset && (stood.up_stands || stood.down_stands) {
            return Ending::Reset;
        }
        relief = lasts.map(|lasts| Instant::now() + lasts);
    }
}

/// Passes on what comes from one end to the other until the first says that it has nothing more, or either is gone.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut flow: watch::Receiver<Flow>,
    stands: impl Fn(&Flow) -> bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        // A connection that broke has nothing more to say, as one that was closed.
        let count = from.read(&mut buffer).await.unwrap_or_default();
        // What has been read while it stands still stays here.
        let Ok(late_by) = flow
            .wait_for(|flow| !stands(flow))
            .await
            .map(|flow| flow.late_by)
        else {
            return;
        };
        if !late_by.is_zero() {
            sleep(late_by).await;
            if flow.wait_for(|flow| !stands(flow)).await.is_err() {
                return;
            }
        }
        let passed_on = match count {
            0 => to.shutdown().await,
            count => to.write_all(&buffer[..count]).await,
        };
        if count == 0 || passed_on.is_err() {
            return;
        }
    }
}
