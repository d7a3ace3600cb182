//! The model: what a template asks the gateway to run, with all intrinsics resolved.

mod api;
mod data;
mod event;
mod function;

pub use super::archives::Archives;

pub use self::{
    api::{
        Access, Action, Api, Authorizer, HttpRequest, IdentitySource, Integration,
        IntegrationResponse, Mock, Origin, Route, Service, Target, Throttle, Throttles,
    },
    data::{Queue, Redrive, StoredParameter, Subscriber, Subscription, Table, Topic},
    event::{EventSource, RecordSource, Schedule, StreamSource},
    function::{Bundle, Code, Function, Language, Layer, Logging, Runtime, Source},
};

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
    /// By name.
    pub topics: Vec<Topic>,
    /// The parameters of Systems Manager; of several with one name, the last counts.
    pub stored_parameters: Vec<StoredParameter>,
    /// The archives of functions and layers, unpacked.
    pub archives: Archives,
    /// Resources without effect on one machine, by logical id.
    pub left_out: Vec<String>,
    /// Resources that are left out, and those that run here but may not on AWS, with their place in the template.
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
