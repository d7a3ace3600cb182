//! Local ports: whether one is free, and whether a server answers there.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long a local server may take to answer one request before we try again.
const ANSWER: Duration = Duration::from_secs(2);

/// The loopback address with `port`.
pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Fails unless a server could listen on the port.
///
/// # Errors
/// When the port is in use or not allowed, with the remedy: `option` is the option that selects another port.
pub(crate) fn require_free(port: u16, option: &str) -> Result<()> {
    match TcpListener::bind(local(port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => match listener(port) {
            Some((process, name)) => bail!(
                "port {port} is in use by {name}: stop it (kill {process}), or choose another port with {option}"
            ),
            None => bail!(
                "port {port} is in use: stop the program that listens there, or choose another port with {option}"
            ),
        },
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            bail!("port {port} is not allowed for this user: choose one above 1023 with {option}")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on port {port}")),
    }
}

/// The id and the name of the process that listens on a port, if we may know it.
#[cfg(target_os = "linux")]
fn listener(port: u16) -> Option<(i32, String)> {
    use procfs::net::{TcpState, tcp, tcp6};
    use procfs::process::{FDTarget, all_processes};
    let sockets = [tcp(), tcp6()].into_iter().flatten().flatten();
    let listens = |state, address: SocketAddr| state == TcpState::Listen && address.port() == port;
    let inodes: Vec<u64> = sockets
        .filter(|socket| listens(socket.state.clone(), socket.local_address))
        .map(|socket| socket.inode)
        .collect();
    let mut processes = all_processes().ok()?.flatten();
    let holder = processes.find(|process| {
        let mut files = process.fd().into_iter().flatten().flatten();
        files.any(|file| matches!(file.target, FDTarget::Socket(inode) if inodes.contains(&inode)))
    })?;
    Some((holder.pid, holder.stat().ok()?.comm))
}

#[cfg(not(target_os = "linux"))]
fn listener(_: u16) -> Option<(i32, String)> {
    None
}

/// Whether an HTTP server on `port` answers `GET /` with success.
pub(crate) fn answers(port: u16) -> bool {
    status_line(port).is_ok_and(|line| is_success(&line))
}

fn status_line(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&local(port), ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    let host = local(port);
    let request =
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

/// Whether this is the status line of an HTTP/1 response with a 2xx status.
fn is_success(line: &str) -> bool {
    line.strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .is_some_and(|status| status.len() == 3 && status.starts_with('2'))
}

#[cfg(test)]
mod tests {
    use super::is_success;

    #[test]
    fn only_a_2xx_status_counts_as_an_answer() {
        assert!(is_success("HTTP/1.1 200 OK\r\n"));
        assert!(!is_success("HTTP/1.1 404 Not Found\r\n"));
        assert!(!is_success("HTTP/1.1"));
        assert!(!is_success("SSH-2.0-OpenSSH\r\n"));
        assert!(!is_success(""));
    }
}
