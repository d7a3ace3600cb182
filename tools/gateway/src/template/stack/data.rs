//! Tables, queues, topics and stored parameters.

use std::time::Duration;

use crate::template::filter::Pattern;

/// A DynamoDB table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name within the template.
    pub logical_id: String,
    /// Its name in DynamoDB.
    pub name: String,
    /// The request of `CreateTable`; CloudFormation spells its members as the service does.
    pub definition: serde_json::Value,
    /// The attribute with the time to live, when it is enabled.
    pub time_to_live: Option<String>,
}

/// An SQS queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Its name within the template.
    pub logical_id: String,
    /// Its name in SQS.
    pub name: String,
    /// Whether it keeps the order of message groups.
    pub fifo: bool,
    /// Whether a message of a FIFO queue is known by its body.
    pub content_based_deduplication: bool,
    /// How long a message that was received is invisible.
    pub visibility_timeout: Duration,
    /// How long a new message is invisible.
    pub delay: Duration,
    /// How long messages are kept.
    pub retention: Duration,
    /// How long a receiver waits for messages unless it says otherwise.
    pub receive_wait: Duration,
    /// What happens to messages that are received too often.
    pub redrive: Option<Redrive>,
}

impl Queue {
    /// A queue with the defaults of SQS.
    pub(crate) fn named(name: &str, fifo: bool) -> Self {
        Self {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            fifo,
            content_based_deduplication: false,
            visibility_timeout: Duration::from_secs(30),
            delay: Duration::ZERO,
            retention: Duration::from_hours(4 * 24),
            receive_wait: Duration::ZERO,
            redrive: None,
        }
    }
}

/// The redrive policy of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// Name of the dead-letter queue.
    pub queue: String,
    /// Receives after which a message is moved.
    pub max_receive_count: u32,
}

/// An SNS topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Its name in SNS.
    pub name: String,
    /// Its subscriptions.
    pub subscriptions: Vec<Subscription>,
}

/// A parameter in the Parameter Store of Systems Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredParameter {
    /// Its name, often a path.
    pub name: String,
    /// Its type, as the service spells it.
    pub kind: String,
    /// Its value.
    pub value: String,
}

/// A subscription of a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// The subscriber.
    pub to: Subscriber,
    /// Accepts the messages that are delivered; without it, all are.
    pub filter: Option<Pattern>,
    /// Whether the filter is for the message (`MessageBody`) instead of its attributes.
    pub filters_body: bool,
    /// Whether a queue gets the message without the envelope of SNS.
    pub raw: bool,
}

/// A subscriber of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscriber {
    /// A function, by logical id.
    Function(String),
    /// An SQS queue, by name.
    Queue(String),
}

impl Subscriber {
    /// Logical id of the function that is invoked.
    pub(crate) fn function(&self) -> Option<&str> {
        match self {
            Self::Function(function) => Some(function),
            Self::Queue(_) => None,
        }
    }
}
