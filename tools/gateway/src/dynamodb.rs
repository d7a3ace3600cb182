//! DynamoDB on this machine: the tables of the template in `dynoxide`, in memory or in a file, behind the real API.

mod relay;
mod request;
mod streams;

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub(crate) use self::request::send;
pub(crate) use self::streams::{Shard, StreamError, Tables};
use dynoxide::{
    Database,
    actions::{
        create_table::CreateTableRequest, describe_table::DescribeTableRequest,
        update_time_to_live::UpdateTimeToLiveRequest,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::{clock::Clock, cross_origin::Allowed, tasks::Tasks, template::Table};

/// Interval at which expired rows are removed. AWS documents "within a few days"; applications must cope with both.
const SWEEP: Duration = Duration::from_mins(1);

/// Permissions of the folder and of its files: only for the owner, because tables may hold personal data.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Why the tables cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder of `--data` cannot be used.
    #[error("cannot use {folder} for data: {source}; choose another folder with --data")]
    Folder {
        /// As given.
        folder: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Another gateway has the data open.
    #[error(
        "another gateway is using the data in {0}; stop it, or choose another folder with --data"
    )]
    InUse(PathBuf),
    /// The database file is damaged or not one.
    #[error("cannot open {file}: {message}; delete it to start with empty tables")]
    Open {
        /// The database file.
        file: PathBuf,
        /// The error of the database.
        message: String,
    },
    /// DynamoDB refuses to create the table.
    #[error("DynamoDB rejects the table {table}: {message}")]
    Refused {
        /// Logical id.
        table: String,
        /// What DynamoDB says.
        message: String,
    },
    /// The table of a previous run has a different key.
    #[error(
        "the key of the table {table} in {file} differs from the template's; delete the file to start with empty tables"
    )]
    OtherKeys {
        /// Its name.
        table: String,
        /// The database file.
        file: PathBuf,
    },
    /// No port is available.
    #[error("could not bind a port for DynamoDB: {0}")]
    Port(io::Error),
}

/// The running service.
pub(crate) struct DynamoDb {
    pub(crate) address: SocketAddr,
    pub(crate) tables: Tables,
    /// Keeps other gateways from opening the same file.
    _lock: Option<File>,
}

impl DynamoDb {
    /// Opens the data, creates missing tables, and serves them on a free port of the loopback interface.
    pub(crate) async fn start(
        data: Option<&Path>,
        tables: &[Table],
        allowed: Allowed,
        clock: &Clock,
        tasks: &Tasks,
    ) -> Result<Self, Error> {
        let (database, file, lock) = open(data, clock)?;
        for table in tables {
            create(&database, table, file.as_deref())?;
        }
        let hidden = relay::hidden_listener().await.map_err(Error::Port)?;
        let server = hidden.local_addr().map_err(Error::Port)?;
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(Error::Port)?;
        let address = listener.local_addr().map_err(Error::Port)?;
        tasks.spawn(relay::serve(listener, server, allowed, tasks.clone()));
        tasks.spawn(sweep(database.clone(), clock.clone()));
        let tables = Tables(database.clone());
        let ended = tasks.ending.clone().cancelled_owned();
        tasks.tracker.spawn(async move {
            if let Err(message) =
                dynoxide::server::serve_with_shutdown(hidden, database, ended).await
            {
                tracing::error!("DynamoDB has stopped: {message}");
            }
        });
        Ok(Self {
            address,
            tables,
            _lock: lock,
        })
    }
}

/// Makes rows in memory expire by the gateway's clock. A database in a file cannot be given one.
struct TableClock(Clock);

impl dynoxide::storage_backend::Clock for TableClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_duration().as_secs_f64()
    }
}

type Opened = (Database, Option<PathBuf>, Option<File>);

fn open(data: Option<&Path>, clock: &Clock) -> Result<Opened, Error> {
    let Some(folder) = data else {
        let open = |error: dynoxide::DynoxideError| Error::Open {
            file: ":memory:".into(),
            message: error.to_string(),
        };
        let clock = Arc::new(TableClock(clock.clone()));
        let database = Database::memory_with_clock(clock).map_err(open)?;
        return Ok((database, None, None));
    };
    let unusable = |source| Error::Folder {
        folder: folder.to_owned(),
        source,
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(FOLDER_MODE);
    builder.create(folder).map_err(unusable)?;
    let lock = private_file(&folder.join("lock")).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    let file = folder.join("dynamodb.sqlite");
    // SQLite gives its other files the permissions of this one.
    private_file(&file).map_err(unusable)?;
    let database = Database::new(&file.to_string_lossy()).map_err(|error| Error::Open {
        file: file.clone(),
        message: error.to_string(),
    })?;
    Ok((database, Some(file), Some(lock)))
}

/// Opens or creates a file that only its owner can read. Nothing is truncated, and no symbolic link is followed.
fn private_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)?;
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    Ok(file)
}

fn create(database: &Database, table: &Table, file: Option<&Path>) -> Result<(), Error> {
    let refused = |message: String| Error::Refused {
        table: table.logical_id.clone(),
        message,
    };
    let describe: DescribeTableRequest =
        validated(&json!({ "TableName": table.name })).map_err(refused)?;
    if let Ok(existing) = database.describe_table(describe) {
        let keys = serde_json::to_value(&existing.table.key_schema).unwrap_or_default();
        if keys != table.definition["KeySchema"] {
            let file = file.unwrap_or(Path::new(":memory:")).to_owned();
            return Err(Error::OtherKeys {
                table: table.name.clone(),
                file,
            });
        }
        return Ok(());
    }
    let create: CreateTableRequest = validated(&table.definition).map_err(refused)?;
    database
        .create_table(create)
        .map_err(|error| refused(error.to_string()))?;
    if let Some(attribute) = &table.time_to_live {
        let specification = json!({ "AttributeName": attribute, "Enabled": true });
        let update: UpdateTimeToLiveRequest = validated(
            &json!({ "TableName": table.name, "TimeToLiveSpecification": specification }),
        )
        .map_err(refused)?;
        database
            .update_time_to_live(update)
            .map_err(|error| refused(error.to_string()))?;
    }
    Ok(())
}

/// A request, deserialized from JSON because that is where `dynoxide` validates it.
fn validated<R: DeserializeOwned>(json: &Json) -> Result<R, String> {
    serde_json::from_value(json.clone())
        .map_err(|error| error.to_string().replace("VALIDATION:", ""))
}

async fn sweep(database: Database, clock: Clock) {
    let mut next = clock.instant();
    loop {
        clock.sleep_until(next).await;
        next = clock.instant() + SWEEP;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(count)) => tracing::info!("DynamoDB deleted {count} expired rows"),
            Ok(Err(error)) => tracing::warn!("DynamoDB cannot delete expired rows: {error}"),
        }
    }
}
