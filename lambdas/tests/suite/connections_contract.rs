//! The contract of every table of connections: in memory, on the embedded DynamoDB, and on DynamoDB Local where it is
//! available.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};
use papo_lambdas::connections::dynamodb::DynamoDbConnections;
use papo_lambdas::connections::memory::MemoryConnections;
use papo_lambdas::connections::{
    DeleteConnection, FindConnection, Introduce, ListConnections, ListRoom, Listed, Member,
    PutConnection, Row,
};
use papo_protocol::{ConnectionId, Person, PersonId, PersonName, RoomName};

use crate::chat::at;
use crate::dynamodb::{client, embedded_dynamodb, new_table, official_dynamodb_local};
use crate::http::{Answer, Server};

pub(crate) const TABLE: &str = "api-dev-ConnectionsTable";

/// Checks the contract of [`papo_lambdas::connections`] on an empty table.
async fn keeps_the_contract(
    connections: impl PutConnection
    + DeleteConnection
    + FindConnection
    + Introduce
    + ListConnections
    + ListRoom,
) {
    puts_and_deletes_rows(&connections).await;
    lists_each_row_on_one_page(&connections).await;
    finds_rooms(&connections).await;
}

/// Leaves two rows in the table.
async fn puts_and_deletes_rows(
    connections: &(impl PutConnection + DeleteConnection + ListConnections),
) {
    let ids = ["L0SM9c-FvHcCIhw=", "BFaT_fALIAMCKug=", "--__--__--__--_="];
    assert_eq!(all_rows(connections, 10).await, []);
    for id in ids {
        connections.put(&row(id)).await.unwrap();
    }
    let all = all_rows(connections, 10).await;
    let listed: BTreeSet<_> = all.iter().map(|row| row.connection_id.as_str()).collect();
    assert_eq!(listed, BTreeSet::from(ids));
    assert_eq!(all.len(), ids.len(), "each row is listed once");
    let connected_at = Some(at(1_731_324_924_553));
    assert!(
        all.iter().all(|row| row.connected_at == connected_at),
        "to the millisecond: {all:?}"
    );

    let first = ConnectionId::new(ids[0]);
    let again = Row::new(first.clone(), RoomName::default(), at(1_731_324_999_000));
    connections.put(&again).await.unwrap();
    let all = all_rows(connections, 10).await;
    assert_eq!(all.len(), ids.len(), "a second put replaces the row");
    let replaced = all.iter().find(|row| row.connection_id == first).unwrap();
    assert_eq!(replaced.connected_at, Some(again.connected_at));

    let member = Member {
        room: RoomName::default(),
        person: None,
    };
    for (id, deleted) in [
        (first.clone(), Some(member)),
        (first.clone(), None),
        (ConnectionId::new("unknown="), None),
    ] {
        assert_eq!(connections.delete(&id).await.unwrap(), deleted);
        let left = all_rows(connections, 10).await;
        assert!(left.iter().all(|row| row.connection_id != first));
        assert_eq!(left.len(), ids.len() - 1, "no other row is deleted");
    }
}

/// Expects two rows in the table.
async fn lists_each_row_on_one_page(
    connections: &(impl PutConnection + DeleteConnection + ListConnections),
) {
    for n in 0..23 {
        connections.put(&row(&format!("page-{n}="))).await.unwrap();
    }
    for limit in [1, 2, 7, 25, 26] {
        let all = all_rows(connections, limit).await;
        let distinct: BTreeSet<_> = all.iter().map(|row| row.connection_id.as_str()).collect();
        assert_eq!((all.len(), distinct.len()), (25, 25), "{limit} a page");
    }
    let first = connections.page(5, None).await.unwrap();
    for row in &first.rows {
        connections.delete(&row.connection_id).await.unwrap();
    }
    let second = connections.page(50, first.next).await.unwrap();
    assert_eq!(
        second.rows.len(),
        20,
        "the next page may start after a row that has been deleted"
    );
}

async fn finds_rooms(connections: &(impl PutConnection + FindConnection + Introduce + ListRoom)) {
    let team = RoomName::parse("equipe").unwrap();
    for n in 0..5 {
        let id = ConnectionId::new(format!("team-{n}="));
        let row = Row {
            token_expires_at: Some(1_731_328_524),
            ..Row::new(id.clone(), team.clone(), at(1_731_324_924_553))
        };
        connections.put(&row).await.unwrap();
        let person = Person {
            person_id: PersonId::new(format!("person-{n}")),
            name: (n > 0).then(|| PersonName::parse("Ana").unwrap()),
        };
        let member = |person| {
            let room = team.clone();
            Some(Member { room, person })
        };
        assert_eq!(connections.find(&id).await.unwrap(), member(None));
        connections.introduce(&id, &person).await.unwrap();
        assert_eq!(connections.find(&id).await.unwrap(), member(Some(person)));
    }
    let unknown = ConnectionId::new("never-there=");
    let person = Person {
        person_id: PersonId::new("p"),
        name: None,
    };
    connections.introduce(&unknown, &person).await.unwrap();
    assert_eq!(
        connections.find(&unknown).await.unwrap(),
        None,
        "an introduction writes no row"
    );
    for limit in [1, 2, 5, 6] {
        let mut ids = BTreeSet::new();
        let mut after = None;
        loop {
            let page = connections.room_page(&team, limit, after).await.unwrap();
            for row in page.rows {
                assert_eq!(row.connected_at, Some(at(1_731_324_924_553)));
                assert_eq!(row.token_expires_at, Some(1_731_328_524));
                assert!(row.person.is_some());
                assert!(ids.insert(row.connection_id), "each row is on one page");
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(
            ids.len(),
            5,
            "the rows of the room and no others, {limit} a page"
        );
    }
}

/// All rows, read `limit` at a time.
async fn all_rows(connections: &impl ListConnections, limit: u16) -> Vec<Listed> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = connections.page(limit, after).await.unwrap();
        assert!(page.rows.len() <= usize::from(limit));
        rows.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next),
            None => return rows,
        }
    }
}

/// Checks what other readers of the table rely on: the names and types of the attributes.
async fn writes_rows_as_documented(client: &Client) {
    let connections = DynamoDbConnections::new(client.clone(), TABLE);
    connections.put(&row("L0SM9c-FvHcCIhw=")).await.unwrap();
    let output = client.scan().table_name(TABLE).send().await.unwrap();
    let expected = HashMap::from([
        (
            "connectionId".to_owned(),
            AttributeValue::S("L0SM9c-FvHcCIhw=".into()),
        ),
        ("room".to_owned(), AttributeValue::S("main".into())),
        (
            "connectedAt".to_owned(),
            AttributeValue::S("2024-11-11T11:35:24.553Z".into()),
        ),
        (
            "expiresAt".to_owned(),
            AttributeValue::N("1731335724".into()),
        ),
    ]);
    assert_eq!(output.items(), [expected]);
}

/// Checks that rows of another writer are read as far as possible.
async fn reads_rows_of_others(client: &Client) {
    let times = [
        AttributeValue::S("yesterday".into()),
        AttributeValue::N("1731324924553".into()),
        AttributeValue::S("2024-11-11T12:35:24.553+01:00".into()),
    ];
    for (n, time) in times.into_iter().enumerate() {
        let id = AttributeValue::S(format!("{n}="));
        let put = client.put_item().table_name(TABLE).item("connectionId", id);
        put.item("connectedAt", time).send().await.unwrap();
    }
    let connections = DynamoDbConnections::new(client.clone(), TABLE);
    let mut rows = all_rows(&connections, 10).await;
    rows.sort_by(|a, b| a.connection_id.cmp(&b.connection_id));
    let times: Vec<_> = rows.iter().map(|row| row.connected_at).collect();
    assert_eq!(times, [None, None, Some(at(1_731_324_924_553))]);
}

fn row(id: &str) -> Row {
    Row::new(
        ConnectionId::new(id),
        RoomName::default(),
        at(1_731_324_924_553),
    )
}

/// Creates the empty table, as the template describes it.
pub(crate) async fn empty_table(client: &Client) {
    let keys = [
        ("room", ScalarAttributeType::S),
        ("connectionId", ScalarAttributeType::S),
    ];
    new_table(client, TABLE, &keys[1..], Some(("room-index", &keys))).await;
}

/// Everything that a DynamoDB at `port` must do for us.
async fn keeps_every_contract(port: u16) {
    let client = client(port);
    empty_table(&client).await;
    keeps_the_contract(DynamoDbConnections::new(client.clone(), TABLE)).await;
    empty_table(&client).await;
    writes_rows_as_documented(&client).await;
    empty_table(&client).await;
    reads_rows_of_others(&client).await;
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    keeps_the_contract(MemoryConnections::new()).await;
}

#[tokio::test]
async fn the_embedded_dynamodb_keeps_the_contract() {
    keeps_every_contract(embedded_dynamodb().await).await;
}

#[tokio::test]
async fn the_official_dynamodb_local_keeps_the_contract() {
    let Some(server) = official_dynamodb_local().await else {
        return;
    };
    keeps_every_contract(server.port()).await;
}

#[tokio::test]
async fn reads_consistently_and_only_the_attributes_it_needs() {
    let empty = "HTTP/1.1 200 OK\ncontent-type: application/x-amz-json-1.0\n\n{}";
    let server = Server::answering(Answer::Text(empty)).await;
    let connections = DynamoDbConnections::new(client(server.address.port()), TABLE);
    connections
        .page(7, Some(ConnectionId::new("a=")))
        .await
        .unwrap();
    let requests = server.requests();
    let body: serde_json::Value =
        serde_json::from_str(requests[0].trim_start_matches("POST / ")).unwrap();
    let expected = serde_json::json!({
        "TableName": TABLE,
        "ConsistentRead": true,
        "ProjectionExpression": "connectionId, connectedAt, tokenExpiresAt",
        "Limit": 7,
        "ExclusiveStartKey": { "connectionId": { "S": "a=" } },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn an_error_names_operation_table_and_cause() {
    let connections = DynamoDbConnections::new(client(embedded_dynamodb().await), "no-such-table");
    let id = ConnectionId::new("a=");
    for (error, operation) in [
        (connections.put(&row("a=")).await.unwrap_err(), "PutItem"),
        (connections.delete(&id).await.unwrap_err(), "DeleteItem"),
        (connections.page(1, None).await.unwrap_err(), "Scan"),
    ] {
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("{operation} on the table no-such-table failed")),
            "{text}"
        );
        assert!(text.contains("ResourceNotFound"), "{text}");
    }
}
