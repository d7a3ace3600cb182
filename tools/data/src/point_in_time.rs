//! Restores a table to a point in time, as a new table, from which [`crate::restore`] then copies.
//!
//! DynamoDB restores to new tables only. The new table's name contains the time, so that a second run after an interruption finds
//! it and keeps waiting.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::primitives::DateTime;
use aws_sdk_dynamodb::types::TableStatus;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How long a restoration may take. AWS names no limit; large tables take hours.
const LIMIT: Duration = Duration::from_hours(24);

/// The period that a table can be restored to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When point-in-time recovery was enabled, or 35 days ago.
    pub earliest: Timestamp,
    /// Usually five minutes ago.
    pub latest: Timestamp,
}

/// The times that the table `name` can be restored to.
///
/// # Errors
///
/// If they cannot be read, or the table has no point-in-time recovery.
pub async fn window(client: &Client, name: &str) -> Result<Window> {
    let backups = client.describe_continuous_backups().table_name(name);
    let backups = backups.send().await;
    let backups = backups.with_context(|| format!("cannot read the backups of table {name}"))?;
    let recovery = backups
        .continuous_backups_description()
        .and_then(|it| it.point_in_time_recovery_description());
    let earliest = recovery.and_then(|it| it.earliest_restorable_date_time());
    let latest = recovery.and_then(|it| it.latest_restorable_date_time());
    match (earliest, latest) {
        (Some(earliest), Some(latest)) => Ok(Window {
            earliest: timestamp(earliest)?,
            latest: timestamp(latest)?,
        }),
        _ => bail!(
            "table {name} has no point-in-time recovery; Production=true enables it from then on"
        ),
    }
}

fn timestamp(time: &DateTime) -> Result<Timestamp> {
    Ok(Timestamp::from_second(time.secs())?)
}

impl Window {
    /// Checks that the table can be restored to `at`.
    ///
    /// # Errors
    ///
    /// If it cannot.
    pub fn require(&self, at: Timestamp) -> Result<()> {
        let Self { earliest, latest } = self;
        ensure!(
            (earliest..=latest).contains(&&at),
            "{at} is not between {earliest} and {latest}, the times that the table can be restored to"
        );
        Ok(())
    }
}

/// The name of the table that `table` is restored to.
pub fn restored_name(table: &str, at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    format!("{table}-{}", at.strftime("%Y%m%dT%H%M%SZ"))
}

/// Restores `table` as of `at` to the new table `restored`, unless an earlier run has started that, and waits until it is
/// complete. `each` is called before every poll; polls are `interval` apart.
///
/// # Errors
///
/// If DynamoDB refuses, or the restoration takes more than a day. DynamoDB continues it nevertheless; call this again to keep
/// waiting.
///
/// # Cancel safety
///
/// Dropping the future does not stop the restoration.
pub async fn restore(
    client: &Client,
    table: &str,
    at: Timestamp,
    restored: &str,
    interval: Duration,
    each: impl Fn(),
) -> Result<()> {
    if status(client, restored).await?.is_none() {
        client
            .restore_table_to_point_in_time()
            .source_table_name(table)
            .target_table_name(restored)
            .restore_date_time(DateTime::from_secs(at.as_second()))
            .send()
            .await
            .with_context(|| format!("cannot restore table {table} to {restored}"))?;
    }
    let complete = async {
        loop {
            each();
            match status(client, restored).await? {
                Some(TableStatus::Active) => return Ok(()),
                Some(TableStatus::Creating) => tokio::time::sleep(interval).await,
                Some(other) => bail!("table {restored} is {other}"),
                None => bail!("table {restored} was deleted"),
            }
        }
    };
    let complete = tokio::time::timeout(LIMIT, complete).await;
    complete.with_context(|| format!("table {restored} was not restored within a day"))?
}

/// The status of a table. `None`: there is no such table.
async fn status(client: &Client, name: &str) -> Result<Option<TableStatus>> {
    let described = client.describe_table().table_name(name).send().await;
    match described {
        Ok(described) => Ok(described.table.and_then(|table| table.table_status)),
        Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read table {name}")),
    }
}
