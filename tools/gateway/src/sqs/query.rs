//! The query protocol of SQS. SDKs from before the JSON protocol (November 2023) speak it, among
//! them boto3 before 1.28.82, the AWS CLI before 1.29.82 and the SDK for JavaScript v2 before 2.1492.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html>. A form is
//! converted to the input that the action has in the JSON protocol, and its result there to XML.

use serde_json::{Map, Value as Json};

use super::error::Error;
use crate::{
    query::{self, Form, element, text},
    template::resolve::ACCOUNT,
};

/// The namespace of responses.
const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

/// Actions whose response has no result.
const WITHOUT_RESULT: [&str; 3] = ["ChangeMessageVisibility", "DeleteMessage", "PurgeQueue"];

/// Lists of names: their names in a form and in JSON.
const NAMES: [(&str, &str); 3] = [
    ("AttributeName", "AttributeNames"),
    ("MessageAttributeName", "MessageAttributeNames"),
    ("MessageSystemAttributeName", "MessageSystemAttributeNames"),
];

/// A request: the action, and its input as in the JSON protocol.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) action: String,
    pub(super) input: Json,
}

impl Request {
    /// Reads the form of a request. Its path is a queue's URL where the form does not name the queue.
    pub(super) fn read(path: &str, body: &[u8]) -> Result<Self, Error> {
        let form = Form::read(body);
        let Some(action) = form.get("Action").map(ToOwned::to_owned) else {
            let message =
                "expected a form with an Action, or the header X-Amz-Target of the JSON protocol";
            return Err(Error::named("MissingAction", message));
        };
        let mut input = input(&form);
        let entries = form.list(&format!("{action}RequestEntry"));
        if !entries.is_empty() {
            let entries: Vec<_> = entries
                .iter()
                .map(|entry| Json::from(self::input(entry)))
                .collect();
            input.insert("Entries".to_owned(), entries.into());
        }
        if path.split('/').nth(1) == Some(ACCOUNT) {
            input.entry("QueueUrl").or_insert_with(|| path.into());
        }
        Ok(Self {
            action,
            input: input.into(),
        })
    }
}

/// The members that a form has in the JSON protocol, without the entries of a batch.
fn input(form: &Form) -> Map<String, Json> {
    let mut input: Map<_, _> = form
        .fields()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    for (in_form, in_json) in NAMES {
        let names = form.list(in_form);
        let names: Vec<Json> = names
            .iter()
            .filter_map(|item| item.get("").map(Json::from))
            .collect();
        if !names.is_empty() {
            input.insert(in_json.to_owned(), names.into());
        }
    }
    let attributes = form.attributes("MessageAttribute");
    if !attributes.is_empty() {
        input.insert("MessageAttributes".to_owned(), attributes.into());
    }
    input
}

/// The response to an action, from the result that it has in the JSON protocol.
pub(super) fn response(action: &str, result: &Json, request: &str) -> String {
    query::response(NAMESPACE, action, request, |xml| {
        if !WITHOUT_RESULT.contains(&action) {
            element(xml, &format!("{action}Result"), |xml| {
                members(xml, action, result);
            });
        }
    })
}

/// The response to a request that failed.
pub(super) fn error(error: &Error, request: &str) -> String {
    query::error(NAMESPACE, error.code, &error.message, request)
}

/// The members of an object, each as an element; a list as repeated elements with the name of an item.
fn members(xml: &mut String, action: &str, object: &Json) {
    for (name, value) in object.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("Attributes", Json::Object(pairs)) => {
                for (name, value) in pairs {
                    element(xml, "Attribute", |xml| {
                        text(xml, "Name", name);
                        text(xml, "Value", value.as_str().unwrap_or_default());
                    });
                }
            }
            ("MessageAttributes", Json::Object(pairs)) => {
                for (name, value) in pairs {
                    element(xml, "MessageAttribute", |xml| {
                        text(xml, "Name", name);
                        element(xml, "Value", |xml| members(xml, action, value));
                    });
                }
            }
            (list, Json::Array(items)) => {
                let name = match list {
                    "Messages" => "Message".to_owned(),
                    "QueueUrls" => "QueueUrl".to_owned(),
                    "Failed" => "BatchResultErrorEntry".to_owned(),
                    _ => format!("{action}ResultEntry"),
                };
                for item in items {
                    match item.as_str() {
                        Some(value) => text(xml, &name, value),
                        None => element(xml, &name, |xml| members(xml, action, item)),
                    }
                }
            }
            (name, Json::String(value)) => text(xml, name, value),
            (name, value) => text(xml, name, &value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn reads(path: &str, form: &str, action: &str, input: &Json) {
        let request = Request::read(path, form.as_bytes()).unwrap();
        assert_eq!(
            (request.action.as_str(), &request.input["Action"]),
            (action, &json!(action))
        );
        let mut found = request.input;
        found.as_object_mut().unwrap().remove("Action");
        assert_eq!(&found, input, "{form}");
    }

    #[test]
    fn forms_become_the_input_of_the_json_protocol() {
        reads(
            "/",
            "Action=SendMessage&QueueUrl=http%3A%2F%2Fh%2F1%2Fq&MessageBody=a+b%26\
             &MessageAttribute.1.Name=k&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v",
            "SendMessage",
            &json!({
                "QueueUrl": "http://h/1/q",
                "MessageBody": "a b&",
                "MessageAttributes": {"k": {"DataType": "String", "StringValue": "v"}},
            }),
        );
        // Numbers order a list, not the order of the fields.
        reads(
            &format!("/{ACCOUNT}/q"),
            "Action=DeleteMessageBatch&DeleteMessageBatchRequestEntry.10.Id=b&DeleteMessageBatchRequestEntry.2.Id=a",
            "DeleteMessageBatch",
            &json!({"QueueUrl": format!("/{ACCOUNT}/q"), "Entries": [{"Id": "a"}, {"Id": "b"}]}),
        );
        reads(
            "/",
            "Action=ReceiveMessage&AttributeName.1=All&MessageAttributeName.1=x&MessageAttributeName.2=y",
            "ReceiveMessage",
            &json!({"AttributeNames": ["All"], "MessageAttributeNames": ["x", "y"]}),
        );
    }

    #[test]
    fn forms_without_an_action_are_refused() {
        for form in ["", "=", "a.b.c=1", "{}", "Action", "%ff%00"] {
            let read = Request::read("/", form.as_bytes());
            let action = read.map(|request| request.action);
            assert!(!action.is_ok_and(|action| !action.is_empty()), "{form}");
        }
    }

    #[test]
    fn results_become_xml() {
        let result = json!({"Messages": [{
            "Body": "<&>\"\r",
            "Attributes": {"SenderId": "1"},
            "MessageAttributes": {"k": {"DataType": "String", "StringValue": "v"}},
        }]});
        assert_eq!(
            response("ReceiveMessage", &result, "id"),
            format!(
                "<ReceiveMessageResponse xmlns=\"{NAMESPACE}\"><ReceiveMessageResult><Message>\
                 <Body>&lt;&amp;&gt;&quot;&#xD;</Body>\
                 <Attribute><Name>SenderId</Name><Value>1</Value></Attribute>\
                 <MessageAttribute><Name>k</Name><Value><DataType>String</DataType><StringValue>v</StringValue></Value>\
                 </MessageAttribute></Message></ReceiveMessageResult>\
                 <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></ReceiveMessageResponse>"
            )
        );
        let batch = json!({
            "Successful": [{"Id": "1"}],
            "Failed": [{"Id": "2", "SenderFault": true}],
        });
        let xml = response("SendMessageBatch", &batch, "id");
        assert!(xml.contains(
            "<SendMessageBatchResultEntry><Id>1</Id></SendMessageBatchResultEntry>\
             <BatchResultErrorEntry><Id>2</Id><SenderFault>true</SenderFault></BatchResultErrorEntry>"
        ));
        assert!(!response("DeleteMessage", &json!({}), "id").contains("Result"));
    }
}
