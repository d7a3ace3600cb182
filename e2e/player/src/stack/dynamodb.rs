//! The connections table, through DynamoDB's HTTP API as it is. A client library would hide what is really in the rows.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// How long DynamoDB may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// DynamoDB wants a signature and, locally, does not look at it.
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

/// All rows.
pub(super) fn scan(url: &str, table: &str) -> Result<Vec<Row>> {
    let answer = call(
        url,
        "Scan",
        &json!({"TableName": table, "ConsistentRead": true}),
    )?;
    if answer.get("LastEvaluatedKey").is_some() {
        bail!("the table has more than one page of rows");
    }
    let items = answer["Items"]
        .as_array()
        .with_context(|| format!("DynamoDB answered a scan with {answer}"))?;
    items.iter().map(row).collect()
}

/// Writes a row.
pub(super) fn put(url: &str, table: &str, row: &Row) -> Result<()> {
    let item = json!({
        "connectionId": {"S": row.connection_id},
        "connectedAt": {"S": row.connected_at},
        "expiresAt": {"N": row.expires_at.to_string()},
    });
    call(url, "PutItem", &json!({"TableName": table, "Item": item}))?;
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
    let target = format!("DynamoDB_20120810.{operation}");
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", &target),
        ("x-amz-date", "20250101T000000Z"),
        ("authorization", AUTHORIZATION),
    ];
    let (status, body) = super::http::post(url, &headers, &request.to_string(), ANSWER)?;
    if status != 200 {
        bail!("DynamoDB answered {operation} with {status}: {body}");
    }
    serde_json::from_str(&body)
        .with_context(|| format!("DynamoDB answered {operation} with no JSON: {body}"))
}
