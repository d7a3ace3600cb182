//! Logical ids as the framework generates them
//! (<https://www.serverless.com/framework/docs/providers/aws/guide/resources>): `resources` and variables refer to them.

/// Logical id of the API.
pub(super) const API: &str = "WebsocketsApi";

/// The logical id of a function.
pub(super) fn function_id(name: &str) -> String {
    format!("{}LambdaFunction", normalised(name))
}

/// A name as it appears in logical ids.
pub(super) fn normalised(name: &str) -> String {
    let name = name.replace('-', "Dash").replace('_', "Underscore");
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => name,
    }
}

/// The logical id of a layer.
pub(super) fn layer_id(name: &str) -> String {
    format!("{}LambdaLayer", normalised(name))
}

/// The part of logical ids that stands for a route.
pub(super) fn route_part(key: &str) -> String {
    let key = key.replace('$', "S");
    normalised(&key.replace(|character: char| !character.is_alphanumeric(), ""))
}

/// The logical id of a topic that an event names.
pub(super) fn topic_id(name: &str) -> String {
    let name = name.replace(|character: char| !character.is_ascii_alphanumeric(), "");
    format!("SNSTopic{}", normalised(&name))
}

/// The log group of a function.
pub(super) fn log_group_id(name: &str) -> String {
    format!("{}LogGroup", normalised(name))
}

/// What the framework generates besides functions and the WebSocket API, and its type. None of it runs here.
pub(super) const GENERATED: &[(&str, &str)] = &[
    ("ApiGatewayRestApi", "AWS::ApiGateway::RestApi"),
    ("HttpApi", "AWS::ApiGatewayV2::Api"),
    ("ServerlessDeploymentBucket", "AWS::S3::Bucket"),
];
