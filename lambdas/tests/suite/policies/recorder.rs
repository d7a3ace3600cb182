//! Records what SDK clients ask AWS for, as the IAM actions that these requests need.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
    SharedCredentialsProvider,
};
use aws_sdk_dynamodb::error::BoxError;
use papo_lambdas::aws;
use papo_lambdas::parts::lambda::LambdaDeliverers;
use serde_json::Value;

use super::Calls;

/// An interceptor of any SDK client.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    calls: Calls,
    paused: bool,
}

impl Recorder {
    /// Lambda at this address.
    pub(super) fn deliverers(&self, address: SocketAddr) -> LambdaDeliverers {
        let config = aws::invoke_config(&config()).to_builder();
        let config = config.endpoint_url(format!("http://{address}"));
        let config = config.interceptor(self.clone()).build();
        let client = aws_sdk_lambda::Client::from_conf(config);
        LambdaDeliverers::new(client, "api-dev-delivererWS")
    }

    /// Stops or continues recording.
    pub(super) fn pause(&self, paused: bool) {
        self.0.lock().unwrap().paused = paused;
    }

    /// Returns and forgets the calls.
    pub(super) fn take(&self) -> Calls {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }
}

/// The configuration of the clients.
pub(super) fn config() -> aws_config::SdkConfig {
    let credentials = Credentials::new("id", "secret", None, None, "test");
    aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws::http_client())
        .build()
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let calls = match request.headers().get("x-amz-target") {
            Some(target) => {
                let body = request.body().bytes().ok_or("a request that is a stream")?;
                of_dynamodb(target, &serde_json::from_slice(body)?)
            }
            None => BTreeSet::from([of_invoke(request.uri())]),
        };
        let mut state = self.0.lock().unwrap();
        if !state.paused {
            state.calls.extend(calls);
        }
        Ok(())
    }
}

/// A transaction needs the permissions of its writes ("Using IAM with transactions" in the DynamoDB Developer Guide).
fn of_dynamodb(target: &str, body: &Value) -> Calls {
    let operation = target.rsplit('.').next().unwrap();
    if operation != "TransactWriteItems" {
        return Calls::from([on_table(operation, body)]);
    }
    let writes = body["TransactItems"].as_array().unwrap().iter();
    let writes = writes.flat_map(|write| write.as_object().unwrap());
    writes
        .map(|(kind, write)| match kind.as_str() {
            "ConditionCheck" => on_table("ConditionCheckItem", write),
            kind => on_table(&format!("{kind}Item"), write),
        })
        .collect()
}

fn on_table(operation: &str, request: &Value) -> String {
    let table = request["TableName"].as_str().unwrap();
    let table = table.trim_start_matches("api-dev-");
    match request["IndexName"].as_str() {
        Some(index) => format!("dynamodb:{operation} {table}/index/{index}"),
        None => format!("dynamodb:{operation} {table}"),
    }
}

/// `Invoke` of Lambda.
fn of_invoke(uri: &str) -> String {
    let (_, path) = uri.split_once("/2015-03-31/functions/").unwrap();
    let function = path.strip_suffix("/invocations").unwrap();
    let function = function.trim_start_matches("api-dev-");
    format!("lambda:InvokeFunction {function}")
}

/// A request to `@connections`, as `METHOD PATH BODY`.
pub(super) fn of_connections(request: &str) -> String {
    let (method, path) = request.split_once(' ').unwrap();
    assert!(path.starts_with("/dev/@connections/"), "{request}");
    format!("execute-api:ManageConnections {method}/@connections/*")
}
