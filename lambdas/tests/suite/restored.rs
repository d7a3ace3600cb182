//! A table that was restored from a backup, and whose log was given another name as the README says.

use aws_sdk_dynamodb::types::AttributeValue;
use papo_lambdas::pace::RealPace;
use papo_lambdas::push::memory::MemoryPush;
use papo_lambdas::room::dynamodb::DynamoDbLog;
use papo_lambdas::send_message;
use papo_lambdas::store::memory::MemoryStore;
use papo_protocol::ConnectionId;
use serde_json::{Value, json};

use crate::chat::{LATER, event, room};
use crate::dynamodb::{client, embedded_dynamodb};
use crate::room_contract::{TABLE, empty_table};

const ANA: &str = "L0SM9c-FvHcCIhw=";

#[tokio::test]
async fn a_restored_log_goes_on_under_its_new_name() {
    let client = client(embedded_dynamodb().await);
    empty_table(&client).await;
    let room = room(DynamoDbLog::new(client.clone(), TABLE));
    let push = MemoryPush::new();
    push.open(&ConnectionId::new(ANA));
    let answer = async |frame: Value| -> Value {
        let event = event("send-message", ANA, LATER, Some(&frame.to_string()));
        let store = MemoryStore::new();
        let answered = send_message::handle(&store, &room, &push, &RealPace, event);
        Box::pin(answered).await.unwrap();
        let heard = push.heard_by(&ConnectionId::new(ANA));
        serde_json::from_str(heard.last().unwrap()).unwrap()
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

    let said = answer(json!({"action": "sendMessage", "message": "after"})).await;
    assert_eq!(said["seq"], 2, "{said}");
    // Whoever stood at the old log's end is told that this is another one.
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
