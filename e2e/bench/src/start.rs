//! The functions: the size of each zip, the time from the start of its process to its first answer, and its memory then.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use papagaio::latency::Latency;
use papagaio::stack::Stack;
use papo_gateway::runtime_api::{Call, RuntimeApi, Work};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;
use xtask_lib::table::{Column, render};

use crate::proc::{self, Memory};
use crate::sizes::{self, ZIP_BUDGET};
use crate::units::{mebibytes, milliseconds};
use crate::{original, stack};

/// How many times each function is started. Enough for a stable median, and few enough to wait for.
const STARTS: usize = 11;

/// How long a function may take to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Prints one row for each function. Each answers for real: it reads or writes the gateway's database, or sends a message through
/// the gateway. Without `zips`, the directory with the functions' zips, these are not measured.
pub(crate) fn print(programs: &Path, template: &Path, zips: Option<&Path>) -> Result<()> {
    let zips = zips.map_or(Ok(BTreeMap::new()), sizes::zips)?;
    let stack = stack::start_chat(programs, template)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut rows = Vec::new();
    for (program, event) in invocations() {
        let mut times = Latency::new();
        let mut memory = Memory::default();
        for _ in 0..STARTS {
            let (time, its_memory) = runtime
                .block_on(once(&programs.join(program), &event, &stack))
                .with_context(|| format!("cannot measure the start of {program}"))?;
            times.record(time);
            memory = its_memory;
        }
        let zip = zips.get(program).map(u64::to_string).unwrap_or_default();
        rows.push(vec![
            program.to_owned(),
            zip,
            milliseconds(times.median()),
            milliseconds(times.max()),
            mebibytes(memory.resident),
        ]);
    }
    let original = [
        "original, start only",
        original::BUNDLE,
        original::INIT,
        "",
        original::FUNCTION_MEMORY,
    ];
    rows.push(original.map(str::to_owned).to_vec());
    let columns = [
        Column::Words("function, start to first answer in ms"),
        Column::Numbers("zip for arm64, bytes"),
        Column::Numbers("median"),
        Column::Numbers("longest"),
        Column::Numbers("MiB resident"),
    ];
    println!("\n{}", render(&columns, &rows).trim_end());
    if zips.values().any(|bytes| *bytes > ZIP_BUDGET) {
        println!("A zip is larger than its budget of {ZIP_BUDGET} bytes.");
    }
    Ok(())
}

/// Every executable with an event that it answers without a client.
fn invocations() -> [(&'static str, Value); 7] {
    let context = |route: &str, kind: &str| {
        json!({
            "routeKey": route, "eventType": kind, "messageDirection": "IN", "stage": "dev", "apiId": "bench",
            "connectionId": "AAAAAAAAAAAAAAA=", "requestId": "BBBBBBBBBBBBBBB=", "extendedRequestId": "BBBBBBBBBBBBBBB=",
            "messageId": "CCCCCCCCCCCCCCC=", "domainName": "127.0.0.1", "identity": { "sourceIp": "127.0.0.1" },
            "connectedAt": 1_733_702_400_000_u64, "requestTimeEpoch": 1_733_702_400_000_u64,
            "requestTime": "09/Dec/2024:00:00:00 +0000",
        })
    };
    let scheduled = json!({
        "version": "0", "id": "00000000-0000-4000-8000-000000000000", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "000000000000", "time": "2024-12-09T00:00:00Z", "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/bench"], "detail": {},
    });
    let connect =
        json!({ "requestContext": context("$connect", "CONNECT"), "isBase64Encoded": false });
    let body = r#"{"action":"sendMessage","message":"hello"}"#;
    let send = json!({ "requestContext": context("sendMessage", "MESSAGE"), "body": body, "isBase64Encoded": false });
    let handshake = json!({
        "type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:000000000000:bench/dev/$connect", "headers": {},
    });
    let appended = json!({ "Records": [{ "eventName": "INSERT", "dynamodb": { "SequenceNumber": "1", "NewImage": {
        "room": { "S": "main" }, "seq": { "N": "1" }, "connectionId": { "S": "AAAAAAAAAAAAAAA=" },
        "messageId": { "S": "CCCCCCCCCCCCCCC=" }, "message": { "S": "hello" },
        "requestTimeEpoch": { "N": "1733702400000" }, "expiresAt": { "N": "4102444800" },
    } } }] });
    let part = json!({
        "frames": { "introduced": ["{}"], "original": ["{}"] },
        "recipients": [{ "connectionId": "AAAAAAAAAAAAAAA=" }], "nowMs": 1_733_702_400_000_u64,
    });
    // The clean-up comes last and finds the row of a connection that was never opened.
    [
        ("connection", connect),
        ("send_message", send),
        ("broadcaster", appended),
        ("deliverer", part),
        ("authorizer", handshake),
        ("health_check", scheduled.clone()),
        ("garbage_collection", scheduled),
    ]
}

async fn once(program: &Path, event: &Value, stack: &Stack) -> Result<(Duration, Memory)> {
    let mut api = RuntimeApi::start().await.context("could not bind a port")?;
    let start = Instant::now();
    let mut function = environment(program, stack, &api)?
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let answered = timeout(LIMIT, first_answer(&mut api, event))
        .await
        .with_context(|| format!("no answer in {} s", LIMIT.as_secs()))??;
    let id = function.id().context("the function exited")?;
    let memory = proc::memory(id)?;
    function.kill().await?;
    Ok((answered - start, memory))
}

/// Invokes the function once. Returns the time at which its result arrived.
async fn first_answer(api: &mut RuntimeApi, event: &Value) -> Result<Instant> {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + LIMIT;
    while let Some(call) = api.calls.recv().await {
        match call {
            // It fails if the function has just closed its connection.
            Call::Next(reply) => drop(reply.send(Work {
                request_id: "00000000-0000-4000-8000-000000000000".to_owned(),
                deadline_ms: i64::try_from(deadline.as_millis())?,
                function_arn: "arn:aws:lambda:us-east-1:000000000000:function:bench".to_owned(),
                trace_id: String::new(),
                event: event.to_string().into(),
            })),
            Call::Respond(_) => return Ok(Instant::now()),
            Call::Fail(report) | Call::InitFailed(report, _) => {
                bail!(
                    "the function failed: {}: {}",
                    report.error_type,
                    report.error_message
                )
            }
        }
    }
    bail!("the Runtime API has ended")
}

/// The function with the environment that Lambda gives it.
fn environment(program: &Path, stack: &Stack, api: &RuntimeApi) -> Result<Command> {
    let endpoint = stack.endpoint().to_string().replacen("ws", "http", 1);
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    command.envs([
        ("AWS_LAMBDA_RUNTIME_API", &*api.address.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb()),
        ("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", &endpoint),
        ("TABLE_NAME", stack.table("ConnectionsTable")?),
        ("MESSAGES_TABLE_NAME", stack.table("MessagesTable")?),
        ("RETENTION_DAYS", "30"),
        ("RATE_LIMIT", "0"),
        ("FANOUT", "direct"),
        ("ENDPOINT", &stack.endpoint().to_string()),
    ]);
    Ok(command)
}
