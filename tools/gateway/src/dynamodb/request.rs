//! Sends requests to DynamoDB, as API Gateway does for integrations.

use std::{io, net::SocketAddr};

use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Names the version of the API in front of an operation.
const TARGET: &str = "DynamoDB_20120810";

/// The status and body of the response to one request.
pub(crate) async fn send(
    server: SocketAddr,
    operation: &str,
    body: String,
) -> io::Result<(u16, String)> {
    let stream = TcpStream::connect(server).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let request: Request<Full<Bytes>> = Request::post("/")
        .header("host", server.to_string())
        .header("x-amz-target", format!("{TARGET}.{operation}"))
        .header(CONTENT_TYPE, "application/x-amz-json-1.0")
        // DynamoDB requires a signature and verifies none here.
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local",
        )
        .header("x-amz-date", "20260101T000000Z")
        .body(Full::from(body))
        .map_err(io::Error::other)?;
    let response = async move {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    // The connection does its work only while it is polled.
    let (response, _) = tokio::join!(response, connection);
    response.map_err(|error: hyper::Error| io::Error::other(error))
}
