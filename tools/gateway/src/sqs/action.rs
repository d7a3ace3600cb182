//! The actions of SQS
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html>).

use std::time::Duration;

use serde_json::{Map, Value as Json, json};
use tokio::time::Instant;

use super::{
    Outgoing, Queues,
    error::Error,
    message::{for_client, md5, md5_of_attributes},
    queue::Queue,
};
use crate::template::resolve::queue_arn;

/// Longest wait of `ReceiveMessage`, in seconds.
const MAX_WAIT: u64 = 20;
/// Maximum number of messages in one request.
const MAX_BATCH: usize = 10;

/// Carries out an action on its input. Both protocols give the same.
pub(super) async fn run(queues: &Queues, action: &str, input: &Json) -> Result<Json, Error> {
    match action {
        "GetQueueUrl" => {
            let name = text(input, "QueueName")?;
            with(queues, name, |_, _| Ok(()))?;
            Ok(json!({ "QueueUrl": queues.url(name) }))
        }
        "ListQueues" => {
            let prefix = input["QueueNamePrefix"].as_str().unwrap_or_default();
            let names = queues
                .names()
                .into_iter()
                .filter(|name| name.starts_with(prefix));
            let urls: Vec<_> = names.map(|name| queues.url(&name)).collect();
            Ok(json!({ "QueueUrls": urls }))
        }
        "ReceiveMessage" => receive(queues, input).await,
        "SendMessage" => change(queues, input, send),
        "SendMessageBatch" => batch(queues, input, send),
        "DeleteMessage" => change(queues, input, delete),
        "DeleteMessageBatch" => batch(queues, input, delete),
        "ChangeMessageVisibility" => change(queues, input, change_visibility),
        "ChangeMessageVisibilityBatch" => batch(queues, input, change_visibility),
        "PurgeQueue" => with(queues, queue(input)?, |queue, _| {
            queue.purge();
            Ok(json!({}))
        }),
        "GetQueueAttributes" => with(queues, queue(input)?, |queue, now| {
            Ok(attributes(queue, now, &names(input, &["AttributeNames"])))
        }),
        other => {
            let message = format!("{other} is not supported here; queues come from the template");
            let code = "AWS.SimpleQueueService.UnsupportedOperation";
            Err(Error::new("UnsupportedOperation", code, message))
        }
    }
}

fn text<'a>(input: &'a Json, name: &str) -> Result<&'a str, Error> {
    input[name].as_str().ok_or_else(|| Error::missing(name))
}

/// A number within a range, given as a number or as a text.
fn number(input: &Json, name: &str, max: u64) -> Result<Option<u64>, Error> {
    let value = &input[name];
    if value.is_null() {
        return Ok(None);
    }
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|number| *number <= max).map(Some).ok_or_else(|| {
        Error::invalid(format!("Value {value} for parameter {name} is invalid. Reason: Must be between 0 and {max}."))
    })
}

fn seconds(input: &Json, name: &str, max: u64) -> Result<Option<Duration>, Error> {
    Ok(number(input, name, max)?.map(Duration::from_secs))
}

/// The queue's name, which is the last step of its URL.
fn queue(input: &Json) -> Result<&str, Error> {
    let url = text(input, "QueueUrl")?.trim_end_matches('/');
    Ok(url.rsplit('/').next().unwrap_or_default())
}

fn with<T>(
    queues: &Queues,
    name: &str,
    operation: impl FnOnce(&mut Queue, i64) -> Result<T, Error>,
) -> Result<T, Error> {
    queues
        .with(name, operation)
        .unwrap_or_else(|| Err(Error::no_queue()))
}

/// Runs an action on the queue of the request.
fn change(
    queues: &Queues,
    input: &Json,
    action: impl Fn(&mut Queue, i64, &Json) -> Result<Json, Error>,
) -> Result<Json, Error> {
    queues
        .change(queue(input)?, |queue, now| action(queue, now, input))
        .unwrap_or_else(|| Err(Error::no_queue()))
}

/// Runs the action of a batch on each of its entries.
fn batch(
    queues: &Queues,
    input: &Json,
    action: impl Fn(&mut Queue, i64, &Json) -> Result<Json, Error>,
) -> Result<Json, Error> {
    let entries = input["Entries"]
        .as_array()
        .filter(|entries| !entries.is_empty());
    let entries = entries.ok_or_else(|| {
        let message = "There should be at least one entry in the request.";
        let code = "AWS.SimpleQueueService.EmptyBatchRequest";
        Error::new("EmptyBatchRequest", code, message)
    })?;
    if entries.len() > MAX_BATCH {
        let message = format!("Maximum number of entries per request are {MAX_BATCH}.");
        let code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
        return Err(Error::new("TooManyEntriesInBatchRequest", code, message));
    }
    change(queues, input, |queue, now, _| {
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            match action(queue, now, entry) {
                Ok(mut result) => {
                    result["Id"] = entry["Id"].clone();
                    successful.push(result);
                }
                Err(Error { code, message, .. }) => failed.push(json!({
                    "Id": entry["Id"], "SenderFault": true, "Code": code, "Message": message,
                })),
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    })
}

fn send(queue: &mut Queue, now: i64, input: &Json) -> Result<Json, Error> {
    let attributes = input["MessageAttributes"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let body = text(input, "MessageBody")?.to_owned();
    if body.is_empty() {
        return Err(Error::missing("MessageBody"));
    }
    if !body.chars().all(is_allowed) {
        let message = "The message contains characters outside the allowed set.";
        return Err(Error::named("InvalidMessageContents", message));
    }
    let optional = |name: &str| input[name].as_str().map(ToOwned::to_owned);
    let mut result = json!({ "MD5OfMessageBody": md5(body.as_bytes()) });
    if let Some(digest) = md5_of_attributes(&attributes) {
        result["MD5OfMessageAttributes"] = digest.into();
    }
    let sent = queue.send(
        now,
        Outgoing {
            body,
            attributes,
            delay: seconds(input, "DelaySeconds", 900)?,
            group: optional("MessageGroupId"),
            deduplication: optional("MessageDeduplicationId"),
        },
    )?;
    result["MessageId"] = sent.id.into();
    if let Some(sequence) = sent.sequence {
        result["SequenceNumber"] = sequence.into();
    }
    Ok(result)
}

/// Whether a message may have this character: XML 1.0 must allow it.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn delete(queue: &mut Queue, _now: i64, input: &Json) -> Result<Json, Error> {
    queue.delete(text(input, "ReceiptHandle")?);
    Ok(json!({}))
}

fn change_visibility(queue: &mut Queue, now: i64, input: &Json) -> Result<Json, Error> {
    let receipt = text(input, "ReceiptHandle")?;
    let timeout = seconds(input, "VisibilityTimeout", 43_200)?;
    let timeout = timeout.ok_or_else(|| Error::missing("VisibilityTimeout"))?;
    if queue.change_visibility(now, receipt, timeout) {
        return Ok(json!({}));
    }
    let message = format!("The input receipt handle \"{receipt}\" is not a valid receipt handle.");
    Err(Error::named("ReceiptHandleIsInvalid", message))
}

async fn receive(queues: &Queues, input: &Json) -> Result<Json, Error> {
    let name = queue(input)?;
    let default_wait = with(queues, name, |queue, _| Ok(queue.settings().receive_wait))?;
    let wait = seconds(input, "WaitTimeSeconds", MAX_WAIT)?.unwrap_or(default_wait);
    let visibility = seconds(input, "VisibilityTimeout", 43_200)?;
    let max = number(input, "MaxNumberOfMessages", MAX_BATCH as u64)?.unwrap_or(1);
    let max = usize::try_from(max).unwrap_or(1).max(1);
    let system = names(input, &["AttributeNames", "MessageSystemAttributeNames"]);
    let own = names(input, &["MessageAttributeNames"]);
    let received = queues
        .receive(name, max, visibility, Instant::now() + wait)
        .await;
    let received = received.ok_or_else(Error::no_queue)?;
    let messages: Vec<_> = received
        .iter()
        .map(|message| for_client(message, &system, &own))
        .collect();
    Ok(if messages.is_empty() {
        json!({})
    } else {
        json!({ "Messages": messages })
    })
}

/// The names in these lists.
fn names(input: &Json, lists: &[&str]) -> Vec<String> {
    let lists = lists.iter().filter_map(|list| input[*list].as_array());
    let names = lists.flatten().filter_map(Json::as_str);
    names.map(ToOwned::to_owned).collect()
}

/// The requested attributes of a queue.
fn attributes(queue: &Queue, now: i64, asked: &[String]) -> Json {
    let settings = queue.settings();
    let [visible, in_flight, delayed] = queue.counts(now);
    let mut attributes = Map::new();
    let mut add = |name: &str, value: String| attributes.insert(name.to_owned(), value.into());
    add("QueueArn", queue_arn(&settings.name));
    for (name, count) in [
        ("", visible),
        ("NotVisible", in_flight),
        ("Delayed", delayed),
    ] {
        let name = format!("ApproximateNumberOfMessages{name}");
        add(&name, count.to_string());
    }
    for (name, duration) in [
        ("VisibilityTimeout", settings.visibility_timeout),
        ("DelaySeconds", settings.delay),
        ("MessageRetentionPeriod", settings.retention),
        ("ReceiveMessageWaitTimeSeconds", settings.receive_wait),
    ] {
        add(name, duration.as_secs().to_string());
    }
    if settings.fifo {
        add("FifoQueue", "true".to_owned());
        let content_based = settings.content_based_deduplication;
        add("ContentBasedDeduplication", content_based.to_string());
    }
    if let Some(redrive) = &settings.redrive {
        let policy = json!({
            "deadLetterTargetArn": queue_arn(&redrive.queue),
            "maxReceiveCount": redrive.max_receive_count,
        });
        add("RedrivePolicy", policy.to_string());
    }
    attributes.retain(|name, _| asked.iter().any(|wanted| wanted == "All" || wanted == name));
    json!({ "Attributes": attributes })
}
