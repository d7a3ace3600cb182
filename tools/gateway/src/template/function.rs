//! `AWS::Serverless::Function` with its schedules.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    error::{Error, Problem},
    fields::Fields,
    rate,
    resolve::Resolver,
    stack::{Code, Function, Logging, Schedule},
    yaml::{Entry, Node, Value},
};

/// Properties that change rights, observation, packaging or the machine, and nothing that a function sees.
const LEFT_OUT: &[&str] = &[
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeSigningConfigArn",
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
    "SnapStart",
    "Tags",
    "Tracing",
    "VersionDescription",
    "VpcConfig",
];

/// Variables that Lambda sets itself; a template that names one is refused when it is deployed
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

/// Lambda's default, which SAM keeps.
const DEFAULT_TIMEOUT: u64 = 3;
/// Longest time that Lambda lets an invocation take, in seconds.
const MAX_TIMEOUT: u64 = 900;
/// Lambda's default for asynchronous invocations.
const DEFAULT_RETRIES: usize = 2;
/// Lambda's default, in megabytes.
const DEFAULT_MEMORY: u64 = 128;

pub(crate) fn read(
    resolver: &Resolver<'_>,
    resource: &Entry,
    globals: Option<&Node>,
) -> Result<(Function, Vec<Schedule>), Error> {
    let mut fields = super::properties(resolver, resource)?.with_globals(globals);
    fields.leave_out(LEFT_OUT);
    fields.node("FunctionName");
    let name = resolver.physical_name(&resource.key, resource.line)?;
    let code = code(resolver, resource, &mut fields)?;
    let timeout = fields
        .number("Timeout", 1..=MAX_TIMEOUT)?
        .unwrap_or(DEFAULT_TIMEOUT);
    let memory = fields
        .number("MemorySize", 128..=10_240)?
        .unwrap_or(DEFAULT_MEMORY);
    let reserved = fields.number("ReservedConcurrentExecutions", 1..=1_000_000)?;
    let handler = fields
        .text("Handler")?
        .unwrap_or_else(|| "bootstrap".to_owned());
    let retries = retries(resolver, &mut fields)?;
    let environment = environment(resolver, &mut fields)?;
    let logging = logging(resolver, &mut fields)?;
    let schedules = schedules(resolver, resource, &mut fields)?;
    fields.finish()?;
    let function = Function {
        logical_id: resource.key.clone(),
        name,
        code,
        handler,
        memory: u32::try_from(memory).unwrap_or(u32::MAX),
        timeout: Duration::from_secs(timeout),
        reserved_concurrency: reserved.and_then(|number| usize::try_from(number).ok()),
        retries,
        environment,
        logging,
    };
    Ok((function, schedules))
}

fn code(resolver: &Resolver<'_>, resource: &Entry, fields: &mut Fields<'_>) -> Result<Code, Error> {
    let runtime = fields.node("Runtime");
    let folder = fields.required("CodeUri")?;
    let Some(relative) = folder.text() else {
        let of = fields.path("CodeUri");
        return Err(resolver.error(
            folder.line,
            Problem::Kind {
                of,
                wanted: "a folder",
                found: folder.kind(),
            },
        ));
    };
    let folder = resolver.folder().join(relative);
    let folder: PathBuf = if folder.as_os_str().is_empty() {
        Path::new(".").to_owned()
    } else {
        folder
    };
    let metadata = resource.node.get("Metadata");
    if metadata
        .and_then(|node| node.get("BuildMethod"))
        .and_then(Node::text)
        == Some("rust-cargolambda")
    {
        let properties = metadata.and_then(|node| node.get("BuildProperties"));
        let binary = properties
            .and_then(|node| node.get("Binary"))
            .and_then(Node::text)
            .map(ToOwned::to_owned);
        return Ok(Code::Cargo { folder, binary });
    }
    // A managed runtime (python3.13, nodejs22.x) is code of AWS; only what brings its own `bootstrap` can run here.
    if let Some(node) = runtime
        && let Some(found) = resolver.text(node, "Runtime")?
        && !found.starts_with("provided")
        && !folder.join("bootstrap").is_file()
    {
        let wanted = "supported are provided.al2023 with an executable `bootstrap` in CodeUri, which may be written in \
                      any language, and BuildMethod: rust-cargolambda"
            .to_owned();
        return Err(resolver.error(
            node.line,
            Problem::Value {
                of: fields.path("Runtime"),
                found,
                wanted,
            },
        ));
    }
    Ok(Code::Bootstrap { folder })
}

/// `Globals` first, the function's own variables over them, as SAM merges maps.
fn environment(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut environment = BTreeMap::new();
    let [own, global] = fields.both("Environment");
    for section in [global, own].into_iter().flatten() {
        let mut section = Fields::new(resolver, "Environment", section)?;
        let variables = section.node("Variables");
        section.finish()?;
        let Some(Node {
            value: Value::Mapping(variables),
            ..
        }) = variables
        else {
            continue;
        };
        for Entry { key, line, node } in variables {
            if RESERVED.contains(&key.as_str()) {
                let (of, found) = ("an environment variable".to_owned(), key.clone());
                let wanted = "Lambda sets it itself and refuses a template that does".to_owned();
                return Err(resolver.error(*line, Problem::Value { of, found, wanted }));
            }
            match resolver.text(node, &format!("the variable {key}"))? {
                Some(value) => environment.insert(key.clone(), value),
                None => environment.remove(key),
            };
        }
    }
    Ok(environment)
}

/// How often an asynchronous invocation is tried again.
fn retries(resolver: &Resolver<'_>, fields: &mut Fields<'_>) -> Result<usize, Error> {
    let Some(node) = fields.node("EventInvokeConfig") else {
        return Ok(DEFAULT_RETRIES);
    };
    let mut fields = Fields::new(resolver, "EventInvokeConfig", node)?;
    fields.leave_out(&["DestinationConfig", "MaximumEventAgeInSeconds"]);
    let retries = fields.number("MaximumRetryAttempts", 0..=2)?;
    fields.finish()?;
    Ok(retries
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(DEFAULT_RETRIES))
}

/// Lambda tells the function by environment variables what its `LoggingConfig` asks for.
fn logging(resolver: &Resolver<'_>, fields: &mut Fields<'_>) -> Result<Logging, Error> {
    let Some(node) = fields.node("LoggingConfig") else {
        return Ok(Logging::default());
    };
    let mut fields = Fields::new(resolver, "LoggingConfig", node)?;
    fields.leave_out(&["LogGroup", "SystemLogLevel"]);
    let logging = Logging {
        format: fields.text("LogFormat")?,
        level: fields.text("ApplicationLogLevel")?,
    };
    fields.finish()?;
    Ok(logging)
}

fn schedules(
    resolver: &Resolver<'_>,
    resource: &Entry,
    fields: &mut Fields<'_>,
) -> Result<Vec<Schedule>, Error> {
    let Some(Node {
        value: Value::Mapping(events),
        ..
    }) = fields.node("Events")
    else {
        return Ok(Vec::new());
    };
    events
        .iter()
        .filter(|event| !event.node.is_nothing())
        .map(|event| schedule(resolver, &resource.key, event))
        .collect()
}

fn schedule(resolver: &Resolver<'_>, function: &str, event: &Entry) -> Result<Schedule, Error> {
    let of = format!("{function}.{}", event.key);
    let mut outer = Fields::new(resolver, of.clone(), &event.node)?;
    let kind = outer.required("Type")?;
    let expression_name = match kind.text() {
        Some("Schedule") => "Schedule",
        Some("ScheduleV2") => "ScheduleExpression",
        _ => {
            let wanted = "supported are Schedule and ScheduleV2".to_owned();
            let problem = Problem::Value {
                of: format!("the type of {of}"),
                found: kind.kind(),
                wanted,
            };
            return Err(resolver.error(kind.line, problem));
        }
    };
    let properties = outer.required("Properties")?;
    outer.finish()?;
    let mut fields = Fields::new(resolver, of.clone(), properties)?;
    fields.leave_out(&[
        "DeadLetterConfig",
        "Description",
        "FlexibleTimeWindow",
        "GroupName",
        "KmsKeyArn",
        "Name",
    ]);
    fields.leave_out(&[
        "OmitName",
        "PermissionsBoundary",
        "RetryPolicy",
        "RoleArn",
        "ScheduleExpressionTimezone",
    ]);
    let node = fields.required(expression_name)?;
    let expression = resolver.text(node, &of)?.unwrap_or_default();
    let every = rate::parse(&expression).map_err(|wanted| {
        let problem = Problem::Value {
            of: format!("the schedule of {of}"),
            found: expression.clone(),
            wanted,
        };
        resolver.error(node.line, problem)
    })?;
    let input = fields.text("Input")?;
    let enabled = fields.text("Enabled")?.as_deref() != Some("false");
    let enabled = fields.text("State")?.as_deref() != Some("DISABLED") && enabled;
    fields.finish()?;
    Ok(Schedule {
        function: function.to_owned(),
        event: event.key.clone(),
        expression,
        every,
        input,
        enabled,
    })
}
