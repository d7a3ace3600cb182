//! Measures what each action costs in request units: the table in [`papo_lambdas::message_log`].

use aws_sdk_dynamodb::Client;
use papo_lambdas::aws::meter::{Meter, Units};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::Introduce as _;
use papo_lambdas::connections::dynamodb::DynamoDbConnections;
use papo_lambdas::dispatch;
use papo_lambdas::management::memory::MemoryGateway;
use papo_lambdas::message_log::dynamodb::DynamoDbMessageLog;
use papo_lambdas::presence::PeopleCounts;
use papo_lambdas::rate_limit::{RateLimit, RateLimiter};
use papo_lambdas::request::Services;
use papo_protocol::{ConnectionId, Person, PersonId, PersonName};
use serde_json::json;

use crate::chat::{LATER, event, nth_id, services};
use crate::connections_contract;
use crate::dynamodb::{client, embedded_dynamodb};
use crate::message_log_contract::{TABLE, empty_table};

const ANA: &str = "L0SM9c-FvHcCIhw=";

/// A chat on metered tables.
struct Metered {
    connections: DynamoDbConnections,
    log: DynamoDbMessageLog,
    gateway: MemoryGateway,
    meter: Meter,
    rate_limit: RateLimit,
    people_counts: PeopleCounts,
}

impl Metered {
    async fn on(client: Client) -> Self {
        empty_table(&client).await;
        connections_contract::empty_table(&client).await;
        let meter = Meter::default();
        let client = meter.attach(&client);
        let gateway = MemoryGateway::new();
        gateway.open(&ConnectionId::new(ANA));
        Self {
            connections: DynamoDbConnections::new(client.clone(), connections_contract::TABLE),
            log: DynamoDbMessageLog::new(client, TABLE),
            gateway,
            meter,
            rate_limit: RateLimit::default(),
            people_counts: PeopleCounts::default(),
        }
    }

    /// The cost of what `id` does: `connect`, `disconnect`, or a frame.
    async fn cost_of(&self, id: &str, does: &str) -> Units {
        self.meter.take();
        let done = match does {
            "connect" | "disconnect" => {
                let event = event(does, id, LATER, None);
                let (connections, gateway) = (&self.connections, &self.gateway);
                let (log, rate_limiter) = (&self.log, RateLimiter::new(self.rate_limit));
                let clock = &SystemClock;
                let work =
                    dispatch::connection(connections, log, &rate_limiter, gateway, clock, event);
                Box::pin(work).await
            }
            frame => {
                let event = event("send-message", id, LATER, Some(frame));
                let (connections, log) = (&self.connections, &self.log);
                let services = Services {
                    rate_limiter: RateLimiter::new(self.rate_limit),
                    ..services(connections, log, &self.gateway, &self.people_counts)
                };
                Box::pin(dispatch::frame(&services, event)).await
            }
        };
        done.unwrap();
        self.meter.take()
    }

    #[track_caller]
    fn costs(&self, does: &str, writes: f64, reads: f64) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            // Boxed, because the futures of all calls in a test are on its stack.
            let units = Box::pin(self.cost_of(ANA, does)).await;
            assert_eq!(units, Units { writes, reads }, "{does:.80}, {caller}");
        }
    }
}

fn say(text: &str) -> String {
    json!({"action": "sendMessage", "message": text}).to_string()
}

#[tokio::test]
async fn costs_are_as_documented() {
    let mut chat = Metered::on(client(embedded_dynamodb().await)).await;
    chat.costs("connect", 2.0, 0.0).await;
    let connected = r#"{"action":"connected"}"#;
    // The first one begins the log.
    chat.costs(connected, 1.0, 2.0).await;
    chat.costs(connected, 0.0, 2.0).await;
    let named = r#"{"action":"sendMessage","message":"Olá","clientMessageId":"c-1"}"#;
    chat.costs(named, 6.0, 2.5).await;
    // The cancelled transaction does not report its cost.
    chat.costs(named, 0.0, 3.0).await;
    chat.costs(&say("Olá"), 4.0, 2.5).await;
    chat.costs(&say(&"a".repeat(1_024)), 6.0, 2.5).await;
    chat.costs(r#"{"action":"ping"}"#, 0.0, 1.5).await;
    for _ in 0..100 {
        Box::pin(chat.cost_of(ANA, &say(&"a".repeat(200)))).await;
    }
    let page = r#"{"action":"history","after":3}"#;
    chat.costs(page, 0.0, 10.0).await;
    chat.rate_limit = "6000".parse().unwrap();
    chat.costs(page, 1.0, 10.0).await;
    let other = nth_id(0);
    let connected = Box::pin(chat.cost_of(other.as_str(), "connect")).await;
    assert_eq!((connected.writes, connected.reads), (3.0, 0.0));
    Box::pin(chat.cost_of(other.as_str(), "disconnect")).await;
    chat.rate_limit = RateLimit::default();
    let introduced =
        r#"{"action":"connected","name":"Ana","key":"0123456789abcdef0123456789abcdef"}"#;
    chat.costs(introduced, 2.0, 2.5).await;
    chat.costs(r#"{"action":"ping"}"#, 0.0, 2.0).await;
    chat.costs(r#"{"action":"typing"}"#, 0.0, 1.5).await;
    chat.costs(r#"{"action":"heads","rooms":["a","b"]}"#, 0.0, 2.0)
        .await;
    Box::pin(chat.cost_of(ANA, &say("antes"))).await;
    let reaction = r#"{"action":"reaction","of":104,"emoji":"👍","on":true}"#;
    chat.costs(reaction, 4.0, 3.5).await;
    let edit = r#"{"action":"edit","of":104,"message":"depois"}"#;
    chat.costs(edit, 6.0, 3.5).await;
    for n in 1..100 {
        // As long as API Gateway's ids.
        let id = ConnectionId::new(format!("L0SM9c{n:03}FvHcCI="));
        chat.gateway.open(&id);
        Box::pin(chat.cost_of(id.as_str(), "connect")).await;
        let person = Person {
            person_id: PersonId::new(format!("p-{n:020}")),
            name: PersonName::parse("Ana Beatriz").ok(),
        };
        chat.connections.introduce(&id, &person).await.unwrap();
    }
    // The README prices messages in such a room.
    chat.costs(&say("Olá"), 4.0, 2.0 + 2.0).await;
    // The first ping counts the people; the next ones find the count in memory.
    let ping = r#"{"action":"ping"}"#;
    chat.costs(ping, 0.0, 1.5 + 1.0 + 2.0).await;
    chat.costs(ping, 0.0, 1.5).await;
    // Reads who is left in the room of the person.
    chat.costs("disconnect", 2.0, 1.0).await;
}
