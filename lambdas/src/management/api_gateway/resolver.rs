//! Looks the endpoint's name up once for all connections that are opened together.
//!
//! The first broadcast of a process opens up to 64 connections at once, and more if they are slow. A lookup for each would take as
//! many threads and sockets of the 1,024 that Lambda gives a process, and the resolver answers a burst of them late or not at
//! all.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use lambda_runtime::Service;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long addresses are used. API Gateway's names are valid for a minute.
const MAX_AGE: Duration = Duration::from_secs(10);

/// A resolver for one name.
#[derive(Clone, Debug)]
pub(super) struct Resolver<R = GaiResolver> {
    lookup: R,
    found: Arc<Mutex<Option<Found>>>,
}

#[derive(Debug)]
struct Found {
    addresses: Vec<SocketAddr>,
    at: Instant,
}

impl<R> Resolver<R> {
    /// Looks names up with `lookup`.
    pub(super) fn new(lookup: R) -> Self {
        Self {
            lookup,
            found: Arc::default(),
        }
    }
}

impl<R> Service<Name> for Resolver<R>
where
    R: Service<Name, Error = io::Error> + Clone + Send + 'static,
    R::Response: Iterator<Item = SocketAddr> + Send,
    R::Future: Send,
{
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lookup.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let mut lookup = self.lookup.clone();
        let found = Arc::clone(&self.found);
        Box::pin(async move {
            // Held during a lookup, so that others wait for its result.
            let mut found = found.lock().await;
            if let Some(found) = &*found
                && found.at.elapsed() < MAX_AGE
            {
                return Ok(found.addresses.clone().into_iter());
            }
            let addresses: Vec<_> = lookup.call(name).await?.collect();
            *found = Some(Found {
                addresses: addresses.clone(),
                at: Instant::now(),
            });
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use futures::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn connections_that_are_opened_together_share_a_lookup() {
        let lookups = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&lookups);
        let lookup = lambda_runtime::service_fn(move |_: Name| {
            let number = counter.fetch_add(1, SeqCst);
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                match number {
                    0 => Err(io::Error::other("no answer")),
                    _ => Ok(std::iter::once(SocketAddr::from(([10, 0, 0, 1], 0)))),
                }
            }
        });
        let resolver = Resolver::new(lookup);
        let resolve = async || {
            let name = "api.example".parse().unwrap();
            resolver.clone().call(name).await.map(Iterator::count)
        };
        let counts = join_all((0..64).map(|_| resolve())).await;
        let failed = counts.iter().filter(|it| it.is_err()).count();
        assert_eq!(
            (failed, lookups.load(SeqCst)),
            (1, 2),
            "failures are not kept"
        );
        tokio::time::advance(MAX_AGE).await;
        assert_eq!(resolve().await.unwrap(), 1);
        assert_eq!(lookups.load(SeqCst), 3);
    }
}
