//! A network that does its worst: a TCP proxy between the clients and the gateway.
//!
//! Knows nothing of WebSockets. What happens to a connection is told to it from outside; [`wire`] carries it out.

#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::plan::Fault;
use wire::{Weather, Wire};

/// Every connection that is open now, by the order in which they came.
type Wires = BTreeMap<u64, watch::Sender<Weather>>;

/// The proxy. It ends with the runtime.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    wires: Arc<Mutex<Wires>>,
}

impl Proxy {
    /// Listens on a free port, and passes everything on to `gateway`.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub(crate) async fn start(gateway: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no port is free")?;
        let address = listener.local_addr()?;
        let wires = Arc::<Mutex<Wires>>::default();
        tokio::spawn(accept(listener, gateway, Arc::clone(&wires)));
        Ok(Self { address, wires })
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does that to one of the open connections. Whether there was any.
    pub(crate) fn inflict(&self, victim: u64, fault: Fault) -> bool {
        let wires = lock(&self.wires);
        let Some(index) = victim.checked_rem(wires.len() as u64) else {
            return false;
        };
        // The remainder fits whatever `len` fits.
        let index = usize::try_from(index).unwrap_or_default();
        match wires.values().nth(index) {
            Some(wire) => wire.send(Weather::Hit(fault)).is_ok(),
            None => false,
        }
    }

    /// Ends all that goes wrong: what stands still flows, or is reset if it was to be.
    pub(crate) fn calm(&self) {
        for wire in lock(&self.wires).values() {
            // One that has ended since needs no calm.
            let _ = wire.send(Weather::Calm);
        }
    }
}

fn lock(wires: &Mutex<Wires>) -> MutexGuard<'_, Wires> {
    wires.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, gateway: SocketAddr, wires: Arc<Mutex<Wires>>) {
    let mut number = 0;
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // No file descriptor is free; others will be closed.
            tokio::task::yield_now().await;
            continue;
        };
        number += 1;
        let (orders, weather) = watch::channel(Weather::Calm);
        lock(&wires).insert(number, orders);
        let wires = Arc::clone(&wires);
        tokio::spawn(async move {
            if let Some(wire) = Wire::lay(client, gateway).await {
                wire.live(weather).await;
            }
            lock(&wires).remove(&number);
        });
    }
}
