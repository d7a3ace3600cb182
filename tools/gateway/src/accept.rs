//! Accepts connections, and waits while the operating system cannot.

use std::{io, net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream};
use tracing::warn;

/// Pause after a failed accept, most often because file descriptors have run out.
const PAUSE: Duration = Duration::from_millis(100);

/// The next connection of `listener`, without delays for small writes. `service` is for the log.
///
/// # Cancel safety
/// No connection is lost.
pub(crate) async fn next(listener: &TcpListener, service: &str) -> (TcpStream, SocketAddr) {
    let mut failed = false;
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                // Messages are small and latency matters.
                let _ = stream.set_nodelay(true);
                return (stream, client);
            }
            Err(error) => {
                // Logged once, not ten times a second.
                if !std::mem::replace(&mut failed, true) {
                    warn!(
                        "{service} cannot accept connections: {error}{}",
                        remedy(&error)
                    );
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// What to do when the operating system accepts no more connections.
fn remedy(error: &io::Error) -> &'static str {
    let too_many = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE];
    let too_many = too_many.map(|errno| Some(errno.raw_os_error()));
    if too_many.contains(&error.raw_os_error()) {
        "; every client needs a file descriptor: raise the limit with `ulimit -Hn` before starting the gateway"
    } else {
        ""
    }
}
