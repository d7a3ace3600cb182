//! `AWS::Serverless::Function` and `AWS::Lambda::Function`. `code` decides how a function is run, `location` where
//! its code is, and `bundle` what is bundled; `sources` looks into the files of its project.

mod bundle;
mod code;
mod location;
mod sources;

pub(crate) use self::code::{ARTIFACT, BUNDLED, ONLY_HTTP, SERVERLESS};

use std::{collections::BTreeMap, time::Duration};

use super::{
    error::{Error, Problem},
    fields::Fields,
    resolve::Resolver,
    resources::{self, Kind},
    stack::{Function, Layer, Logging},
    yaml::Entry,
};

/// Properties that change permissions, observability, packaging or the machine, and nothing that a function sees.
const IGNORED: &[&str] = &[
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeSigningConfigArn",
    "DeadLetterConfig",
    "DeadLetterQueue",
    "DeploymentPreference",
    "Description",
    "EphemeralStorage",
    "KmsKeyArn",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "RecursiveLoop",
    "Role",
    "RolePath",
    "RuntimeManagementConfig",
    "RuntimePolicy",
    "SnapStart",
    "Tags",
    "Tracing",
    "TracingConfig",
    "VersionDescription",
    "VpcConfig",
];

/// Variables that Lambda sets itself; deploying a template that sets one fails
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Lambda's default, in seconds.
const DEFAULT_TIMEOUT: u64 = 3;
/// Lambda's limit, in seconds.
const MAX_TIMEOUT: u64 = 900;
/// Lambda's default for asynchronous invocations.
const DEFAULT_RETRIES: usize = 2;
/// Lambda's default, in megabytes.
const DEFAULT_MEMORY: u32 = 128;

/// A function that cannot be run here, which only matters when something invokes it.
pub(crate) struct Unrunnable {
    /// Logical id.
    pub(crate) function: String,
    pub(crate) line: usize,
    /// Why, and the remedy.
    pub(crate) reason: String,
}

pub(crate) fn read(
    resolver: &Resolver<'_>,
    resource: &Entry,
) -> Result<Result<Function, Unrunnable>, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    fields.ignore(IGNORED);
    if resources::kind_of(resource) == Kind::SamFunction {
        fields.ignore(&["Events", "FunctionUrlConfig"]);
    }
    fields.node("FunctionName");
    let name = resolver.physical_name(&resource.key, resource.line)?;
    let code = code::read(resource, &mut fields)?;
    let layers = layers(&mut fields);
    let timeout = fields
        .number("Timeout", 1..=MAX_TIMEOUT)
        .unwrap_or(DEFAULT_TIMEOUT);
    let memory = fields
        .number("MemorySize", 128..=10_240)
        .unwrap_or(DEFAULT_MEMORY);
    let reserved_concurrency = fields.number("ReservedConcurrentExecutions", 0..=1_000_000);
    let handler = resolver
        .keep(fields.text("Handler"))
        .flatten()
        .unwrap_or_else(|| "bootstrap".to_owned());
    let retries = resolver.keep(retries(&mut fields));
    let environment = environment(&mut fields);
    let logging = resolver.keep(logging(&mut fields)).unwrap_or_default();
    fields.finish();
    let code = match code {
        Ok(code) => code,
        Err((line, reason)) => {
            let function = resource.key.clone();
            return Ok(Err(Unrunnable {
                function,
                line,
                reason,
            }));
        }
    };
    Ok(Ok(Function {
        logical_id: resource.key.clone(),
        name,
        code,
        layers,
        handler,
        memory,
        timeout: Duration::from_secs(timeout),
        reserved_concurrency,
        retries: retries.flatten().unwrap_or(DEFAULT_RETRIES),
        environment,
        logging,
    }))
}

/// The layers that this template defines; others are left out.
fn layers(fields: &mut Fields<'_>) -> Vec<Layer> {
    let mut layers = Vec::new();
    let (resolver, of) = (fields.resolver, fields.path("Layers"));
    for node in fields.items("Layers") {
        let Some(Some(found)) = resolver.keep(resolver.text(node, &of)) else {
            continue;
        };
        match location::layer(resolver, &found) {
            Ok(layer) => layers.push(layer),
            Err(reason) => resolver.left_out(node.line, &format!("the layer {found}, {reason}")),
        }
    }
    layers
}

fn environment(fields: &mut Fields<'_>) -> BTreeMap<String, String> {
    let (resolver, mut environment) = (fields.resolver, BTreeMap::new());
    let Some(mut section) = resolver.keep(fields.nested("Environment")).flatten() else {
        return environment;
    };
    let variables = section.entries("Variables");
    section.finish();
    for Entry { key, line, node } in variables {
        if RESERVED.contains(&key.as_str()) {
            let wanted = "it is reserved: Lambda sets it itself";
            let problem = Problem::value("an environment variable", key, wanted);
            resolver.report(*line, problem);
            continue;
        }
        let value = resolver.text(node, &format!("the variable {key}"));
        if let Some(value) = resolver.keep(value).flatten() {
            environment.insert(key.clone(), value);
        }
    }
    environment
}

/// Maximum number of retries of a failed asynchronous invocation.
fn retries(fields: &mut Fields<'_>) -> Result<Option<usize>, Error> {
    let Some(mut config) = fields.nested("EventInvokeConfig")? else {
        return Ok(None);
    };
    config.ignore(&["DestinationConfig", "MaximumEventAgeInSeconds"]);
    let retries = config.number("MaximumRetryAttempts", 0..=2);
    config.finish();
    Ok(retries)
}

/// `LoggingConfig`, which Lambda passes to the function in environment variables.
fn logging(fields: &mut Fields<'_>) -> Result<Logging, Error> {
    let Some(mut config) = fields.nested("LoggingConfig")? else {
        return Ok(Logging::default());
    };
    config.ignore(&["LogGroup", "SystemLogLevel"]);
    let logging = Logging {
        format: config.text("LogFormat")?,
        level: config.text("ApplicationLogLevel")?,
    };
    config.finish();
    Ok(logging)
}
