//! Connections through an HTTP proxy.

use std::net::{SocketAddr, TcpListener};

use anyhow::Result;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::server::Server;
use super::{Folder, PASSING};

/// `me:s3cret`, as RFC 7617 encodes it.
const CREDENTIALS: &str = "proxy-authorization: basic bwu6cznjcmv0";

/// A proxy that tunnels clients that send [`CREDENTIALS`] to one server, regardless of the host in the request. It ends when it is dropped.
struct Proxy {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    async fn start(to: SocketAddr) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Clients that go away are expected.
                tokio::spawn(async move { tunnel(stream, to).await.ok() });
            }
        });
        Ok(Self { address, task })
    }
}

async fn tunnel(stream: TcpStream, to: SocketAddr) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        stream.read_line(&mut request).await?;
    }
    let request = request.to_lowercase();
    let status = if !request.starts_with("connect chat.example:80 http/1.1\r\n") {
        "502 Bad Gateway"
    } else if !request.contains(CREDENTIALS) {
        "407 Proxy Authentication Required"
    } else {
        "200 Connected"
    };
    let response = format!("HTTP/1.1 {status}\r\n\r\n");
    stream.write_all(response.as_bytes()).await?;
    if status.starts_with("200") {
        copy_bidirectional(&mut stream, &mut TcpStream::connect(to).await?).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_comes_from_the_command_line_the_environment_or_the_transcript() -> Result<()> {
    let server = Server::start().await?;
    let proxy = Proxy::start(server.address()).await?;
    let address = format!("http://me:s3cret@{}", proxy.address);
    let far = PASSING.replace("127.0.0.1:3001", "chat.example");
    let own = far.replace("wscat -c", "wscat --proxy <$proxy> -c");
    let folder = Folder::with(&[("a.wscat", &far), ("b.wscat", &own)])?;
    for (arguments, variables) in [
        (format!("a.wscat --proxy {address}"), &[][..]),
        ("a.wscat".to_owned(), &[("HTTP_PROXY", address.as_str())]),
        ("a.wscat".to_owned(), &[("all_proxy", address.as_str())]),
        (format!("b.wscat --secret proxy={address}"), &[]),
    ] {
        let arguments = format!("{arguments} --verbose");
        let said = folder.run_with(variables, &arguments).await?;
        assert_eq!(said.code, Some(0), "{arguments} {}", said.out);
        assert!(!said.out.contains("s3cret"), "{}", said.out);
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_is_named_without_its_credentials() -> Result<()> {
    let server = Server::start().await?;
    let proxy = Proxy::start(server.address()).await?;
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let far = PASSING.replace("127.0.0.1:3001", "chat.example");
    let elsewhere = PASSING.replace("127.0.0.1:3001", "other.example");
    let folder = Folder::with(&[("a.wscat", &far), ("b.wscat", &elsewhere)])?;
    for (file, proxy, reason) in [
        ("a.wscat", format!("{}", proxy.address), "requires a user"),
        (
            "a.wscat",
            format!("me:wr0ng@{}", proxy.address),
            "rejects the user",
        ),
        (
            "b.wscat",
            format!("me:s3cret@{}", proxy.address),
            "refuses a tunnel",
        ),
        (
            "a.wscat",
            format!("me:s3cret@{closed}"),
            "connection refused",
        ),
    ] {
        let said = folder.run(&format!("{file} --proxy {proxy}")).await?;
        let (_, shown) = proxy.rsplit_once('@').unwrap_or(("", &proxy));
        said.ended(2, &format!("the proxy {shown}, asked for"));
        assert!(
            said.out.to_lowercase().contains(reason),
            "{reason}: {}",
            said.out
        );
        assert!(
            !said.out.contains("s3cret") && !said.out.contains("wr0ng"),
            "{}",
            said.out
        );
    }
    Ok(())
}
