//! The WebSocket API: routes, access, throttles.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::{mapping::Template, route::Expression};

/// A WebSocket API with its one stage.
#[derive(Debug, Clone)]
pub struct Api {
    /// Ten characters, as API Gateway gives.
    pub id: String,
    /// Host of the public address on AWS, which environment variables spell with `!Sub`.
    pub domain: String,
    /// The last segment of the URL.
    pub stage: String,
    /// How a message's route key is found.
    pub selection: Expression,
    /// By route key, without routes that have no integration, which `$connect` and `$disconnect` need not have.
    pub routes: BTreeMap<String, Route>,
    /// Which clients may connect.
    pub access: Access,
    /// Whether a handshake needs an API key. Any key is accepted.
    pub api_key: bool,
    /// The stage's variables.
    pub variables: BTreeMap<String, String>,
    /// How many requests the stage takes.
    pub throttles: Throttles,
}

/// Where a route key leads.
#[derive(Debug, Clone)]
pub struct Route {
    /// What handles its messages.
    pub integration: Integration,
    /// How long the gateway waits for a function; at most 29 s.
    pub timeout: Duration,
    /// Whether the result's body is sent back to the sender (a two-way route).
    pub responds: bool,
}

/// The target of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integration {
    /// A function, by logical id.
    Function(String),
    /// `AWS` or `HTTP`: a service with a request that a mapping template writes.
    Service(Service),
    /// `MOCK`: answers without a backend.
    Mock(Mock),
    /// An integration that is not emulated; every message to it fails. The text names it.
    Unsupported(String),
}

impl Integration {
    /// Logical id of the function that is invoked.
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Function(function)
            | Self::Service(Service {
                action: Action::Invoke { function, .. },
                ..
            }) => Some(function),
            Self::Service(_) | Self::Mock(_) | Self::Unsupported(_) => None,
        }
    }
}

impl fmt::Display for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(function) => f.write_str(function),
            Self::Service(service) => write!(f, "{}", service.action),
            Self::Mock(_) => f.write_str("MOCK"),
            Self::Unsupported(what) => f.write_str(what),
        }
    }
}

/// A service and the request for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The operation.
    pub action: Action,
    /// Writes the request; without one, the body of the message is the request.
    pub request: Option<Template>,
    /// How its response is handled.
    pub responses: Vec<IntegrationResponse>,
}

/// The answer of a `MOCK` integration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mock {
    /// Writes an object with the `statusCode`, which is 200 without it.
    pub request: Option<Template>,
    /// How the empty response is handled.
    pub responses: Vec<IntegrationResponse>,
}

/// How the response of an integration is handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationResponse {
    /// Pattern of the statuses to which it applies; `None` for those that match no other pattern.
    pub statuses: Option<String>,
    /// Writes the message for the client; without it, the response is passed on.
    pub template: Option<Template>,
}

/// The request that an integration makes of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Lambda's `Invoke`.
    Invoke {
        /// Logical id of the function.
        function: String,
        /// Whether the result is not waited for (`X-Amz-Invocation-Type: Event`).
        asynchronously: bool,
    },
    /// An operation of DynamoDB, by name.
    DynamoDb(String),
    /// An HTTP request.
    Http(HttpRequest),
    /// A request to SNS in its query protocol.
    Sns,
    /// A request to SQS in its query protocol.
    Sqs {
        /// Name of the queue; without it, the request names the queue.
        queue: Option<String>,
    },
}

/// The request of an HTTP integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `IntegrationMethod`.
    pub method: String,
    /// `IntegrationUri`. `{name}` stands for a path parameter.
    pub url: String,
    /// `RequestParameters`: the target and the origin of each value.
    pub parameters: Vec<(Target, Origin)>,
    /// Whether the response is passed on unchanged (`HTTP_PROXY`).
    pub proxy: bool,
}

/// The part of an HTTP request that a parameter sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A header.
    Header(String),
    /// `{name}` in the path of the URL.
    Path(String),
    /// A query parameter.
    Query(String),
}

/// The origin of a request parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A literal, written in single quotes.
    Static(String),
    /// A value of the event, by its path.
    Event(Vec<String>),
    /// A value of the message, by its path. An empty path stands for the whole message.
    Body(Vec<String>),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoke { function, .. } => f.write_str(function),
            Self::DynamoDb(operation) => write!(f, "DynamoDB {operation}"),
            Self::Http(request) => write!(f, "{} {}", request.method, request.url),
            Self::Sns => f.write_str("SNS"),
            Self::Sqs { queue } => write!(f, "SQS {}", queue.as_deref().unwrap_or_default()),
        }
    }
}

/// Which clients may connect, decided before `$connect` runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Open,
    /// Clients that sign the handshake (`AWS_IAM`).
    Signed,
    /// Clients that an authorizer allows.
    Authorized(Authorizer),
}

/// A `REQUEST` authorizer, invoked before `$connect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// Logical id of the function.
    pub function: String,
    /// What a handshake must have; when one is missing or empty, the function is not invoked.
    pub identity: Vec<IdentitySource>,
}

/// A part of a handshake that an authorizer decides by
/// (<https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_apigatewayv2_authorizers.WebSocketLambdaAuthorizerProps.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentitySource {
    /// `route.request.header.NAME`.
    Header(String),
    /// `route.request.querystring.NAME`.
    Query(String),
    /// `stageVariables.NAME`.
    Variable(String),
    /// `context.NAME`, a path within `requestContext`.
    Context(String),
}

/// As in a template.
impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "route.request.header.{name}"),
            Self::Query(name) => write!(f, "route.request.querystring.{name}"),
            Self::Variable(name) => write!(f, "stageVariables.{name}"),
            Self::Context(path) => write!(f, "context.{path}"),
        }
    }
}

impl IdentitySource {
    /// `None` for a text that is not an identity source.
    pub fn parse(text: &str) -> Option<Self> {
        let kinds: [(&str, &dyn Fn(String) -> Self); 4] = [
            ("route.request.header.", &Self::Header),
            ("route.request.querystring.", &Self::Query),
            ("stageVariables.", &Self::Variable),
            ("context.", &Self::Context),
        ];
        let mut named = kinds
            .iter()
            .filter_map(|(start, kind)| Some((text.strip_prefix(start)?, kind)));
        let (name, kind) = named.next()?;
        let known = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        (!name.is_empty() && name.chars().all(known)).then(|| kind(name.to_owned()))
    }
}

/// How many requests a stage accepts. Each route is counted separately.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Throttles {
    /// For routes that are not in `routes`.
    pub default: Option<Throttle>,
    /// By route key.
    pub routes: BTreeMap<String, Throttle>,
    /// The account's limit, which includes calls to `@connections`. A template cannot set it.
    pub account: Option<Throttle>,
}

/// A bucket of tokens: each request takes one
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html>).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Tokens added per second.
    pub rate: f64,
    /// Capacity, in tokens.
    pub burst: u32,
}
