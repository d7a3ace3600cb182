//! SNS on this machine: topics deliver messages to the functions and queues that the template subscribes.
//!
//! Decides which subscribers get a message and in which form; `protocol` reads requests and writes responses. Topics and subscriptions
//! cannot be created by requests: the template does that. Messages are not stored, and failed invocations are retried like any
//! asynchronous invocation.

mod protocol;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value as Json, json};
use tracing::info;

pub(crate) use self::protocol::is_for_topics;
use crate::{
    clock::Clock,
    functions::Function,
    ids, invoke,
    sqs::{Outgoing, Queues},
    template::{self, Subscriber, Subscription, resolve::topic_arn},
};

/// All topics. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Topics {
    by_name: Arc<BTreeMap<String, Vec<Subscription>>>,
    queues: Queues,
    clock: Clock,
}

/// A message for a topic.
#[derive(Debug, Clone, Default)]
struct Message {
    body: String,
    subject: Option<String>,
    /// In the form of the JSON protocol of SQS.
    attributes: Map<String, Json>,
    group: Option<String>,
    deduplication: Option<String>,
}

impl Topics {
    pub(crate) fn new(topics: Vec<template::Topic>, queues: Queues, clock: Clock) -> Self {
        let by_name = topics
            .into_iter()
            .map(|topic| (topic.name, topic.subscriptions));
        Self {
            by_name: Arc::new(by_name.collect()),
            queues,
            clock,
        }
    }

    /// Delivers a message to the subscribers of a topic. Returns the message's id; `None` when there is no such topic.
    fn publish(
        &self,
        topic: &str,
        message: &Message,
        functions: &BTreeMap<String, Arc<Function>>,
    ) -> Option<String> {
        let subscriptions = self.by_name.get(topic)?;
        let id = ids::uuid();
        let accepted: Vec<_> = subscriptions
            .iter()
            .filter(|subscription| accepts(subscription, message))
            .collect();
        info!(
            "topic      {topic}: a message for {} of {} subscriptions",
            accepted.len(),
            subscriptions.len()
        );
        let time = self.clock.now();
        let time = time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        for subscription in accepted {
            match &subscription.to {
                Subscriber::Function(function) => {
                    if let Some(function) = functions.get(function) {
                        let event = event(topic, &id, &time, message).to_string();
                        tokio::spawn(invoke::deliver(Arc::clone(function), event));
                    }
                }
                Subscriber::Queue(queue) => {
                    let outgoing = outgoing(subscription, topic, &id, &time, message);
                    self.queues.send(queue, outgoing);
                }
            }
        }
        Some(id)
    }
}

/// Whether the filter of a subscription accepts a message.
fn accepts(subscription: &Subscription, message: &Message) -> bool {
    let Some(filter) = &subscription.filter else {
        return true;
    };
    let record = if subscription.filters_body {
        serde_json::from_str(&message.body).unwrap_or_default()
    } else {
        let attributes = message.attributes.iter().map(|(name, attribute)| {
            let text = attribute["StringValue"].as_str().unwrap_or_default();
            // Lists and numbers are compared as such.
            let value = match attribute["DataType"].as_str() {
                Some("String.Array" | "Number") => serde_json::from_str(text).ok(),
                _ => None,
            };
            (name.clone(), value.unwrap_or_else(|| text.into()))
        });
        Json::Object(attributes.collect())
    };
    filter.accepts(&record)
}

/// The attributes as SNS delivers them.
fn attributes(message: &Message) -> Json {
    let attributes = message.attributes.iter().map(|(name, attribute)| {
        let value = [&attribute["StringValue"], &attribute["BinaryValue"]];
        let value = value.into_iter().find(|value| !value.is_null());
        let attribute = json!({ "Type": attribute["DataType"], "Value": value });
        (name.clone(), attribute)
    });
    Json::Object(attributes.collect())
}

/// The event of a function (<https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>).
fn event(topic: &str, id: &str, time: &str, message: &Message) -> Json {
    let arn = topic_arn(topic);
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{arn}:local"),
        "Sns": {
            "Type": "Notification",
            "MessageId": id,
            "TopicArn": arn,
            "Subject": message.subject,
            "Message": message.body,
            "Timestamp": time,
            "SignatureVersion": "1",
            "Signature": "local",
            "SigningCertUrl": "https://sns.us-east-1.amazonaws.com/local.pem",
            "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
            "MessageAttributes": attributes(message),
        },
    }] })
}

/// The message that a queue gets
/// (<https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html>, and for raw messages
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html>).
fn outgoing(
    subscription: &Subscription,
    topic: &str,
    id: &str,
    time: &str,
    message: &Message,
) -> Outgoing {
    let (group, deduplication) = (message.group.clone(), message.deduplication.clone());
    if subscription.raw {
        return Outgoing {
            attributes: message.attributes.clone(),
            group,
            deduplication,
            ..Outgoing::plain(message.body.clone())
        };
    }
    let mut envelope = json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": topic_arn(topic),
        "Message": message.body,
        "Timestamp": time,
        "SignatureVersion": "1",
        "Signature": "local",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/local.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    });
    if let Some(subject) = &message.subject {
        envelope["Subject"] = subject.as_str().into();
    }
    if !message.attributes.is_empty() {
        envelope["MessageAttributes"] = attributes(message);
    }
    Outgoing {
        group,
        deduplication,
        ..Outgoing::plain(envelope.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Pattern;

    #[track_caller]
    fn is_accepted(filter: &str, filters_body: bool, message: &Message, wanted: bool) {
        let subscription = Subscription {
            to: Subscriber::Queue("q".to_owned()),
            filter: Some(Pattern::parse(filter).unwrap()),
            filters_body,
            raw: false,
        };
        assert_eq!(accepts(&subscription, message), wanted, "{filter}");
    }

    #[tokio::test]
    async fn a_message_of_a_batch_that_is_refused_does_not_hold_up_the_others() {
        let topic = template::Topic {
            name: "news".to_owned(),
            subscriptions: Vec::new(),
        };
        let clock = Clock::default();
        let queues = Queues::new(&[], clock.clone(), ([127, 0, 0, 1], 1).into());
        let topics = Topics::new(vec![topic], queues, clock);
        let batch = "Action=PublishBatch&TopicArn=arn:aws:sns:us-east-1:1:news\
                     &PublishBatchRequestEntries.member.1.Id=empty&PublishBatchRequestEntries.member.1.Message=\
                     &PublishBatchRequestEntries.member.2.Id=full&PublishBatchRequestEntries.member.2.Message=x";
        let (status, xml) = topics.answer(batch.as_bytes(), &BTreeMap::new());
        assert_eq!(status, 200);
        let published = "<Successful><member><Id>full</Id><MessageId>";
        let failed = "<Failed><member><Id>empty</Id><Code>InvalidParameter</Code>";
        assert!(xml.contains(published) && xml.contains(failed), "{xml}");
    }

    #[test]
    fn filters_decide_by_attributes_or_by_the_message() {
        let attribute = |kind, value| json!({ "DataType": kind, "StringValue": value });
        let message = Message {
            body: r#"{"room": "lobby"}"#.to_owned(),
            attributes: Map::from_iter([
                ("kind".to_owned(), attribute("String", "chat")),
                ("size".to_owned(), attribute("Number", "7")),
                (
                    "tags".to_owned(),
                    attribute("String.Array", r#"["a", "b"]"#),
                ),
            ]),
            ..Message::default()
        };
        is_accepted(r#"{"kind": ["chat"]}"#, false, &message, true);
        is_accepted(r#"{"kind": ["other"]}"#, false, &message, false);
        is_accepted(
            r#"{"size": [{"numeric": [">", 5]}]}"#,
            false,
            &message,
            true,
        );
        is_accepted(r#"{"tags": ["b"]}"#, false, &message, true);
        is_accepted(r#"{"room": ["lobby"]}"#, true, &message, true);
        is_accepted(r#"{"room": ["lobby"]}"#, false, &message, false);
    }
}
