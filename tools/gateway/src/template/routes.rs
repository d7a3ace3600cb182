//! What both forms of an API have in common: the route selection expression, and the settings of a route.

use super::{
    error::{Error, Problem},
    fields::Fields,
    resolve::Resolver,
};
use crate::route::{self, Expression};

/// Maximum timeout of an integration, in milliseconds
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html>).
pub(crate) const MAX_TIMEOUT: u64 = 29_000;
/// Minimum timeout, in milliseconds (same page).
pub(crate) const MIN_TIMEOUT: u64 = 50;

/// Properties of a route that have no effect here. Only non-proxy integrations validate messages against models
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html>).
pub(crate) const WITHOUT_EFFECT: &[&str] =
    &["ModelSelectionExpression", "OperationName", "RequestModels"];

/// Reads `RouteSelectionExpression`.
pub(crate) fn selection(fields: &mut Fields<'_>) -> Result<Expression, Error> {
    let found = fields.required_text("RouteSelectionExpression")?;
    Expression::parse(&found)
        .map_err(|wanted| fields.invalid("RouteSelectionExpression", found, wanted))
}

pub(crate) fn check_key(resolver: &Resolver<'_>, key: &str, line: usize) -> Result<(), Error> {
    let reserved = [route::CONNECT, route::DISCONNECT, route::DEFAULT];
    if !key.is_empty() && (!key.starts_with('$') || reserved.contains(&key)) {
        return Ok(());
    }
    let wanted = "only $connect, $disconnect and $default start with $";
    Err(resolver.error(line, Problem::value("a route key", key, wanted)))
}

/// Whether `RouteResponseSelectionExpression` asks for a two-way route.
pub(crate) fn responds(fields: &mut Fields<'_>) -> Result<bool, Error> {
    const NAME: &str = "RouteResponseSelectionExpression";
    match fields.text(NAME)? {
        None => Ok(false),
        Some(found) if found == "$default" => Ok(true),
        Some(found) => Err(fields.invalid(NAME, found, "API Gateway supports only $default")),
    }
}

/// Whether clients need an API key (`ApiKeyRequired` of `$connect`). Clients send it with the handshake, so the property has no
/// effect on other routes.
pub(crate) fn needs_api_key(fields: &mut Fields<'_>, key: &str, line: usize) -> bool {
    if !fields.flag("ApiKeyRequired").unwrap_or(false) {
        return false;
    }
    let is_needed = key == route::CONNECT;
    if is_needed {
        let remark = "clients need an API key in the header x-api-key; here, any value is accepted";
        fields.resolver.remark(line, remark);
    } else {
        let what = format!("ApiKeyRequired of {key}; only $connect requires a key here");
        fields.resolver.left_out(line, &what);
    }
    is_needed
}
