//! An HTTP server on the loopback interface whose responses the caller computes, in the place of a web server or an issuer of
//! tokens.

use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;

/// What happens after a request.
#[derive(Debug)]
pub enum Reply {
    /// A response.
    Response(Response<Bytes>),
    /// The connection is closed without a response.
    Close,
    /// The connection stays open without a response.
    Silence,
}

impl Reply {
    /// A response in JSON, which pages of all origins may read.
    pub fn json(status: StatusCode, body: &Value) -> Self {
        let response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
            .body(body.to_string().into());
        response.into()
    }

    /// A redirect; without a valid `location`, [`Reply::Close`].
    pub fn redirect(location: &str) -> Self {
        let response = Response::builder()
            .status(StatusCode::FOUND)
            .header(header::LOCATION, location)
            .body(Bytes::new());
        response.into()
    }
}

impl From<http::Result<Response<Bytes>>> for Reply {
    fn from(response: http::Result<Response<Bytes>>) -> Self {
        response.map_or(Self::Close, Self::Response)
    }
}

/// Serves until the process ends, one request at a time. Returns the address.
///
/// # Errors
///
/// If no port can be bound.
pub fn serve<R>(reply: R) -> io::Result<SocketAddr>
where
    R: Fn(Request<Bytes>) -> Reply + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    std::thread::spawn(move || runtime.block_on(accept(listener, Arc::new(reply))));
    Ok(address)
}

async fn accept<R>(listener: TcpListener, reply: Arc<R>) -> io::Result<()>
where
    R: Fn(Request<Bytes>) -> Reply + Send + Sync + 'static,
{
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let reply = Arc::clone(&reply);
        let service = service_fn(move |request| respond(request, Arc::clone(&reply)));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // Browsers open connections that they may need later, and close them at any time.
        tokio::spawn(connection);
    }
}

async fn respond<R>(
    request: Request<Incoming>,
    reply: Arc<R>,
) -> Result<Response<Full<Bytes>>, Box<dyn Error + Send + Sync>>
where
    R: Fn(Request<Bytes>) -> Reply,
{
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    match reply(Request::from_parts(parts, body)) {
        Reply::Response(response) => Ok(response.map(Full::new)),
        Reply::Close => Err("closed without a response".into()),
        Reply::Silence => std::future::pending().await,
    }
}

/// The address of the server as the client of `request` knows it: `http://HOST:PORT`.
pub fn own_url(request: &Request<Bytes>) -> String {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("http://{host}")
}
