//! Runs the real handlers and counts their work: request units as reported by the embedded DynamoDB, and posts to an
//! `@connections` in memory. Time is not measured here.

mod events;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use papagaio::stack::Stack;
use papo_lambdas::aws::meter::{Meter, Units};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::dynamodb::DynamoDbConnections;
use papo_lambdas::connections::{Introduce as _, PutConnection as _, Row};
use papo_lambdas::dispatch;
use papo_lambdas::error::PartError;
use papo_lambdas::fanout::Fanout;
use papo_lambdas::handlers::broadcaster;
use papo_lambdas::management::memory::MemoryGateway;
use papo_lambdas::message_log::dynamodb::DynamoDbMessageLog;
use papo_lambdas::parts::{DeliverPart, Part, PartReport, Parts};
use papo_lambdas::presence::PeopleCounts;
use papo_lambdas::rate_limit::RateLimiter;
use papo_lambdas::request::Services;
use papo_protocol::limits::FRAME_BYTES;
use papo_protocol::{Person, PersonId, PersonName, RoomName};
use serde_json::{Value, json};

use events::connection_id;

/// The text of a message, in bytes.
const TEXT: usize = 200;

/// How many rows are written at the same time.
const WRITERS: usize = 16;

/// The cost of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Count {
    pub(super) units: Units,
    /// Posts to `@connections`.
    pub(super) posts: f64,
    /// Frames of up to 32 KB, the unit of billing.
    pub(super) frames: f64,
    /// Parts of the room that other functions have delivered.
    pub(super) parts: f64,
}

/// A room of introduced people, in the tables of a local stack.
pub(super) struct Room {
    name: RoomName,
    people: u32,
    dynamodb: aws_sdk_dynamodb::Client,
    connections: DynamoDbConnections,
    log: DynamoDbMessageLog,
    meter: Meter,
    /// Shared by many pings, as in a real process.
    people_counts: PeopleCounts,
    /// The table of the original, with as many rows.
    original: String,
    messages: u32,
}

impl Room {
    /// Fills a room with `people`.
    pub(super) async fn fill(stack: &Stack, people: u32) -> Result<Self> {
        let meter = Meter::default();
        let dynamodb = papo_data::table::client(Some(stack.dynamodb())).await;
        let metered = meter.attach(&dynamodb);
        let room = Self {
            name: RoomName::parse(format!("room-of-{people}"))?,
            people,
            connections: DynamoDbConnections::new(
                metered.clone(),
                stack.table("ConnectionsTable")?.to_owned(),
            ),
            log: DynamoDbMessageLog::new(metered, stack.table("MessagesTable")?.to_owned()),
            meter,
            people_counts: PeopleCounts::default(),
            original: format!("original-of-{people}"),
            dynamodb,
            messages: 0,
        };
        room.create_table_of_the_original().await?;
        let rows = stream::iter(0..people).map(|number| room.put(number));
        rows.buffer_unordered(WRITERS).try_collect::<()>().await?;
        Ok(room)
    }

    async fn put(&self, number: u32) -> Result<()> {
        let id = connection_id(number);
        let row = Row::new(id.clone(), self.name.clone(), Timestamp::now());
        self.connections.put(&row).await?;
        let person = Person {
            person_id: PersonId::new(format!("AAAAAAAAAAAAAAAAA{number:05}")),
            name: Some(PersonName::parse("Ana Beatriz")?),
        };
        self.connections.introduce(&id, &person).await?;
        let row = self.dynamodb.put_item().table_name(&self.original);
        let connected_at = Timestamp::now().to_string();
        row.item("connectionId", AttributeValue::S(id.as_str().to_owned()))
            .item("connectedAt", AttributeValue::S(connected_at))
            .send()
            .await?;
        Ok(())
    }

    /// Sends a message. With [`Fanout::Direct`], the function that appends it also broadcasts it.
    ///
    /// # Errors
    ///
    /// If the handler fails, or does not reach everyone.
    pub(super) async fn send(&mut self, fanout: Fanout) -> Result<Count> {
        self.messages += 1;
        let expected = match fanout {
            Fanout::Direct => self.people,
            Fanout::Stream => 0,
        };
        let message = json!({
            "action": "sendMessage",
            "message": text(),
            "clientMessageId": format!("c-{}", self.messages),
        });
        self.handle(&message, fanout, expected).await
    }

    /// Runs a round of the broadcaster with this many messages, with or without deliverers.
    ///
    /// # Errors
    ///
    /// If it does not reach everyone.
    pub(super) async fn round(&self, messages: u32, deliverers: Option<u32>) -> Result<Count> {
        let gateway = self.gateway();
        self.meter.take();
        let event = events::batch(&self.name, messages, &text())?;
        let connections = &self.connections;
        let delivered = AtomicU32::new(0);
        let deliverers = deliverers.and_then(|it| NonZeroUsize::new(usize::try_from(it).ok()?));
        let parts = deliverers.map(|at_once| {
            let deliverers = Deliverers {
                connections,
                gateway: &gateway,
                delivered: &delivered,
            };
            Parts::new(deliverers, at_once)
        });
        let parts = parts.as_ref();
        Box::pin(broadcaster::handle(
            connections,
            &gateway,
            &SystemClock,
            parts,
            event,
        ))
        .await;
        Ok(Count {
            parts: delivered.load(Ordering::Relaxed).into(),
            ..self.count(&gateway, self.people)?
        })
    }

    /// Counts a message of the original: it reads every row of the table, and posts to each.
    pub(super) async fn original(&self) -> Result<Count> {
        self.meter.take();
        let client = self.meter.attach(&self.dynamodb);
        let scan = client.scan().table_name(&self.original).send().await?;
        let rows = u32::try_from(scan.count())?;
        ensure!(
            rows == self.people,
            "the scan has returned {rows} of {} rows",
            self.people
        );
        Ok(Count {
            units: self.meter.take(),
            posts: rows.into(),
            frames: rows.into(),
            parts: 0.0,
        })
    }

    /// Counts a `ping`.
    pub(super) async fn ping(&self) -> Result<Count> {
        let ping = json!({"action": "ping"});
        self.handle(&ping, Fanout::Direct, 1).await
    }

    /// Handles a frame by the first person, which must reach `expected` people.
    async fn handle(&self, body: &Value, fanout: Fanout, expected: u32) -> Result<Count> {
        let gateway = self.gateway();
        let services = Services {
            connections: &self.connections,
            log: &self.log,
            gateway: &gateway,
            clock: &SystemClock,
            retention: "30".parse()?,
            rate_limiter: RateLimiter::default(),
            fanout,
            people_counts: &self.people_counts,
        };
        self.meter.take();
        Box::pin(dispatch::frame(&services, events::frame(body)?)).await?;
        self.count(&gateway, expected)
    }

    /// An `@connections` to which everyone is connected.
    fn gateway(&self) -> MemoryGateway {
        let gateway = MemoryGateway::new();
        (0..self.people).for_each(|number| gateway.open(&connection_id(number)));
        gateway
    }

    /// The counts, if `expected` people were reached.
    fn count(&self, gateway: &MemoryGateway, expected: u32) -> Result<Count> {
        let delivered = gateway.delivered();
        let mut reached: Vec<_> = delivered.iter().map(|(to, _)| to.as_str()).collect();
        reached.sort_unstable();
        reached.dedup();
        let (reached, expected) = (reached.len(), usize::try_from(expected)?);
        ensure!(
            reached == expected,
            "{reached} of {expected} people were reached"
        );
        let frames = delivered
            .iter()
            .map(|(_, frame)| frame.len().div_ceil(FRAME_BYTES).max(1))
            .sum::<usize>();
        Ok(Count {
            units: self.meter.take(),
            posts: f64::from(u32::try_from(gateway.requests())?),
            frames: f64::from(u32::try_from(frames)?),
            parts: 0.0,
        })
    }

    async fn create_table_of_the_original(&self) -> Result<()> {
        use aws_sdk_dynamodb::types::{
            AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        };
        let key = KeySchemaElement::builder()
            .attribute_name("connectionId")
            .key_type(KeyType::Hash);
        let attribute = AttributeDefinition::builder()
            .attribute_name("connectionId")
            .attribute_type(ScalarAttributeType::S);
        let table = self.dynamodb.create_table().table_name(&self.original);
        table
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute.build()?)
            .key_schema(key.build()?)
            .send()
            .await
            .context("could not create a table in the local stack")?;
        Ok(())
    }
}

/// Deliverers on the same tables and connections.
struct Deliverers<'a> {
    connections: &'a DynamoDbConnections,
    gateway: &'a MemoryGateway,
    delivered: &'a AtomicU32,
}

impl DeliverPart for Deliverers<'_> {
    async fn deliver(&self, part: &Part) -> Result<PartReport, PartError> {
        self.delivered.fetch_add(1, Ordering::Relaxed);
        let (part, limit) = (part.clone(), Duration::from_mins(1));
        let delivery = part.deliver(self.connections, self.gateway, &SystemClock, limit);
        Ok(PartReport::from(&Box::pin(delivery).await))
    }
}

/// The text of every message.
fn text() -> String {
    "a".repeat(TEXT)
}
