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
pub(crate) fn selection(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
) -> Result<Expression, Error> {
    let (node, found) = fields.required_text("RouteSelectionExpression")?;
    Expression::parse(&found).map_err(|wanted| {
        let of = fields.path("RouteSelectionExpression");
        resolver.error(node.line, Problem::value(of, found, wanted))
    })
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
pub(crate) fn responds(resolver: &Resolver<'_>, fields: &mut Fields<'_>) -> Result<bool, Error> {
    match fields.text_at("RouteResponseSelectionExpression")? {
        None => Ok(false),
        Some((_, found)) if found == "$default" => Ok(true),
        Some((node, found)) => {
            let of = fields.path("RouteResponseSelectionExpression");
            let problem = Problem::value(of, found, "API Gateway supports only $default");
            Err(resolver.error(node.line, problem))
        }
    }
}

/// Whether clients need an API key (`ApiKeyRequired` of `$connect`). Clients send it with the handshake, so the property has no
/// effect on other routes.
pub(crate) fn needs_api_key(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
    key: &str,
    line: usize,
) -> bool {
    let required = fields.flag("ApiKeyRequired").unwrap_or(false);
    if required && key == route::CONNECT {
        let remark = "clients need an API key in the header x-api-key; here, any value is accepted";
        resolver.remark(line, remark);
    } else if required {
        resolver.left_out(
            line,
            &format!("ApiKeyRequired of {key}; only $connect requires a key here"),
        );
    }
    required && key == route::CONNECT
}
