//! The logical ids that SAM generates for the routes of an `AWS::Serverless::WebSocketApi`, to which other resources
//! refer (<https://github.com/aws/serverless-application-model>, `samtranslator/model/api/websocket_api_generator.py`).

use super::{
    resources::{self, Kind},
    yaml::{Entry, Node},
};

/// The logical id of the resource that SAM generates for a route.
pub(crate) fn route_id(api: &str, key: &str) -> String {
    let key = key.trim_start_matches('$').to_lowercase();
    match key.split_at_checked(1) {
        Some((first, rest)) => format!("{api}{}{rest}Route", first.to_uppercase()),
        None => format!("{api}{key}Route"),
    }
}

/// Whether SAM generates a route with this logical id.
pub(crate) fn generates(resources: &[Entry], logical_id: &str) -> bool {
    resources::of_kind(resources, Kind::SamApi).any(|api| {
        let routes = resources::property(api, "Routes").map_or(&[][..], Node::entries);
        routes
            .iter()
            .any(|route| route_id(&api.key, &route.key) == logical_id)
    })
}
