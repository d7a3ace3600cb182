//! oauth2-mock-server, an OIDC issuer for development: <https://github.com/axa-group/oauth2-mock-server>. A package of
//! npm.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::cache::Cache;
use super::npm;

/// The exact version. Its `engines` ask for Node 22; it runs on 20 too.
const PACKAGE: &str = "oauth2-mock-server@9.3.0";

/// The directory `node_modules` that has the package.
pub(crate) fn provide(cache: &Cache) -> Result<PathBuf> {
    npm::require(20).context(
        "--auth needs an issuer, which is a program for Node.js; docs/operations.md says how to use another one",
    )?;
    Ok(npm::provide(cache, &[PACKAGE])?.join("node_modules"))
}
