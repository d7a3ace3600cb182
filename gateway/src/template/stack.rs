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
    /// What exists on AWS only: logical ids of resources, and settings.
    pub left_out: Vec<String>,
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
    /// By route key.
    pub routes: BTreeMap<String, Route>,
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
