//! Stacks of this repository's template, with the gateway and the functions built from source.

use anyhow::Result;
use papagaio::stack::{Builder, Stack};

use crate::{build, repository};

/// Starts a stack on a free port, with its tables in memory.
///
/// # Errors
///
/// If the executables do not build, or the gateway does not become ready.
pub fn start() -> Result<Stack> {
    builder()?.start()
}

/// The same with parameters of the template, as `(name, value)`.
///
/// # Errors
///
/// As [`start`].
pub fn start_with(parameters: &[(&str, &str)]) -> Result<Stack> {
    builder_with(parameters)?.start()
}

/// Builds the executables if needed, and returns a stack to configure. It has no rate limit, because all clients of a test have
/// one address.
///
/// # Errors
///
/// If the executables do not build.
pub fn builder() -> Result<Builder> {
    let folder = build()?;
    let gateway = folder.join(format!("gateway{}", std::env::consts::EXE_SUFFIX));
    let template = repository().join("lambdas/template.yaml");
    let stack = Stack::builder(template, gateway).functions(folder);
    Ok(stack.parameter("RateLimit", "0"))
}

/// The same with parameters of the template, as `(name, value)`.
///
/// # Errors
///
/// As [`builder`].
pub fn builder_with(parameters: &[(&str, &str)]) -> Result<Builder> {
    let parameters = parameters.iter();
    Ok(parameters.fold(builder()?, |builder, (name, value)| {
        builder.parameter(*name, *value)
    }))
}
