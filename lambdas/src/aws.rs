//! The clients, made once a process: connections and credentials stay warm from one invocation to the next.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::push::REQUEST_LIMIT;
use crate::push::api_gateway::ApiGateway;
use crate::store::dynamodb::DynamoDb;

/// How long opening a connection to a service may take. In the same Region it takes some milliseconds.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// How long one try of an operation on the table may take. Healthy ones take some 5 ms.
const STORE_TRY_LIMIT: Duration = Duration::from_millis(1_500);

/// How long an operation on the table may take with the SDK's retries; below the time limit of `connection` in the template.
const STORE_LIMIT: Duration = Duration::from_secs(4);

/// What the clients have in common: Region, credentials and addresses from the environment, one HTTP client.
///
/// A service's address can be set with `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`; it may
/// be plain `http`, and a path in it (the stage) is kept.
pub async fn config() -> SdkConfig {
    // Ring, because AWS-LC needs cmake to build and half a megabyte more in the zip.
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        // It watches large bodies; ours fit into a packet or two, and the limits below watch them.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await
}

/// The table that `TABLE_NAME` names.
///
/// # Errors
///
/// [`MissingTableName`].
pub fn store(config: &SdkConfig) -> Result<DynamoDb, MissingTableName> {
    let table = std::env::var("TABLE_NAME").ok();
    let table = table
        .filter(|name| !name.is_empty())
        .ok_or(MissingTableName)?;
    Ok(DynamoDb::new(
        aws_sdk_dynamodb::Client::from_conf(store_config(config)),
        table,
    ))
}

/// The environment does not say which table holds the connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "TABLE_NAME is not set; set it to the name of the connections table, as template.yaml does"
)]
pub struct MissingTableName;

/// The connections of the stage that `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` ends with.
pub fn push(config: &SdkConfig) -> ApiGateway {
    ApiGateway::new(aws_sdk_apigatewaymanagement::Client::from_conf(
        push_config(config, REQUEST_LIMIT),
    ))
}

/// What a client for [`DynamoDb`] needs.
pub fn store_config(config: &SdkConfig) -> aws_sdk_dynamodb::Config {
    aws_sdk_dynamodb::config::Builder::from(config)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_LIMIT)
                .operation_attempt_timeout(STORE_TRY_LIMIT)
                .operation_timeout(STORE_LIMIT)
                .build(),
        )
        .build()
}

/// What a client for [`ApiGateway`] needs: no retries, and `limit` for one request.
pub fn push_config(config: &SdkConfig, limit: Duration) -> aws_sdk_apigatewaymanagement::Config {
    aws_sdk_apigatewaymanagement::config::Builder::from(config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_LIMIT.min(limit))
                .operation_timeout(limit)
                .build(),
        )
        .build()
}
