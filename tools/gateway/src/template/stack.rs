//! The model: what a template asks the gateway to run, with all intrinsics resolved.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use super::{filter::Pattern, schedule_expression::ScheduleExpression};
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
    /// In the order of the template.
    pub queues: Vec<Queue>,
    /// In the order of the template.
    pub event_sources: Vec<EventSource>,
    /// Resources without effect on one machine, by logical id.
    pub left_out: Vec<String>,
    /// What is left out, and what runs here and may not on AWS, with its place in the template.
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
    /// The last segment of the URL.
    pub stage: String,
    /// How a message's route key is found.
    pub selection: Expression,
    /// By route key, without routes that have no integration, which `$connect` and `$disconnect` need not have.
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
    /// What handles its messages.
    pub integration: Integration,
    /// How long the gateway waits for a function; at most 29 s.
    pub timeout: Duration,
    /// Whether the result's body is sent back to the sender (a two-way route).
    pub responds: bool,
}

/// What handles the messages of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integration {
    /// A function, by logical id.
    Function(String),
    /// `MOCK`: answers without a backend, with status 200.
    Mock {
        /// The body of a two-way route's answer.
        body: Option<String>,
    },
    /// An integration that is not emulated; every message to it fails. The text names it.
    Unsupported(String),
}

impl Integration {
    /// Logical id of the function that is invoked.
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Function(function) => Some(function),
            Self::Mock { .. } | Self::Unsupported(_) => None,
        }
    }
}

impl fmt::Display for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(function) => f.write_str(function),
            Self::Mock { .. } => f.write_str("MOCK"),
            Self::Unsupported(what) => f.write_str(what),
        }
    }
}

/// Who may connect, before `$connect` runs.
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
    /// How it is run.
    pub code: Code,
    /// Folders of its layers, in the order of the template.
    pub layers: Vec<PathBuf>,
    /// `_HANDLER`.
    pub handler: String,
    /// Megabytes; reported to the function, not enforced.
    pub memory: u32,
    /// Longest time for one invocation.
    pub timeout: Duration,
    /// `ReservedConcurrentExecutions`: the largest number of concurrent processes.
    pub reserved_concurrency: Option<usize>,
    /// How often a failed asynchronous invocation, such as a scheduled one, is retried.
    pub retries: usize,
    /// `Environment.Variables`, resolved.
    pub environment: BTreeMap<String, String>,
    /// `LoggingConfig`.
    pub logging: Logging,
}

/// `LoggingConfig` of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logging {
    /// `Text` or `JSON`.
    pub format: Option<String>,
    /// Lowest level, with `JSON` only.
    pub level: Option<String>,
}

/// How a function is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// Built with cargo (`BuildMethod: rust-cargolambda`).
    Cargo {
        /// `CodeUri`, the folder of the package.
        folder: PathBuf,
        /// `BuildProperties.Binary`; without it the package must have exactly one executable.
        binary: Option<String>,
    },
    /// The executable `bootstrap` in `CodeUri`, in any language.
    Bootstrap {
        /// `CodeUri`.
        folder: PathBuf,
    },
    /// Run by an interpreter on `PATH` with the gateway's own runtime client.
    Managed {
        /// The code.
        source: Source,
        /// The runtime that the template asks for.
        runtime: Runtime,
        /// Folder of `sam build` with the function's dependencies, when `CodeUri` does not contain them.
        dependencies: Option<PathBuf>,
    },
}

impl Code {
    /// The folder with the code; `None` for code that the template contains.
    pub fn folder(&self) -> Option<&PathBuf> {
        match self {
            Self::Cargo { folder, .. }
            | Self::Bootstrap { folder }
            | Self::Managed {
                source: Source::Folder(folder),
                ..
            } => Some(folder),
            Self::Managed {
                source: Source::Inline(_),
                ..
            } => None,
        }
    }
}

/// Code of a function with a managed runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `CodeUri`.
    Folder(PathBuf),
    /// `InlineCode` or `ZipFile`.
    Inline(String),
}

/// A managed runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Language of the code.
    pub language: Language,
    /// As the template names it, for instance `nodejs22.x`.
    pub name: String,
}

impl Runtime {
    /// `None` for a runtime that cannot be run here.
    pub fn parse(name: &str) -> Option<Self> {
        let (language, version) = [("nodejs", Language::Node), ("python", Language::Python)]
            .into_iter()
            .find_map(|(start, language)| Some((language, name.strip_prefix(start)?)))?;
        let numeric = |c: char| c.is_ascii_digit() || ".x".contains(c);
        (!version.is_empty() && version.chars().all(numeric)).then(|| Self {
            language,
            name: name.to_owned(),
        })
    }

    /// The version that the name asks for, for instance `22` or `3.12`.
    pub fn version(&self) -> &str {
        let version = self
            .name
            .trim_start_matches(|c: char| c.is_ascii_alphabetic());
        version.trim_end_matches(".x")
    }
}

/// Language of a managed runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// `nodejs*`.
    Node,
    /// `python*`.
    Python,
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

/// A rule that invokes a function on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Logical id of the function.
    pub function: String,
    /// Name of the rule on AWS.
    pub rule: String,
    /// As written, for instance `rate(10 minutes)`.
    pub expression: String,
    /// When it fires.
    pub timing: ScheduleExpression,
    /// JSON that replaces the scheduled event.
    pub input: Option<String>,
    /// A disabled schedule fires only on request.
    pub enabled: bool,
}

/// A function that is invoked with batches of records.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSource {
    /// Logical id of the function.
    pub function: String,
    /// Where the records come from.
    pub source: RecordSource,
    /// Most records of one invocation.
    pub batch_size: usize,
    /// How long a batch is collected; zero delivers at once.
    pub window: Duration,
    /// A record is delivered if one of these accepts it, or if there are none.
    pub filters: Vec<Pattern>,
    /// Whether the function reports which records failed (`ReportBatchItemFailures`).
    pub reports_failures: bool,
    /// A disabled source invokes nothing.
    pub enabled: bool,
}

impl EventSource {
    /// Whether the function gets this record.
    pub(crate) fn accepts(&self, record: &serde_json::Value) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.accepts(record))
    }
}

/// Where records come from.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordSource {
    /// The stream of a table.
    Stream(StreamSource),
    /// An SQS queue, by name.
    Queue(String),
}

/// How the stream of a table is read.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSource {
    /// The table's name.
    pub table: String,
    /// Whether reading begins with the oldest record (`TRIM_HORIZON`) instead of the next one (`LATEST`).
    pub from_start: bool,
    /// Retries of a failed batch; without a number, as long as its records last.
    pub retries: Option<u32>,
    /// Age at which records are given up.
    pub max_age: Option<Duration>,
    /// Whether a failed batch is split in two.
    pub bisect: bool,
    /// The queue, by name, that is told of records that are given up.
    pub on_failure: Option<String>,
}

/// An SQS queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Its name within the template.
    pub logical_id: String,
    /// Its name in SQS.
    pub name: String,
    /// Whether it keeps the order of message groups.
    pub fifo: bool,
    /// Whether a message of a FIFO queue is known by its body.
    pub content_based_deduplication: bool,
    /// How long a message that was received is invisible.
    pub visibility_timeout: Duration,
    /// How long a new message is invisible.
    pub delay: Duration,
    /// How long messages are kept.
    pub retention: Duration,
    /// How long a receiver waits for messages unless it says otherwise.
    pub receive_wait: Duration,
    /// Where messages go that are received too often.
    pub redrive: Option<Redrive>,
}

impl Queue {
    /// A queue with the defaults of SQS.
    pub(crate) fn named(name: &str, fifo: bool) -> Self {
        Self {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            fifo,
            content_based_deduplication: false,
            visibility_timeout: Duration::from_secs(30),
            delay: Duration::ZERO,
            retention: Duration::from_hours(4 * 24),
            receive_wait: Duration::ZERO,
            redrive: None,
        }
    }
}

/// The redrive policy of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// Name of the dead-letter queue.
    pub queue: String,
    /// Receives after which a message is moved.
    pub max_receive_count: u32,
}
