//! The model: what a template asks the gateway to run, with every intrinsic resolved.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use crate::route::Expression;

/// Everything that the gateway runs.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The one WebSocket API.
    pub api: Api,
    /// In the order of the template.
    pub functions: Vec<Function>,
    /// In the order of the template.
    pub tables: Vec<Table>,
    /// In the order of the template.
    pub schedules: Vec<Schedule>,
    /// What exists on AWS only: logical ids of resources.
    pub left_out: Vec<String>,
    /// What runs here and may not on AWS, with its place in the template.
    pub warnings: Vec<String>,
}

impl Stack {
    /// The function with this logical id.
    pub fn function(&self, logical_id: &str) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.logical_id == logical_id)
    }
}

/// A WebSocket API with its one stage.
#[derive(Debug, Clone)]
pub struct Api {
    /// Ten characters, as API Gateway gives.
    pub id: String,
    /// Host of the public address on AWS, which environment variables spell with `!Sub`.
    pub domain: String,
    /// Ends the URL.
    pub stage: String,
    /// How a message's route key is found.
    pub selection: Expression,
    /// By route key. A route without an integration, which only `$connect` and `$disconnect` may be, is not in here.
    pub routes: BTreeMap<String, Route>,
    /// Who may connect.
    pub access: Access,
    /// The stage's variables.
    pub variables: BTreeMap<String, String>,
    /// How many requests the stage takes.
    pub throttles: Throttles,
}

/// Where a route key leads.
#[derive(Debug, Clone)]
pub struct Route {
    /// Logical id of the function.
    pub function: String,
    /// How long the gateway waits for the function; at most 29 s.
    pub timeout: Duration,
    /// Whether the function's body is sent back to the sender (a two-way route).
    pub responds: bool,
}

/// Who may connect, before `$connect` is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Open,
    /// Whoever signs the handshake (`AWS_IAM`).
    Signed,
    /// Whoever an authorizer lets in.
    Authorized(Authorizer),
}

/// A `REQUEST` authorizer, asked before `$connect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// Logical id of the function.
    pub function: String,
    /// What a handshake has to have; when one is missing or empty, the function is not asked.
    pub identity: Vec<IdentitySource>,
}

/// A place in a handshake that an authorizer goes by
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

impl IdentitySource {
    /// Nothing for a text that names no such place.
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

/// How many requests a stage takes. Each route is counted by itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Throttles {
    /// For routes that are not in `routes`.
    pub default: Option<Throttle>,
    /// By route key.
    pub routes: BTreeMap<String, Throttle>,
    /// What an account may do at all, calls to `@connections` included. No template tells it.
    pub account: Option<Throttle>,
}

/// A bucket of tokens: each request takes one
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html>).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Tokens that come in a second.
    pub rate: f64,
    /// Tokens that the bucket holds.
    pub burst: u32,
}

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name within the template.
    pub logical_id: String,
    /// Its name on AWS.
    pub name: String,
    /// Where the executable comes from.
    pub code: Code,
    /// `_HANDLER`.
    pub handler: String,
    /// Megabytes; told to the function, not enforced.
    pub memory: u32,
    /// Longest time for one invocation.
    pub timeout: Duration,
    /// Most processes at once, when the template reserves a number.
    pub reserved_concurrency: Option<usize>,
    /// How often an asynchronous invocation, a scheduled one, is tried again when it fails.
    pub retries: usize,
    /// `Environment.Variables`, resolved.
    pub environment: BTreeMap<String, String>,
    /// `LoggingConfig`.
    pub logging: Logging,
}

/// How a function is asked to log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logging {
    /// `Text` or `JSON`.
    pub format: Option<String>,
    /// Least level, with `JSON` only.
    pub level: Option<String>,
}

/// Where the executable of a function comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// Built with cargo (`BuildMethod: rust-cargolambda`).
    Cargo {
        /// `CodeUri`, the folder of the package.
        folder: PathBuf,
        /// `BuildProperties.Binary`; without it the package has to have a single executable.
        binary: Option<String>,
    },
    /// The executable `bootstrap` in `CodeUri`, in whatever language.
    Bootstrap {
        /// `CodeUri`.
        folder: PathBuf,
    },
}

/// A DynamoDB table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name within the template.
    pub logical_id: String,
    /// Its name in DynamoDB.
    pub name: String,
    /// The request of `CreateTable`; CloudFormation spells its members as the service does.
    pub definition: serde_json::Value,
    /// The attribute with the time to live, when it is enabled.
    pub time_to_live: Option<String>,
}

/// A rule that invokes a function from time to time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Logical id of the function.
    pub function: String,
    /// Name of the event within the function, the second half of the rule's name.
    pub event: String,
    /// As written, for instance `rate(10 minutes)`.
    pub expression: String,
    /// The time between two events.
    pub every: Duration,
    /// JSON that replaces the scheduled event.
    pub input: Option<String>,
    /// A disabled schedule fires only on request.
    pub enabled: bool,
}
