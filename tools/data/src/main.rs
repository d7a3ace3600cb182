//! `cargo xtask data`: see [`papo_data`].

use std::io::BufWriter;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use aws_sdk_dynamodb::Client;
use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use papo_data::table::{MessagesTable, client};
use papo_data::{erase, export, point_in_time, restore};
use papo_protocol::{PersonId, RoomName};
use xtask_lib::{bar, confirm};

const EXAMPLES: &str = "\
Examples:
  cargo xtask data export --stage prod --room main --output main.jsonl
  cargo xtask data erase --stage prod --person PERSON_ID
  cargo xtask data restore --stage prod --at 2026-11-28T12:00:00Z
  cargo xtask data export --endpoint http://127.0.0.1:PORT   as `cargo xtask dev` prints it";

/// Exports, erases and restores the messages of a stage
///
/// Uses the credentials and Region of the environment. Everything that changes messages asks first.
#[derive(Debug, Parser)]
#[command(
    name = "data",
    bin_name = "cargo xtask data",
    disable_help_subcommand = true,
    after_help = EXAMPLES
)]
struct Arguments {
    /// Name of the stage
    #[arg(long, default_value = "dev", global = true)]
    stage: String,
    /// Address of DynamoDB, such as the one that the local gateway prints [default: AWS]
    #[arg(long, value_name = "URL", global = true)]
    endpoint: Option<String>,
    /// Do not ask before changing messages
    #[arg(long, global = true)]
    yes: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes rooms as JSON lines: one entry per line, as clients receive it, with its room
    Export {
        /// The room; may be repeated [default: all rooms]
        #[arg(long, value_parser = parse_room)]
        room: Vec<RoomName>,
        /// The file, which must not exist [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Deletes all messages of a person, and removes the person's name everywhere
    Erase {
        /// The personId, as events and exports have it
        #[arg(long, value_name = "ID")]
        person: String,
        /// How many days the deletions are kept: as many as the stage keeps messages, so that no client misses them
        #[arg(long, value_name = "DAYS", default_value = "30")]
        retention_days: NonZeroU16,
    },
    /// Replaces the logs of the stage by those of a backup, with a new epoch
    Restore(Backup),
}

/// The backup.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Backup {
    /// The state of the stage's table at this time, such as 2026-11-28T12:00:00Z; it is restored to a new table first
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// A table that was restored from a backup
    #[arg(long, value_name = "TABLE")]
    from_table: Option<String>,
}

/// How often the status of a table that is being restored is read.
const INTERVAL: Duration = Duration::from_secs(10);

fn parse_room(name: &str) -> Result<RoomName, String> {
    RoomName::parse(name).map_err(|error| error.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let client = client(arguments.endpoint.as_deref()).await;
    // The name that the template makes from the stage.
    let name = format!("api-{}-MessagesTable", arguments.stage);
    let table = MessagesTable::open(client.clone(), &name).await?;
    match arguments.command {
        Command::Export { room, output } => export_rooms(&table, room, output).await,
        Command::Erase {
            person,
            retention_days,
        } => {
            erase_person(
                &table,
                &PersonId::new(person),
                retention_days,
                arguments.yes,
            )
            .await
        }
        Command::Restore(Backup { at, from_table }) => {
            let from = match (at, from_table) {
                (Some(at), _) => restore_table(&client, &table, at, arguments.yes).await?,
                (None, Some(restored)) => restored,
                (None, None) => bail!("name the backup: --at TIME or --from-table TABLE"),
            };
            let backup = MessagesTable::open(client, &from).await?;
            restore_backup(&backup, &table, arguments.yes).await?;
            println!(
                "check a room, then delete the backup: aws dynamodb delete-table --table-name {}",
                backup.name()
            );
            Ok(())
        }
    }
}

async fn export_rooms(
    table: &MessagesTable,
    mut rooms: Vec<RoomName>,
    output: Option<PathBuf>,
) -> Result<()> {
    if rooms.is_empty() {
        let all = table.rooms().await?;
        rooms = all.into_iter().map(|(room, _)| room).collect();
    }
    let now_ms = Timestamp::now().as_millisecond();
    let report = |room: &RoomName, entries: u64| eprintln!("{}: {entries} entries", room.as_str());
    let Some(path) = output else {
        for room in &rooms {
            let output = BufWriter::new(std::io::stdout());
            report(room, export::export(table, room, now_ms, output).await?);
        }
        return Ok(());
    };
    tokio::select! {
        exported = export::export_to_file(table, &rooms, now_ms, &path, report) => exported,
        _ = tokio::signal::ctrl_c() => bail!("interrupted; {} was not written", path.display()),
    }
}

async fn erase_person(
    table: &MessagesTable,
    person: &PersonId,
    retention: NonZeroU16,
    yes: bool,
) -> Result<()> {
    let findings = erase::find(table, person).await?;
    if findings.is_empty() {
        println!("{} has nothing of {}", table.name(), person.as_str());
        return Ok(());
    }
    println!(
        "{}: {} messages and {} names of {}",
        table.name(),
        findings.messages.len(),
        findings.named.len(),
        person.as_str()
    );
    confirm(yes, "This cannot be undone.", person.as_str())?;
    let steps = findings.messages.len() + findings.named.len();
    let progress = bar::show(steps as u64);
    let now_ms = Timestamp::now().as_millisecond();
    erase::erase(table, person, &findings, retention, now_ms, || {
        progress.inc(1);
    })
    .await?;
    progress.finish_and_clear();
    println!("erased; exports and backups made before still have the texts");
    Ok(())
}

/// Restores the stage's table as of `at` to a new table, and returns its name.
async fn restore_table(
    client: &Client,
    stage: &MessagesTable,
    at: Timestamp,
    yes: bool,
) -> Result<String> {
    let window = point_in_time::window(client, stage.name()).await?;
    window.require(at)?;
    let restored = point_in_time::restored_name(stage.name(), at);
    let warning = format!(
        "Restores {} as of {at} to the table {restored}, which costs $0.15 per GB; the stage stays as it is for now.",
        stage.name()
    );
    confirm(yes, &warning, stage.name())?;
    println!(
        "restoring {restored}; this takes minutes to hours, and continues if this command is interrupted"
    );
    let elapsed = bar::elapsed();
    point_in_time::restore(client, stage.name(), at, &restored, INTERVAL, || {
        elapsed.tick();
    })
    .await?;
    elapsed.finish_and_clear();
    Ok(restored)
}

async fn restore_backup(backup: &MessagesTable, stage: &MessagesTable, yes: bool) -> Result<()> {
    let plan = restore::plan(backup, stage).await?;
    for (room, ends) in &plan.rooms {
        println!(
            "{}: {} entries now, {} in the backup",
            room.as_str(),
            ends.stage,
            ends.backup
        );
    }
    for room in &plan.untouched {
        println!("{}: not in the backup, stays as it is", room.as_str());
    }
    let warning = format!(
        "Replaces the logs in {} by those in {}.",
        stage.name(),
        backup.name()
    );
    confirm(yes, &warning, stage.name())?;
    let now_ms = Timestamp::now().as_millisecond();
    let epoch = format!("restored-{now_ms:x}-{:06x}", fastrand::u32(..1 << 24));
    let progress = bar::show(plan.rooms.values().map(|ends| ends.backup + 1).sum());
    restore::restore(backup, stage, &plan, &epoch, || progress.inc(1)).await?;
    progress.finish_and_clear();
    println!("restored {} rooms with the epoch {epoch}", plan.rooms.len());
    Ok(())
}

/// Asks the user to type `word`.
fn confirm(yes: bool, warning: &str, word: &str) -> Result<()> {
    ensure!(
        yes || confirm::by_typing(word, warning)?,
        "not confirmed; nothing was changed (--yes confirms without asking)"
    );
    Ok(())
}
