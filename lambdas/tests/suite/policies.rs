//! Each function's AWS calls equal its policy in the template: nothing is denied, nothing is allowed without need.
//!
//! Every function handles everything that makes it call AWS, with real clients: DynamoDB is the embedded one, `@connections`
//! answers 410, so that rows are deleted as well. [`recorder`] writes down the requests of the SDK's clients.

mod recorder;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::broadcast::Frames;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::dynamodb::DynamoDbConnections;
use papo_lambdas::connections::{Introduce as _, Listed, PutConnection as _, Row};
use papo_lambdas::dispatch;
use papo_lambdas::handlers::{broadcaster, deliver_part, garbage_collection};
use papo_lambdas::management::REQUEST_LIMIT;
use papo_lambdas::management::api_gateway::ApiGateway;
use papo_lambdas::message_log::dynamodb::DynamoDbMessageLog;
use papo_lambdas::parts::lambda::{ALONE, LambdaDeliverers};
use papo_lambdas::parts::{Part, Parts};
use papo_lambdas::presence::PeopleCounts;
use papo_lambdas::rate_limit::RateLimiter;
use papo_lambdas::request::Services;
use papo_protocol::{ConnectionId, Event, Message, MessageId, Person, PersonId, RoomName};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::chat::{LATER, MORNING, at, event, services};
use crate::dynamodb::{client, embedded_dynamodb};
use crate::http::{Answer, Server};
use crate::stream::{batch, failure, message};
use crate::template::{items, resource, resources_of_type};
use crate::{connections_contract, message_log_contract};
use recorder::Recorder;

/// A call and what it is about, such as `dynamodb:Query ConnectionsTable/index/room-index`.
type Calls = BTreeSet<String>;

/// Long before every event, in seconds since 1970.
const EXPIRED: i64 = 1_731_000_000;

/// The response of Lambda when a part of a room was delivered.
const DELIVERED: &str = concat!(
    "HTTP/1.1 200 OK\n\n",
    r#"{"reached":1,"skipped":0,"gone":0,"failed":0,"complete":true}"#
);

/// Clients of AWS that are recorded, and others that set the scene.
struct Aws {
    connections: DynamoDbConnections,
    log: DynamoDbMessageLog,
    gateway: ApiGateway,
    deliverers: LambdaDeliverers,
    /// `@connections`.
    server: Server,
    recorder: Recorder,
}

impl Aws {
    async fn new() -> Self {
        let unrecorded = client(embedded_dynamodb().await);
        connections_contract::empty_table(&unrecorded).await;
        message_log_contract::empty_table(&unrecorded).await;
        let recorder = Recorder::default();
        let config = unrecorded.config().to_builder();
        let dynamodb =
            aws_sdk_dynamodb::Client::from_conf(config.interceptor(recorder.clone()).build());
        let server = Server::answering(Answer::Text("HTTP/1.1 410 Gone\n\n")).await;
        let endpoint = format!("http://{}/dev", server.address);
        let gateway = ApiGateway::new(&recorder::config(), &endpoint, REQUEST_LIMIT).await;
        let lambda = Server::answering(Answer::Text(DELIVERED)).await;
        Self {
            connections: DynamoDbConnections::new(dynamodb.clone(), connections_contract::TABLE),
            log: DynamoDbMessageLog::new(dynamodb, message_log_contract::TABLE),
            gateway: gateway.unwrap(),
            deliverers: recorder.deliverers(lambda.address),
            server,
            recorder,
        }
    }

    async fn connect(&self, id: &str, token_expires_at: Option<i64>) {
        let mut event = event("connect", id, LATER, None);
        event.payload.request_context.authorizer = token_expires_at
            .map(|at| serde_json::from_value(json!({"expiresAt": at.to_string()})).unwrap());
        self.handle_connection(event).await;
    }

    async fn disconnect(&self, id: &str) {
        self.handle_connection(event("disconnect", id, LATER, None))
            .await;
    }

    async fn handle_connection(&self, event: LambdaEvent<papo_lambdas::event::WebSocketEvent>) {
        let rate_limiter = RateLimiter::new("60000".parse().unwrap());
        let (connections, gateway) = (&self.connections, &self.gateway);
        let (log, clock) = (&self.log, &SystemClock);
        let work = dispatch::connection(connections, log, &rate_limiter, gateway, clock, event);
        // Boxed, because the future is large.
        Box::pin(work).await.unwrap();
    }

    async fn send(&self, id: &str, frame: Value) {
        let people_counts = PeopleCounts::default();
        let services = Services {
            rate_limiter: RateLimiter::new("60000".parse().unwrap()),
            ..services(&self.connections, &self.log, &self.gateway, &people_counts)
        };
        let event = event("default", id, LATER, Some(&frame.to_string()));
        Box::pin(dispatch::frame(&services, event)).await.unwrap();
    }

    /// Writes the row of a connection that has introduced itself.
    async fn introduce(&self, id: &str, token_expires_at: Option<i64>) {
        self.recorder.pause(true);
        let connection = ConnectionId::new(id);
        let row = Row {
            token_expires_at,
            ..Row::new(connection.clone(), RoomName::default(), at(MORNING))
        };
        self.connections.put(&row).await.unwrap();
        let person = Person {
            person_id: PersonId::new(id),
            name: None,
        };
        self.connections
            .introduce(&connection, &person)
            .await
            .unwrap();
        self.recorder.pause(false);
    }

    /// The calls since the last time.
    fn calls(&self) -> Calls {
        let mut calls = self.recorder.take();
        let requests = self.server.take_requests();
        calls.extend(requests.iter().map(|it| recorder::of_connections(it)));
        calls
    }
}

async fn calls_of_connection() -> Calls {
    let aws = Aws::new().await;
    aws.connect("ana=", None).await;
    for (id, expires_at) in [("ana=", None), ("bia=", None), ("caio=", Some(EXPIRED))] {
        aws.introduce(id, expires_at).await;
    }
    aws.disconnect("ana=").await;
    aws.calls()
}

async fn calls_of_send_message() -> Calls {
    let aws = Aws::new().await;
    for (id, expires_at) in [("bia=", None), ("caio=", Some(EXPIRED))] {
        aws.introduce(id, expires_at).await;
    }
    for frame in [
        json!({"action": "connected", "name": "Ana"}),
        json!({"action": "sendMessage", "message": "oi", "clientMessageId": "c-1"}),
        json!({"action": "sendMessage", "message": "oi", "clientMessageId": "c-1"}),
        json!({"action": "edit", "of": 1, "message": "olá"}),
        json!({"action": "reaction", "of": 1, "emoji": "👍", "on": true}),
        json!({"action": "delete", "of": 1}),
        json!({"action": "typing"}),
        json!({"action": "history", "after": 0}),
        json!({"action": "heads", "rooms": ["main"]}),
        json!({"action": "ping"}),
        json!("hello"),
    ] {
        // Each broadcast deletes its row, because its connection is gone.
        aws.introduce("ana=", None).await;
        aws.send("ana=", frame).await;
    }
    aws.send("without-row=", json!({"action": "ping"})).await;
    aws.calls()
}

async fn calls_of_broadcaster() -> Calls {
    let aws = Aws::new().await;
    aws.connect("ana=", None).await;
    aws.connect("bia=", Some(EXPIRED)).await;
    aws.calls();
    let event = batch(&[message("main", 1, "oi")]);
    let work = broadcaster::handle(&aws.connections, &aws.gateway, &SystemClock, ALONE, event);
    Box::pin(work).await;
    // Again, with deliverers.
    aws.introduce("ana=", None).await;
    let parts = Parts::new(aws.deliverers.clone(), NonZeroUsize::MIN).of_size(NonZeroUsize::MIN);
    let event = batch(&[message("main", 2, "oi")]);
    let response = broadcaster::handle(
        &aws.connections,
        &aws.gateway,
        &SystemClock,
        Some(&parts),
        event,
    );
    assert_eq!(failure(&Box::pin(response).await), None);
    aws.calls()
}

async fn calls_of_deliverer() -> Calls {
    let aws = Aws::new().await;
    let row = |id, token_expires_at| Listed {
        connection_id: ConnectionId::new(id),
        connected_at: Some(at(MORNING)),
        token_expires_at,
        person: None,
    };
    let rows = [row("ana=", None), row("bia=", Some(EXPIRED))];
    let message = Message::new(ConnectionId::new("ana="), MessageId::new("m="), LATER, "oi");
    let part = Part::new(Frames::new(&Event::Message(message)), &rows, at(LATER));
    let event = LambdaEvent::new(part, Context::default());
    let work = deliver_part::handle(&aws.connections, &aws.gateway, &SystemClock, event);
    Box::pin(work).await;
    aws.calls()
}

async fn calls_of_garbage_collection() -> Calls {
    let aws = Aws::new().await;
    aws.connect("ana=", None).await;
    aws.connect("bia=", Some(LATER / 1_000)).await;
    aws.calls();
    let event = LambdaEvent::new(IgnoredAny, Context::default());
    let report =
        garbage_collection::handle(&aws.connections, &aws.gateway, &SystemClock, event).await;
    assert_eq!(report.unwrap().deleted, 2);
    aws.calls()
}

/// What the policy of a function allows, in the same form as [`Calls`].
fn allowed(function: &str) -> Calls {
    let function = resource(function);
    let mut allowed = Calls::new();
    for policy in items(&function["Properties"]["Policies"]) {
        for statement in items(&policy["Statement"]) {
            // `!If [condition, statement, AWS::NoValue]`
            let statement = statement.get(1).unwrap_or(statement);
            assert_eq!(statement["Effect"], "Allow", "{statement}");
            for action in items(&statement["Action"]) {
                for arn in items(&statement["Resource"]) {
                    let (action, arn) = (action.as_str().unwrap(), arn.as_str().unwrap());
                    allowed.insert(format!("{action} {}", resource_of(arn)));
                }
            }
        }
    }
    allowed
}

/// `ConnectionsTable/index/room-index` for `${ConnectionsTable.Arn}/index/room-index`, and `POST/@connections/*` for the
/// ARN of an API.
fn resource_of(arn: &str) -> String {
    match arn.split_once("${ChatApi}/${Stage}/") {
        Some((_, route)) => route.to_owned(),
        None => arn.replace(['$', '{', '}'], "").replace(".Arn", ""),
    }
}

#[tokio::test]
async fn every_function_may_call_what_it_calls_and_nothing_else() {
    let functions = [
        ("authorizerWS", Calls::new()),
        ("healthCheckWS", Calls::new()),
        ("connectionWS", Box::pin(calls_of_connection()).await),
        ("sendMessageWS", Box::pin(calls_of_send_message()).await),
        ("broadcasterWS", Box::pin(calls_of_broadcaster()).await),
        ("delivererWS", Box::pin(calls_of_deliverer()).await),
        (
            "garbageCollectionWS",
            Box::pin(calls_of_garbage_collection()).await,
        ),
    ];
    let named: BTreeSet<_> = functions
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let all: BTreeSet<_> = resources_of_type("AWS::Serverless::Function")
        .into_iter()
        .collect();
    assert_eq!(named, all, "every function of the template is checked");
    for (function, calls) in functions {
        let allowed = allowed(function);
        let denied: Vec<_> = calls.difference(&allowed).collect();
        let unused: Vec<_> = allowed.difference(&calls).collect();
        assert!(
            denied.is_empty() && unused.is_empty(),
            "{function}: its policy denies {denied:?} and allows {unused:?} without need"
        );
    }
}

/// With a customer key, DynamoDB uses it on behalf of the caller, which therefore needs the permissions (Amazon DynamoDB
/// Developer Guide, "How DynamoDB uses AWS KMS").
#[test]
fn functions_that_call_dynamodb_may_use_the_key_of_the_tables_through_dynamodb_only() {
    for function in resources_of_type("AWS::Serverless::Function") {
        let calls_dynamodb = allowed(&function)
            .iter()
            .any(|call| call.starts_with("dynamodb:"));
        let policies = resource(&function)["Properties"]["Policies"].take();
        let if_key = json!(["HasKmsKey", "TableKeyPolicy", "AWS::NoValue"]);
        let may_use_key = items(&policies).contains(&&if_key);
        assert_eq!(may_use_key, calls_dynamodb, "{function}");
    }
    let policy = resource("TableKeyPolicy")["Properties"]["PolicyDocument"].take();
    let [statement] = &items(&policy["Statement"])[..] else {
        panic!("not one statement: {policy}");
    };
    assert_eq!(statement["Resource"], "KmsKeyArn");
    let condition = &statement["Condition"]["StringEquals"]["kms:ViaService"];
    assert_eq!(condition, "dynamodb.${AWS::Region}.${AWS::URLSuffix}");
    let actions = [
        "Decrypt",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey*",
        "ReEncrypt*",
    ];
    assert_eq!(
        statement["Action"],
        json!(actions.map(|action| format!("kms:{action}")))
    );
}
