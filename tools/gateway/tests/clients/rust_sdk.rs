//! `@connections` through the AWS SDK for Rust: every answer becomes the SDK's typed error.

use aws_sdk_apigatewaymanagement::{
    Client as Sdk, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::post_to_connection::PostToConnectionError,
    primitives::Blob,
};

use crate::program::{Client, Program, eventually};

fn sdk(endpoint: String) -> Sdk {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint);
    Sdk::from_conf(config.build())
}

/// A gateway, the SDK for it, a client and its id.
async fn connected() -> (Program, Sdk, Client, String) {
    let gateway = Program::with_obedient_stack();
    let sdk = sdk(gateway.management());
    let mut client = gateway.connect().await;
    let id = client.id().await;
    (gateway, sdk, client, id)
}

async fn post(sdk: &Sdk, id: &str, text: &str) -> Result<(), PostToConnectionError> {
    let post = sdk.post_to_connection().connection_id(id);
    let posted = post.data(Blob::new(text)).send().await;
    posted.map(|_| ()).map_err(SdkError::into_service_error)
}

#[tokio::test]
async fn a_client_is_reached_described_and_disconnected() {
    let (_gateway, sdk, mut client, id) = connected().await;
    post(&sdk, &id, "olá").await.unwrap();
    assert_eq!(client.hear().await, "olá");
    let described = sdk.get_connection().connection_id(&id).send().await;
    let described = described.unwrap();
    assert_eq!(
        described
            .identity()
            .and_then(|identity| identity.source_ip()),
        Some("127.0.0.1")
    );
    let (connected, active) = (described.connected_at(), described.last_active_at());
    assert!(connected.is_some() && active >= connected, "{described:?}");
    let delete = sdk.delete_connection().connection_id(&id);
    delete.send().await.unwrap();
    assert_eq!(client.closed().await, (1000, String::new()));
}

#[tokio::test]
async fn an_ended_connection_is_a_typed_gone_exception_in_every_operation() {
    let (_gateway, sdk, client, id) = connected().await;
    client.leave().await;
    let refused = async || post(&sdk, &id, "x").await.err();
    let refused = eventually("the post to be refused", refused).await;
    assert!(refused.is_gone_exception());
    let get = sdk.get_connection().connection_id(&id).send().await;
    assert!(get.unwrap_err().into_service_error().is_gone_exception());
    let delete = sdk.delete_connection().connection_id(&id).send().await;
    assert!(delete.unwrap_err().into_service_error().is_gone_exception());
}

#[tokio::test]
async fn too_much_at_once_is_a_typed_payload_too_large_exception() {
    let (_gateway, sdk, mut client, id) = connected().await;
    let largest = "x".repeat(128 * 1024);
    post(&sdk, &id, &largest).await.unwrap();
    assert_eq!(client.hear().await, largest);
    let refused = post(&sdk, &id, &format!("{largest}x")).await.unwrap_err();
    assert!(refused.is_payload_too_large_exception(), "{refused:?}");
}

#[tokio::test]
async fn a_client_that_never_reads_is_a_typed_limit_exceeded_exception() {
    let (_gateway, sdk, _client, id) = connected().await;
    let message = "x".repeat(128 * 1024);
    // The kernel's buffers take some megabytes before the gateway's own queue fills.
    let refused = async || post(&sdk, &id, &message).await.err();
    let refused = eventually("the queue of the client to be full", refused).await;
    assert!(refused.is_limit_exceeded_exception(), "{refused:?}");
}

#[tokio::test]
async fn another_stage_is_a_typed_forbidden_exception() {
    let (gateway, _, _client, id) = connected().await;
    let elsewhere = sdk(gateway.management().replace("/test", "/other"));
    let refused = post(&elsewhere, &id, "x").await.unwrap_err();
    assert!(refused.is_forbidden_exception(), "{refused:?}");
}

/// The model has no such error, so the SDK can only pass on code and text.
#[tokio::test]
async fn an_id_of_the_wrong_shape_is_a_bad_request() {
    let (_gateway, sdk, ..) = connected().await;
    let refused = post(&sdk, "unknown", "x").await.unwrap_err();
    assert_eq!(refused.code(), Some("BadRequestException"));
    assert_eq!(refused.message(), Some("Invalid connectionId: unknown"));
}
