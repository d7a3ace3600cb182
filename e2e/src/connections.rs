//! The rows of the connections table, read and written through DynamoDB's HTTP API: a client library would hide their exact
//! attributes.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use papagaio::stack::Stack;
use serde_json::{Value, json};
use ureq::Agent;

/// The table's logical ID in the template.
const TABLE: &str = "ConnectionsTable";

/// How long DynamoDB may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// DynamoDB requires a signature; local implementations do not verify it.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=local/20250101/us-east-1/dynamodb/aws4_request, \
                             SignedHeaders=host;x-amz-target, Signature=0";

/// A row of the connections table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `connectionId`, the key.
    pub connection_id: String,
    /// `connectedAt`: RFC 3339, in UTC.
    pub connected_at: String,
    /// `expiresAt`: seconds since 1970.
    pub expires_at: u64,
}

/// Access to the rows of a running stack.
pub trait ConnectionsTable {
    /// All rows.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not answer, or not with rows.
    fn rows(&self) -> Result<Vec<Row>>;

    /// Writes a row of the room `main`, as if a client had connected and then vanished.
    ///
    /// # Errors
    ///
    /// If DynamoDB rejects it.
    fn put_row(&self, row: &Row) -> Result<()>;
}

impl ConnectionsTable for Stack {
    fn rows(&self) -> Result<Vec<Row>> {
        let scan = json!({"TableName": self.table(TABLE)?, "ConsistentRead": true});
        let answer = call(self.dynamodb(), "Scan", &scan)?;
        if answer.get("LastEvaluatedKey").is_some() {
            bail!("the table has more than one page of rows");
        }
        let items = answer["Items"]
            .as_array()
            .with_context(|| format!("DynamoDB answered a scan with {answer}"))?;
        items.iter().map(row).collect()
    }

    fn put_row(&self, row: &Row) -> Result<()> {
        let item = json!({
            "connectionId": {"S": row.connection_id},
            "connectedAt": {"S": row.connected_at},
            "room": {"S": "main"},
            "expiresAt": {"N": row.expires_at.to_string()},
        });
        put_item(self, TABLE, &item)
    }
}

/// Writes an item, in the JSON form of DynamoDB's API, to the table that the template calls `table`.
///
/// # Errors
///
/// If DynamoDB rejects it.
pub fn put_item(stack: &Stack, table: &str, item: &Value) -> Result<()> {
    let put = json!({"TableName": stack.table(table)?, "Item": item});
    call(stack.dynamodb(), "PutItem", &put)?;
    Ok(())
}

fn row(item: &Value) -> Result<Row> {
    let text = |name: &str, of: &str| {
        item[name][of]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("the row {item} has no {name} of type {of}"))
    };
    Ok(Row {
        connection_id: text("connectionId", "S")?,
        connected_at: text("connectedAt", "S")?,
        expires_at: text("expiresAt", "N")?.parse()?,
    })
}

fn call(url: &str, operation: &str, request: &Value) -> Result<Value> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(ANSWER))
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into();
    let mut answer = agent
        .post(url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("x-amz-date", "20250101T000000Z")
        .header("authorization", AUTHORIZATION)
        .send(request.to_string())
        .with_context(|| format!("no answer from {url}"))?;
    let status = answer.status();
    let body = answer.body_mut().read_to_string()?;
    if !status.is_success() {
        bail!("DynamoDB answered {operation} with {status}: {body}");
    }
    serde_json::from_str(&body)
        .with_context(|| format!("DynamoDB answered {operation} with invalid JSON: {body}"))
}
