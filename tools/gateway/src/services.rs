//! The state and services that answer requests of clients, functions and developers.

use std::sync::Arc;

use crate::{
    api::Api, cross_origin::Allowed, event_source, site::Site, ssm, template::Schedule,
    tls::Acceptor,
};

/// The services that answer requests, and the origins and hosts that may use them.
pub(crate) struct Services {
    pub(crate) api: Arc<Api>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) site: Option<Site>,
    /// The queues and tables.
    pub(crate) tables_and_queues: event_source::Services,
    pub(crate) parameters: ssm::Store,
    pub(crate) allowed: Allowed,
    pub(crate) acceptor: Acceptor,
}
