//! Which API a part of an API belongs to, and whether that is a WebSocket API.

use super::{resolve::Resolver, resources, yaml::Entry};

/// Whether a part names the API with this physical id.
pub(crate) fn belongs(resolver: &Resolver<'_>, resource: &Entry, id: &str) -> bool {
    resources::property(resource, "ApiId")
        .and_then(|node| resolver.text(node, "ApiId").ok()?)
        .is_some_and(|owner| owner == id)
}

/// Whether an `AWS::ApiGatewayV2::Api` is a WebSocket API.
pub(crate) fn is_websocket(resolver: &Resolver<'_>, api: &Entry) -> bool {
    resources::property(api, "ProtocolType")
        .and_then(|node| resolver.text(node, "ProtocolType").ok()?)
        .is_some_and(|protocol| protocol == "WEBSOCKET")
}

/// Whether a part names this API.
pub(crate) fn belongs_to(resolver: &Resolver<'_>, resource: &Entry, api: &Entry) -> bool {
    let id = resolver.physical_name(&api.key, api.line);
    id.is_ok_and(|id| belongs(resolver, resource, &id))
}
