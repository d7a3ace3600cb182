//! Stands in for AWS towards functions. Their connections to AWS hosts are redirected here, and requests of the SDKs to
//! services that are not emulated are sent here (`AWS_ENDPOINT_URL`): the API's public address and DynamoDB are forwarded,
//! and everything else is answered with an error and logged, so that a local run never reaches AWS by accident.

mod proxy;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Once},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tracing::{debug, warn};

use crate::{
    accept,
    tasks::Tasks,
    template::resolve::{is_aws, service_of},
    tls::{self, Acceptor, Stream},
};

/// How long a client may take to send the head of a request that is refused.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest part of a head that is read.
const MAX_HEAD: usize = 8 * 1024;

/// The stand-in for AWS, with the addresses of emulated services.
#[derive(Debug, Clone)]
pub(crate) struct StandIn {
    /// The public host of the API.
    domain: String,
    gateway: SocketAddr,
    dynamodb: SocketAddr,
    /// Whether the log names another API that functions post to.
    named: Arc<Once>,
}

impl StandIn {
    pub(crate) fn new(domain: &str, gateway: SocketAddr, dynamodb: SocketAddr) -> Self {
        Self {
            domain: domain.to_owned(),
            gateway,
            dynamodb,
            named: Arc::new(Once::new()),
        }
    }

    /// The services that stay here when functions may reach AWS, as the first part of their hosts names them. Systems Manager does
    /// only if there are parameters here.
    pub(crate) fn services(&self, has_parameters: bool) -> Vec<String> {
        let api = service_of(&self.domain).unwrap_or_default();
        let services = [api, "dynamodb", "streams.dynamodb", "lambda", "sns", "sqs"];
        let services = services.into_iter();
        let services = services.chain(has_parameters.then_some("ssm"));
        services.map(ToOwned::to_owned).collect()
    }

    /// Serves until the gateway ends; returns the address. As a proxy it is responsible for the services in `redirected`, without
    /// which all of AWS is meant.
    pub(crate) async fn start(
        self,
        acceptor: Acceptor,
        redirected: Option<Vec<String>>,
        tasks: &Tasks,
    ) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tasks.spawn(serve(listener, acceptor, self, redirected));
        Ok(address)
    }

    /// Where connections to an AWS host are forwarded; `None` for a service that is not emulated. Templates and functions may
    /// name any region.
    fn address(&self, host: &str) -> Option<SocketAddr> {
        match service_of(host)? {
            "dynamodb" | "streams.dynamodb" => Some(self.dynamodb),
            "lambda" | "sns" | "sqs" | "ssm" => Some(self.gateway),
            service if Some(service) == service_of(&self.domain) => Some(self.gateway),
            _ => None,
        }
    }

    /// A request to `@connections` of another API, as one to the API here; `None` for any other request. Code and settings often have
    /// the address of the API that their author deployed.
    fn adopted(&self, request: &[u8], host: &str) -> Option<Vec<u8>> {
        let is_api = service_of(host)?.ends_with(".execute-api");
        let end = request
            .windows(4)
            .position(|window| window == b"\r\n\r\n")?;
        let (head, rest) = request.split_at(end);
        let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
        let target = lines.next()?;
        let is_connections =
            target.contains("/@connections/") || target.contains("/%40connections/");
        if !is_api || !is_connections {
            return None;
        }
        let replaced = ["host", "connection"];
        let is_kept = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default();
            !replaced
                .iter()
                .any(|replaced| name.eq_ignore_ascii_case(replaced))
        };
        // The next request on this connection would name the other API again.
        let mut adopted = format!("{target}\r\nHost: {}\r\nConnection: close", self.domain);
        for line in lines.filter(is_kept) {
            adopted.push_str("\r\n");
            adopted.push_str(line);
        }
        Some([adopted.as_bytes(), rest].concat())
    }
}

async fn serve(
    listener: TcpListener,
    acceptor: Acceptor,
    services: StandIn,
    redirected: Option<Vec<String>>,
) {
    let (services, redirected) = (Arc::new(services), Arc::new(redirected));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, _) = accept::next(&listener, "the stand-in for AWS").await;
        let (acceptor, services) = (acceptor.clone(), Arc::clone(&services));
        let redirected = Arc::clone(&redirected);
        connections.spawn(async move {
            let served = async {
                let is_redirected = |host: &str| is_redirected(host, redirected.as_deref());
                if let Some(stream) = proxy::enter(stream, is_redirected).await? {
                    connection(acceptor.accept(stream).await?, &services).await;
                }
                io::Result::Ok(())
            };
            if let Err(error) = served.await {
                debug!("a function's connection to AWS: {error}");
            }
        });
    }
}

/// Whether connections to a host stay on this machine.
fn is_redirected(host: &str, services: Option<&[String]>) -> bool {
    match services {
        None => is_aws(host),
        Some(services) => service_of(host).is_some_and(|of| services.iter().any(|one| one == of)),
    }
}

async fn connection(mut stream: Stream, services: &StandIn) {
    let host = tls::server_name(&stream).map(str::to_ascii_lowercase);
    if let Some(address) = host.as_deref().and_then(|host| services.address(host)) {
        return forward(&mut stream, &[], address).await;
    }
    if let Ok(Some(head)) = timeout(HEAD_TIMEOUT, read_head(&mut stream)).await {
        let adopted = host
            .as_deref()
            .and_then(|host| services.adopted(&head, host));
        if let (Some(host), Some(head)) = (&host, adopted) {
            services.named.call_once(|| {
                warn!("a function posts to another API, {host}; requests to @connections of any API are handled as requests to this one");
            });
            return forward(&mut stream, &head, services.gateway).await;
        }
        let head = String::from_utf8_lossy(&head);
        let wanted = wanted(&head, host.as_deref());
        warn!(
            "refused: a function tried to call {wanted}, which is not emulated; --allow-aws lets functions reach AWS, and \
             AWS_ENDPOINT_URL_<SERVICE> in their environment leads to another emulator"
        );
        // The client may have hung up.
        let _ = stream.write_all(refusal(&wanted).as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

/// Connects a function to a service, which `begun` is sent to first.
async fn forward(stream: &mut Stream, begun: &[u8], address: SocketAddr) {
    match TcpStream::connect(address).await {
        Ok(mut service) => {
            let _ = service.set_nodelay(true);
            // Either side may end the connection at any time.
            if service.write_all(begun).await.is_ok() {
                let _ = copy_bidirectional(stream, &mut service).await;
            }
        }
        Err(error) => warn!("cannot reach {address}: {error}"),
    }
}

/// The head of a request, and what was read of its body; `None` when the client closes the connection before its end.
async fn read_head(stream: &mut Stream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") && head.len() < MAX_HEAD {
        let length = stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|length| *length > 0)?;
        head.extend_from_slice(&chunk[..length]);
    }
    Some(head)
}

/// What a request is for: the service by the scope of its signature, with the operation where the protocol names it, else
/// its host.
fn wanted(head: &str, host: Option<&str>) -> String {
    let header = |name: &str| {
        head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let scope = header("authorization").and_then(|value| value.split("Credential=").nth(1));
    let service = scope.and_then(|scope| scope.split('/').nth(3));
    let operation = header("x-amz-target").and_then(|target| target.rsplit('.').next());
    // Its head is not text, so only the first line is known.
    if head.starts_with("PRI * HTTP/2") {
        return host
            .unwrap_or("a service over HTTP/2, such as Bedrock")
            .to_owned();
    }
    match (service, operation) {
        (Some(service), Some(operation)) => format!("{service} ({operation})"),
        (Some(service), None) => service.to_owned(),
        (None, _) => host.or_else(|| header("host")).unwrap_or("AWS").to_owned(),
    }
}

/// Services whose errors are XML; those of all others are JSON.
const XML_SERVICES: &[&str] = &[
    "cloudformation",
    "ec2",
    "email",
    "iam",
    "monitoring",
    "rds",
    "s3",
    "ses",
    "sns",
    "sts",
];

/// An error that SDKs do not retry.
fn refusal(wanted: &str) -> String {
    let message = format!("{wanted} is not emulated by the local gateway");
    let service = wanted.split([' ', '.']).next().unwrap_or_default();
    let (kind, body) = if XML_SERVICES.contains(&service) {
        let error = format!("<Error><Code>NotEmulated</Code><Message>{message}</Message></Error>");
        let body = match service {
            "s3" => error,
            _ => format!("<ErrorResponse>{error}</ErrorResponse>"),
        };
        ("application/xml", body)
    } else {
        let body = serde_json::json!({ "__type": "NotEmulated", "message": message });
        ("application/x-amz-json-1.0", body.to_string())
    };
    format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: {kind}\r\nx-amzn-ErrorType: NotEmulated\r\nContent-Length: \
         {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_emulated_services_are_forwarded() {
        let (gateway, dynamodb) = (([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into());
        let domain = "abc.execute-api.us-east-1.amazonaws.com";
        let services = StandIn::new(domain, gateway, dynamodb);
        // Functions may name any region.
        for region in ["us-east-1", "sa-east-1"] {
            for (service, wanted) in [
                ("abc.execute-api", gateway),
                ("lambda", gateway),
                ("sns", gateway),
                ("sqs", gateway),
                ("ssm", gateway),
                ("streams.dynamodb", dynamodb),
                ("dynamodb", dynamodb),
            ] {
                let host = format!("{service}.{region}.amazonaws.com");
                assert_eq!(services.address(&host), Some(wanted), "{host}");
            }
        }
        for host in [
            "other.execute-api.us-east-1.amazonaws.com",
            "kinesis.us-east-1.amazonaws.com",
            "dynamodb.amazonaws.com",
            "dynamodb.eu-west-1.example.com",
            "",
        ] {
            assert_eq!(services.address(host), None, "{host}");
        }
    }

    #[test]
    fn only_services_that_stay_here_are_redirected_when_aws_is_allowed() {
        let (sqs, s3) = ("sqs.eu-west-1.amazonaws.com", "s3.amazonaws.com");
        for host in [sqs, s3] {
            assert!(is_redirected(host, None), "{host}");
        }
        let services = ["sqs".to_owned()];
        assert!(is_redirected(sqs, Some(&services)));
        for host in [s3, "example.com"] {
            assert!(!is_redirected(host, Some(&services)), "{host}");
        }
        assert!(!is_redirected("example.com", None));
    }

    #[test]
    fn a_refusal_is_in_the_protocol_of_its_service() {
        let s3 = refusal("s3");
        let error = "\r\n\r\n<Error><Code>NotEmulated</Code>";
        assert!(s3.contains(error), "{s3}");
        assert!(refusal("sns").contains("<ErrorResponse><Error>"));
        let json = refusal("kinesis (PutRecord)");
        assert!(json.contains(r#"{"__type":"NotEmulated""#), "{json}");
    }

    #[test]
    fn a_refused_request_is_named_by_service_and_operation() {
        let signed = "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nAuthorization: AWS4-HMAC-SHA256 \
                      Credential=local/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host\r\n\r\n";
        assert_eq!(wanted(signed, None), "sqs (SendMessage)");
        let rest = signed.replace("X-Amz-Target", "X-Other");
        assert_eq!(wanted(&rest, None), "sqs");
        let plain = "GET / HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n";
        assert_eq!(wanted(plain, None), "s3.amazonaws.com");
        let sns = "sns.us-east-1.amazonaws.com";
        assert_eq!(wanted("", Some(sns)), sns);
        assert_eq!(wanted("garbage", None), "AWS");
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        assert!(wanted(preface, None).contains("HTTP/2"));
    }
}
