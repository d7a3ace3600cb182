//! Requests to SNS and their responses. All SDKs speak the query protocol to it
//! (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).

use std::{collections::BTreeMap, sync::Arc};

use http::StatusCode;

use super::{Message, Topics};
use crate::{
    functions::Function,
    ids,
    query::{self, Form, element, text},
};

/// The namespace of responses.
const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";
/// The version of the API, which every request names.
const VERSION: &str = "2010-03-31";
/// Largest message, in bytes.
const MAX_MESSAGE: usize = 256 * 1024;

/// Why a request is refused.
struct Error {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Error {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
        }
    }
}

/// Whether the form of a request is for SNS and not for SQS, which speaks the same protocol.
pub(crate) fn is_for_topics(body: &[u8]) -> bool {
    Form::read(body).get("Version") == Some(VERSION)
}

impl Topics {
    /// Carries out one request; returns the status and the body of the response.
    pub(crate) fn answer(
        &self,
        body: &[u8],
        functions: &BTreeMap<String, Arc<Function>>,
    ) -> (StatusCode, String) {
        let form = Form::read(body);
        let request = ids::uuid();
        let result = match form.get("Action").unwrap_or_default() {
            "Publish" => self.publish_one(&form, functions).map(|id| {
                query::response(NAMESPACE, "Publish", &request, |xml| {
                    element(xml, "PublishResult", |xml| text(xml, "MessageId", &id));
                })
            }),
            "PublishBatch" => self.publish_batch(&form, functions, &request),
            other => {
                let message = format!("the action {other:?} is not emulated");
                Err(Error::new("InvalidAction", message))
            }
        };
        match result {
            Ok(xml) => (StatusCode::OK, xml),
            Err(error) => (
                error.status,
                query::error(NAMESPACE, error.code, &error.message, &request),
            ),
        }
    }

    /// Publishes the message of a form. Returns the message's id.
    fn publish_one(
        &self,
        form: &Form,
        functions: &BTreeMap<String, Arc<Function>>,
    ) -> Result<String, Error> {
        let arn = form.get("TopicArn").or_else(|| form.get("TargetArn"));
        let arn =
            arn.ok_or_else(|| Error::new("InvalidParameter", "Invalid parameter: TopicArn"))?;
        self.publish_to(arn, &message(form)?, functions)
    }

    fn publish_to(
        &self,
        arn: &str,
        message: &Message,
        functions: &BTreeMap<String, Arc<Function>>,
    ) -> Result<String, Error> {
        let name = arn.rsplit(':').next().unwrap_or_default();
        let id = self.publish(name, message, functions);
        id.ok_or_else(|| Error {
            status: StatusCode::NOT_FOUND,
            ..Error::new("NotFound", "Topic does not exist")
        })
    }

    /// Publishes the messages of a batch. One that is refused does not keep the others from being published
    /// (<https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html>).
    fn publish_batch(
        &self,
        form: &Form,
        functions: &BTreeMap<String, Arc<Function>>,
        request: &str,
    ) -> Result<String, Error> {
        let arn = form.get("TopicArn").unwrap_or_default();
        let entries = form.list("PublishBatchRequestEntries.member");
        if entries.is_empty() {
            let message = "The batch request doesn't contain any entries.";
            return Err(Error::new("EmptyBatchRequest", message));
        }
        let (mut published, mut failed) = (Vec::new(), Vec::new());
        for entry in &entries {
            let name = entry.get("Id").unwrap_or_default();
            match message(entry) {
                Ok(message) => published.push((name, self.publish_to(arn, &message, functions)?)),
                Err(error) => failed.push((name, error)),
            }
        }
        Ok(query::response(NAMESPACE, "PublishBatch", request, |xml| {
            element(xml, "PublishBatchResult", |xml| {
                element(xml, "Successful", |xml| {
                    for (entry, id) in &published {
                        element(xml, "member", |xml| {
                            text(xml, "Id", entry);
                            text(xml, "MessageId", id);
                        });
                    }
                });
                element(xml, "Failed", |xml| {
                    for (entry, error) in &failed {
                        element(xml, "member", |xml| {
                            text(xml, "Id", entry);
                            text(xml, "Code", error.code);
                            text(xml, "Message", &error.message);
                            text(xml, "SenderFault", "true");
                        });
                    }
                });
            });
        }))
    }
}

fn message(form: &Form) -> Result<Message, Error> {
    let owned = |name| form.get(name).map(ToOwned::to_owned);
    let body = owned("Message").filter(|body| !body.is_empty());
    let body =
        body.ok_or_else(|| Error::new("InvalidParameter", "Invalid parameter: Empty message"))?;
    if body.len() > MAX_MESSAGE {
        return Err(Error::new(
            "InvalidParameter",
            "Invalid parameter: Message too long",
        ));
    }
    Ok(Message {
        body,
        subject: owned("Subject"),
        attributes: form.attributes("MessageAttributes.entry"),
        group: owned("MessageGroupId"),
        deduplication: owned("MessageDeduplicationId"),
    })
}
