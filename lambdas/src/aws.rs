//! The clients, made once a process: connections and credentials stay warm from one invocation to the next.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::push::REQUEST_LIMIT;
use crate::push::api_gateway::ApiGateway;
use crate::room::dynamodb::DynamoDbLog;
use crate::room::{Retention, Room, RoomId};
use crate::store::dynamodb::DynamoDb;

/// How long opening a connection to a service may take.
///
/// Within a Region it takes some milliseconds, but the first broadcast of a process opens many at the same time.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long one try of an operation on the table may take. Healthy ones take some 5 ms.
const STORE_TRY_LIMIT: Duration = Duration::from_secs(2);

/// How long an operation on the table may take with the SDK's retries; below the time limit of `connection` in the template.
const STORE_LIMIT: Duration = Duration::from_secs(4);

/// What the clients have in common: Region, credentials and addresses from the environment, one HTTP client.
///
/// The address of DynamoDB can be set with `AWS_ENDPOINT_URL_DYNAMODB`, which the SDK reads; it may be plain `http`.
pub async fn config() -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        // It watches large bodies; ours fit into a packet or two, and the limits below watch them.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    // Boxed, because it is a large future that is needed once.
    Box::pin(loader.load()).await
}

/// The HTTP client of all services: it keeps its connections, and speaks plain `http` too.
pub fn http_client() -> SharedHttpClient {
    // Ring, because AWS-LC wants cmake and more than a C compiler to build for another processor.
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// The table named `table`.
pub fn store(config: &SdkConfig, table: String) -> DynamoDb {
    DynamoDb::new(
        aws_sdk_dynamodb::Client::from_conf(store_config(config)),
        table,
    )
}

/// The room that everybody is in, with its log in the table named `table`.
pub fn room(config: &SdkConfig, table: String, retention: Retention) -> Room<DynamoDbLog> {
    let client = aws_sdk_dynamodb::Client::from_conf(store_config(config));
    Room {
        log: DynamoDbLog::new(client, table),
        id: RoomId::main(),
        retention,
    }
}

/// The connections of the stage that `endpoint` ends with.
pub fn push(config: &SdkConfig, endpoint: String) -> ApiGateway {
    let config = push_config(config, endpoint, REQUEST_LIMIT);
    ApiGateway::new(aws_sdk_apigatewaymanagement::Client::from_conf(config))
}

/// What a client for [`DynamoDb`] and [`DynamoDbLog`] needs.
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
pub fn push_config(
    config: &SdkConfig,
    endpoint: String,
    limit: Duration,
) -> aws_sdk_apigatewaymanagement::Config {
    aws_sdk_apigatewaymanagement::config::Builder::from(config)
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_LIMIT.min(limit))
                .operation_timeout(limit)
                .build(),
        )
        .build()
}
