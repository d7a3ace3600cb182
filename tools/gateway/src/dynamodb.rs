//! DynamoDB on this machine: the tables of the template in `dynoxide`, in memory or in a file, behind the real API.

use std::{
    fs::{self, File, TryLockError},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

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
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::template::Table;

/// How often expired rows are removed. AWS takes "a few days"; an application has to cope with both.
const SWEEP: Duration = Duration::from_mins(1);

/// Tables that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder of `--data` cannot be used.
    #[error("cannot keep data in {folder}: {source}")]
    Folder {
        /// As given.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Another gateway has the data open.
    #[error("another gateway keeps its data in {0}; end it, or choose another --data")]
    InUse(PathBuf),
    /// The file is there and cannot be read.
    #[error("cannot open {file}: {message}; remove it to start with empty tables")]
    Open {
        /// The database file.
        file: PathBuf,
        /// What the database says.
        message: String,
    },
    /// DynamoDB refuses the table.
    #[error("the table {table} is refused: {message}")]
    Refused {
        /// Logical id.
        table: String,
        /// What DynamoDB says.
        message: String,
    },
    /// The table of a previous run has other keys.
    #[error(
        "the table {table} in {file} has another key than the template; remove the file to start anew"
    )]
    OtherKeys {
        /// Its name.
        table: String,
        /// The database file.
        file: PathBuf,
    },
    /// No port can be had.
    #[error("DynamoDB finds no port: {0}")]
    Port(io::Error),
}

/// The service, until it is told to end.
#[derive(Debug)]
pub(crate) struct DynamoDb {
    pub(crate) address: SocketAddr,
    /// Held so that no other gateway opens the same file.
    _lock: Option<File>,
}

impl DynamoDb {
    /// Opens the data, creates the tables that are not there, and serves them on a free port of the loopback.
    ///
    /// # Errors
    /// See [`Error`].
    pub(crate) async fn start(
        data: Option<&Path>,
        tables: &[Table],
        tasks: &TaskTracker,
        ending: &CancellationToken,
    ) -> Result<Self, Error> {
        let (database, file, lock) = open(data)?;
        for table in tables {
            create(&database, table, file.as_deref())?;
        }
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(Error::Port)?;
        let address = listener.local_addr().map_err(Error::Port)?;
        tasks.spawn(sweep(database.clone(), ending.clone()));
        let ended = ending.clone().cancelled_owned();
        tasks.spawn(async move {
            if let Err(message) =
                dynoxide::server::serve_with_shutdown(listener, database, ended).await
            {
                tracing::error!("DynamoDB has ended: {message}");
            }
        });
        Ok(Self {
            address,
            _lock: lock,
        })
    }
}

type Opened = (Database, Option<PathBuf>, Option<File>);

fn open(data: Option<&Path>) -> Result<Opened, Error> {
    let Some(folder) = data else {
        let open = |error: dynoxide::DynoxideError| Error::Open {
            file: ":memory:".into(),
            message: error.to_string(),
        };
        return Ok((Database::memory().map_err(open)?, None, None));
    };
    let unusable = |source| Error::Folder {
        folder: folder.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(unusable)?;
    let lock = File::create(folder.join("lock")).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    let file = folder.join("dynamodb.sqlite");
    let database = Database::new(&file.to_string_lossy()).map_err(|error| Error::Open {
        file: file.clone(),
        message: error.to_string(),
    })?;
    Ok((database, Some(file), Some(lock)))
}

fn create(database: &Database, table: &Table, file: Option<&Path>) -> Result<(), Error> {
    let refused = |message: String| Error::Refused {
        table: table.logical_id.clone(),
        message,
    };
    let describe: DescribeTableRequest =
        request(&json!({ "TableName": table.name })).map_err(refused)?;
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
    let create: CreateTableRequest = request(&table.definition).map_err(refused)?;
    database
        .create_table(create)
        .map_err(|error| refused(error.to_string()))?;
    if let Some(attribute) = &table.time_to_live {
        let specification = json!({ "AttributeName": attribute, "Enabled": true });
        let update: UpdateTimeToLiveRequest =
            request(&json!({ "TableName": table.name, "TimeToLiveSpecification": specification }))
                .map_err(refused)?;
        database
            .update_time_to_live(update)
            .map_err(|error| refused(error.to_string()))?;
    }
    Ok(())
}

/// Requests are read from JSON, because that is the form in which DynamoDB checks them.
fn request<R: DeserializeOwned>(json: &Json) -> Result<R, String> {
    serde_json::from_value(json.clone())
        .map_err(|error| error.to_string().replace("VALIDATION:", ""))
}

async fn sweep(database: Database, ending: CancellationToken) {
    let mut timer = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            () = ending.cancelled() => return,
            _ = timer.tick() => {}
        }
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(count)) => tracing::info!("DynamoDB removed {count} expired rows"),
            Ok(Err(error)) => tracing::warn!("DynamoDB cannot remove expired rows: {error}"),
        }
    }
}
