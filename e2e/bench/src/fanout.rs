//! What a message costs by the number of people and the rate of messages: with `Fanout=direct`, with `Fanout=stream`, and in
//! the original, which reads all rows for each message.
//!
//! # Layout
//!
//! - [`counted`]: what the real handlers do, on the embedded database
//! - [`model`]: the usage of a message on AWS, computed from that; [`prices`]: its cost in dollars
//! - [`local`]: what clients of the local stack receive, to compare with the model

mod counted;
mod local;
mod model;
mod prices;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use papo_lambdas::fanout::Fanout;
use xtask_lib::table::{Column, render};

use crate::stack;
use counted::Room;
use model::Functions;
use prices::Usage;

/// The sizes of rooms.
const PEOPLE: [u32; 4] = [10, 100, 1_000, 10_000];

/// Deliverers of the broadcaster: with more, the account's quota would be the limit.
const DELIVERERS: u32 = 2;

/// Messages per second.
const RATES: [f64; 3] = [0.1, 1.0, 10.0];

/// The sizes of rooms that the local stack serves in real time.
const LOCAL_PEOPLE: [u32; 2] = [10, 100];

/// Messages per second on the local stack.
const LOCAL_RATES: [f64; 2] = [1.0, 10.0];

/// Pings of a client in a silent hour: one every 4.5 minutes.
const PINGS_AN_HOUR: f64 = 60.0 / 4.5;

/// Prints the tables.
///
/// # Errors
///
/// If a stack does not start, or a message does not reach everyone.
pub(crate) fn print(programs: &Path, template: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let begun = Instant::now();
    let stack = stack::start_chat(programs, template)?;
    let (mut rows, mut idle) = (Vec::new(), Vec::new());
    for people in PEOPLE {
        eprintln!("counting what a message to {people} people costs");
        let costs = runtime
            .block_on(Costs::count(&stack, people))
            .with_context(|| format!("cannot count what {people} people cost"))?;
        rows.extend(costs.rows);
        idle.push(costs.idle);
    }
    drop(stack);
    println!(
        "\nOne message of 200 bytes. Units, posts and frames are those of the real handlers on the embedded database; time is modelled.\n{}",
        render(&columns(), &rows).trim_end()
    );
    println!("\n{}\n\n{}", model::ASSUMPTIONS, prices::SOURCE);
    let columns = [
        Column::Words("a silent hour of one client, in a room of"),
        Column::Numbers("pings"),
        Column::Numbers("frames"),
        Column::Numbers("reads"),
        Column::Numbers("$/1000"),
    ];
    println!("\n{}", render(&columns, &idle).trim_end());
    println!(
        "The original sends nothing in a silent hour, so API Gateway disconnects its clients after ten minutes."
    );
    let measured = runtime.block_on(measure(programs, template))?;
    let columns = [
        Column::Words("frames for a message and client, local stack"),
        Column::Numbers("people"),
        Column::Numbers("messages/s"),
        Column::Numbers("received"),
        Column::Numbers("model"),
    ];
    println!("\n{}", render(&columns, &measured).trim_end());
    println!("in {} s", begun.elapsed().as_secs());
    Ok(())
}

fn columns() -> Vec<Column> {
    let numbers = [
        "messages/s",
        "posts",
        "frames",
        "reads",
        "writes",
        "invocations",
        "GB-s",
        "$/million messages",
        "$/million deliveries",
        "frames, of the original's",
        "$, of the original's",
    ];
    let numbers = numbers.map(Column::Numbers);
    [Column::Words("way"), Column::Numbers("people")]
        .into_iter()
        .chain(numbers)
        .collect()
}

/// The rows of one size of room.
struct Costs {
    rows: Vec<Vec<String>>,
    idle: Vec<String>,
}

impl Costs {
    async fn count(stack: &papagaio::stack::Stack, people: u32) -> Result<Self> {
        let mut room = Room::fill(stack, people).await?;
        // The first message begins the log.
        room.send(Fanout::Direct).await?;
        let direct = room.send(Fanout::Direct).await?;
        let append = room.send(Fanout::Stream).await?;
        let original = room.original().await?;
        let mut rows = Vec::new();
        for rate in RATES {
            let original = model::original(&original);
            let mut ways = vec![("direct", model::direct(&direct), Functions::Many)];
            for (way, functions, deliverers) in [
                ("stream", Functions::One, None),
                (
                    "stream, 2 deliverers",
                    Functions::Deliverers(DELIVERERS),
                    Some(DELIVERERS),
                ),
            ] {
                let messages = model::messages_in_a_round(people, rate, functions);
                let round = room.round(rounded_up(messages), deliverers).await?;
                if deliverers.is_none() || round.parts > 0.0 {
                    let usage = model::stream(&append, &round, messages, functions);
                    ways.push((way, usage, functions));
                }
            }
            ways.push(("original", original, Functions::Many));
            for (way, usage, functions) in ways {
                let behind = model::falls_behind(usage.posts, rate, functions);
                rows.push(row(way, behind, people, rate, &usage, &original));
            }
        }
        let (first, later) = (room.ping().await?, room.ping().await?);
        let hour = model::silent_hour(&first, &later, people, PINGS_AN_HOUR);
        let idle = vec![
            people.to_string(),
            format!("{PINGS_AN_HOUR:.1}"),
            format!("{:.1}", hour.frames),
            format!("{:.1}", hour.reads),
            format!("{:.3}", hour.dollars() * 1_000.0),
        ];
        Ok(Self { rows, idle })
    }
}

fn row(
    way: &str,
    falls_behind: bool,
    people: u32,
    rate: f64,
    usage: &Usage,
    original: &Usage,
) -> Vec<String> {
    let million = usage.dollars() * 1e6;
    let mark = if falls_behind { "*" } else { "" };
    vec![
        format!("{way}{mark}"),
        people.to_string(),
        rate.to_string(),
        format!("{:.1}", usage.posts),
        format!("{:.1}", usage.frames),
        format!("{:.1}", usage.reads),
        format!("{:.1}", usage.writes),
        format!("{:.2}", usage.invocations),
        format!("{:.3}", usage.gb_seconds),
        format!("{million:.2}"),
        format!("{:.3}", million / f64::from(people)),
        format!("{:.2}", usage.frames / original.frames),
        format!("{:.2}", usage.dollars() / original.dollars()),
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a round has between 1 and 100 messages"
)]
fn rounded_up(messages: f64) -> u32 {
    messages.ceil() as u32
}

/// The frames that clients of the local stack receive, compared with the model.
async fn measure(programs: &Path, template: &Path) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for fanout in ["direct", "stream"] {
        for people in LOCAL_PEOPLE {
            for rate in LOCAL_RATES {
                eprintln!(
                    "measuring Fanout={fanout} with {people} people and {rate} messages a second"
                );
                let received = local::frames_per_delivery(programs, template, fanout, people, rate)
                    .await
                    .with_context(|| {
                        format!("cannot measure Fanout={fanout} with {people} people")
                    })?;
                let model = match fanout {
                    "stream" => 1.0 / model::messages_in_a_round(people, rate, Functions::One),
                    _ => 1.0,
                };
                rows.push(vec![
                    fanout.to_owned(),
                    people.to_string(),
                    rate.to_string(),
                    format!("{received:.2}"),
                    format!("{model:.2}"),
                ]);
            }
        }
    }
    Ok(rows)
}
