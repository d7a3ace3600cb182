//! A table that was restored from a backup and given a new epoch, as `cargo xtask data restore` does.

use aws_sdk_dynamodb::types::AttributeValue;
use papo_lambdas::connections::memory::MemoryConnections;
use papo_lambdas::connections::{PutConnection, Row};
use papo_lambdas::dispatch;
use papo_lambdas::management::memory::MemoryGateway;
use papo_lambdas::message_log::dynamodb::DynamoDbMessageLog;
use papo_lambdas::presence::PeopleCounts;
use papo_protocol::{ConnectionId, RoomName};
use serde_json::{Value, json};

use crate::chat::{LATER, MORNING, at, event, services};
use crate::dynamodb::{client, embedded_dynamodb};
use crate::message_log_contract::{TABLE, empty_table};

const ANA: &str = "L0SM9c-FvHcCIhw=";

#[tokio::test]
async fn a_restored_log_continues_with_its_new_epoch() {
    let client = client(embedded_dynamodb().await);
    empty_table(&client).await;
    let log = DynamoDbMessageLog::new(client.clone(), TABLE);
    let gateway = MemoryGateway::new();
    gateway.open(&ConnectionId::new(ANA));
    let connections = MemoryConnections::new();
    let row = Row::new(ConnectionId::new(ANA), RoomName::default(), at(MORNING));
    connections.put(&row).await.unwrap();
    let answer = async |frame: Value| -> Value {
        let event = event("send-message", ANA, LATER, Some(&frame.to_string()));
        let people_counts = PeopleCounts::default();
        let services = services(&connections, &log, &gateway, &people_counts);
        Box::pin(dispatch::frame(&services, event)).await.unwrap();
        let received = gateway.delivered_to(&ConnectionId::new(ANA));
        serde_json::from_str(received.last().unwrap()).unwrap()
    };
    answer(json!({"action": "sendMessage", "message": "before"})).await;
    let old = answer(json!({"action": "ping"})).await;

    client
        .update_item()
        .table_name(TABLE)
        .key("room", AttributeValue::S("main".into()))
        .key("seq", AttributeValue::N("0".into()))
        .update_expression("SET epoch = :new")
        .expression_attribute_values(":new", AttributeValue::S("restored-1".into()))
        .send()
        .await
        .unwrap();

    let sent = answer(json!({"action": "sendMessage", "message": "after"})).await;
    assert_eq!(sent["seq"], 2, "{sent}");
    // A client at the end of the old log learns that this is another one.
    let resume = json!({"epoch": old["epoch"], "after": 1});
    let greeting = answer(json!({"action": "connected", "resume": resume})).await;
    assert_eq!(greeting["type"], "connected");
    assert_eq!(greeting["epoch"], "restored-1");
    assert_eq!(greeting["head"], 2);
    let page = answer(json!({"action": "history", "after": 0})).await;
    let messages = page["messages"].as_array().unwrap().iter();
    let texts: Vec<_> = messages.map(|message| &message["message"]).collect();
    assert_eq!(texts, ["before", "after"]);
}
