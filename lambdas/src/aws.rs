//! The SDK clients, created once per process: connections and credentials stay warm between invocations.

pub(crate) mod attributes;

pub mod meter;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::connections::dynamodb::DynamoDbConnections;
use crate::management::REQUEST_LIMIT;
use crate::management::api_gateway::ApiGateway;
use crate::message_log::dynamodb::DynamoDbMessageLog;
use crate::parts::lambda::LambdaDeliverers;
use crate::start::{MANAGEMENT_ENDPOINT, TABLE_NAME, variable};

/// Time limit for connecting to a service.
///
/// Within a Region this takes milliseconds, but the first broadcast of a process opens many connections at once.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// Time limit of one attempt of a DynamoDB operation. Healthy ones take about 5 ms.
const STORE_ATTEMPT_LIMIT: Duration = Duration::from_secs(2);

/// Time limit of a DynamoDB operation with the SDK's retries; below the time limit of `connectionWS` in the template.
const STORE_LIMIT: Duration = Duration::from_secs(4);

/// Time limit of one invocation of another function; above the time limit of `delivererWS` in the template.
const INVOKE_LIMIT: Duration = Duration::from_secs(13);

/// What every function that knows connections works with.
#[derive(Debug)]
pub struct Clients {
    /// The shared configuration, for further clients.
    pub config: SdkConfig,
    /// The connection rows.
    pub connections: DynamoDbConnections,
    /// `@connections`.
    pub gateway: ApiGateway,
}

impl Clients {
    /// Reads [`TABLE_NAME`] and [`MANAGEMENT_ENDPOINT`].
    ///
    /// # Errors
    ///
    /// If one of them is not set, or as [`ApiGateway::new`].
    pub async fn from_environment() -> Result<Self, lambda_runtime::Error> {
        let table = variable(TABLE_NAME)?;
        let endpoint = variable(MANAGEMENT_ENDPOINT)?;
        let config = config().await;
        let store = aws_sdk_dynamodb::Client::from_conf(store_config(&config));
        Ok(Self {
            connections: DynamoDbConnections::new(store, table),
            gateway: ApiGateway::new(&config, &endpoint, REQUEST_LIMIT).await?,
            config,
        })
    }
}

/// The shared configuration: Region, credentials and endpoints from the environment, one HTTP client.
///
/// The SDK reads DynamoDB's endpoint from `AWS_ENDPOINT_URL_DYNAMODB`; it may be plain `http`.
pub async fn config() -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        // Meant for large bodies; ours fit into a packet or two, and the limits below apply.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    // Boxed, because the future is large and needed only once.
    Box::pin(loader.load()).await
}

/// The HTTP client of all services, with connection pooling; supports plain `http`.
pub fn http_client() -> SharedHttpClient {
    // Ring, because cross-compiling AWS-LC needs cmake and more than a C compiler.
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// The message log in the table `table`.
pub fn message_log(config: &SdkConfig, table: String) -> DynamoDbMessageLog {
    DynamoDbMessageLog::new(
        aws_sdk_dynamodb::Client::from_conf(store_config(config)),
        table,
    )
}

/// The function `name`, which delivers to parts of large rooms.
pub fn deliverers(config: &SdkConfig, name: String) -> LambdaDeliverers {
    LambdaDeliverers::new(
        aws_sdk_lambda::Client::from_conf(invoke_config(config)),
        name,
    )
}

/// Configures a client for [`LambdaDeliverers`]: no retries.
pub fn invoke_config(config: &SdkConfig) -> aws_sdk_lambda::Config {
    aws_sdk_lambda::config::Builder::from(config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_LIMIT)
                .operation_timeout(INVOKE_LIMIT)
                .build(),
        )
        .build()
}

/// Configures a client for [`DynamoDbConnections`] and [`DynamoDbMessageLog`].
pub fn store_config(config: &SdkConfig) -> aws_sdk_dynamodb::Config {
    aws_sdk_dynamodb::config::Builder::from(config)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_LIMIT)
                .operation_attempt_timeout(STORE_ATTEMPT_LIMIT)
                .operation_timeout(STORE_LIMIT)
                .build(),
        )
        .build()
}
