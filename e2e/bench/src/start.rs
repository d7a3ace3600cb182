//! How long a function takes from the start of its process to its first answer, and how much memory it has then.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xtask_lib::table::{Column, render};

use crate::original;
use crate::proc::{self, Memory, mebibytes};
use crate::runtime_api::RuntimeApi;
use crate::stack::Stack;
use crate::stats::{Times, milliseconds};

/// How often each function is started. Enough for a median that stays, short enough to wait for.
const STARTS: usize = 11;

/// Prints one row a function. Each answers for real: it reads or writes the gateway's database.
///
/// # Errors
/// When a function or the gateway does not start, or does not answer.
pub(crate) fn print(programs: &Path, template: &Path) -> Result<()> {
    let stack = Stack::start(programs, template)?;
    let mut rows = Vec::new();
    for (program, event) in invocations() {
        let mut times = Vec::new();
        let mut memory = Memory::default();
        for _ in 0..STARTS {
            let (time, its_memory) = once(&programs.join(program), &event, &stack)
                .with_context(|| format!("cannot measure the start of {program}"))?;
            times.push(time);
            memory = its_memory;
        }
        let times = Times::new(times);
        rows.push(vec![
            program.to_owned(),
            milliseconds(times.median()),
            milliseconds(times.longest()),
            mebibytes(memory.resident),
        ]);
    }
    let original = [
        "original, start only",
        original::INIT,
        "",
        original::FUNCTION_MEMORY,
    ];
    rows.push(original.map(str::to_owned).to_vec());
    let columns = [
        Column::Words("start to first answer, in ms"),
        Column::Numbers("median"),
        Column::Numbers("longest"),
        Column::Numbers("MiB resident"),
    ];
    println!("\n{}", render(&columns, &rows).trim_end());
    Ok(())
}

/// Every executable with something that it does not need a client for.
fn invocations() -> [(&'static str, Value); 3] {
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
    // The clean-up comes last and finds the row of the connection that never was.
    [
        ("connection", connect),
        ("send_message", send),
        ("garbage_collection", scheduled),
    ]
}

fn once(program: &Path, event: &Value, stack: &Stack) -> Result<(Duration, Memory)> {
    let api = RuntimeApi::with(event.to_string())?;
    let start = Instant::now();
    let function = Function(
        environment(program, stack, &api)?
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?,
    );
    let answered = api.answered()?;
    Ok((answered - start, proc::memory(function.0.id())?))
}

/// The function with the environment that Lambda gives it.
fn environment(program: &Path, stack: &Stack, api: &RuntimeApi) -> Result<Command> {
    let endpoint = stack.line("endpoint")?.replacen("ws://", "http://", 1);
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.env("AWS_LAMBDA_RUNTIME_API", api.address());
    command
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
    command
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench");
    command
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench");
    command.env("AWS_ENDPOINT_URL_DYNAMODB", stack.line("dynamodb")?);
    command.env("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", endpoint);
    command.env("TABLE_NAME", stack.line("ConnectionsTable")?);
    command.env("MESSAGES_TABLE_NAME", stack.line("MessagesTable")?);
    command.env("RETENTION_DAYS", "30").env("RATE_LIMIT", "0");
    Ok(command)
}

/// The process of a function, ended when this is dropped.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
