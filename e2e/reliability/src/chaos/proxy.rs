//! A TCP proxy between the clients and the gateway that injects network faults.
//!
//! Works on bytes and knows nothing of WebSockets. The caller chooses the faults; [`link`] carries them out.

mod link;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::fault_plan::NetworkFault;
use link::{Condition, Link};

/// The open connections, in the order in which they were accepted.
type Links = BTreeMap<u64, watch::Sender<Condition>>;

/// The proxy. It runs until the runtime shuts down.
#[derive(Debug)]
pub(in crate::chaos) struct Proxy {
    address: SocketAddr,
    links: Arc<Mutex<Links>>,
}

impl Proxy {
    /// Listens on a free port, and forwards to `gateway`.
    pub(in crate::chaos) async fn start(gateway: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("could not bind a port")?;
        let address = listener.local_addr()?;
        let links = Arc::<Mutex<Links>>::default();
        tokio::spawn(accept(listener, gateway, Arc::clone(&links)));
        Ok(Self { address, links })
    }

    /// The address for clients.
    pub(in crate::chaos) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Injects a fault into one of the open connections. Returns whether there is one.
    pub(in crate::chaos) fn inject(&self, victim: u64, fault: NetworkFault) -> bool {
        let links = lock(&self.links);
        let Some(index) = victim.checked_rem(links.len() as u64) else {
            return false;
        };
        // The remainder is less than a `usize`.
        let index = usize::try_from(index).unwrap_or_default();
        match links.values().nth(index) {
            Some(link) => link.send(Condition::Fault(fault)).is_ok(),
            None => false,
        }
    }

    /// Ends all faults: stalled connections continue, or are reset if that was planned.
    pub(in crate::chaos) fn clear(&self) {
        for link in lock(&self.links).values() {
            // The receiver is dropped with the connection.
            let _ = link.send(Condition::Clear);
        }
    }
}

fn lock(links: &Mutex<Links>) -> MutexGuard<'_, Links> {
    links.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, gateway: SocketAddr, links: Arc<Mutex<Links>>) {
    let mut number = 0;
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of file descriptors; other connections will be closed.
            tokio::task::yield_now().await;
            continue;
        };
        number += 1;
        let (sender, condition) = watch::channel(Condition::Clear);
        lock(&links).insert(number, sender);
        let links = Arc::clone(&links);
        tokio::spawn(async move {
            if let Some(link) = Link::connect(client, gateway).await {
                link.run(condition).await;
            }
            lock(&links).remove(&number);
        });
    }
}
