//! The runtime clients for Python and JavaScript, driven by a Runtime API that records what they report; the one for
//! Python side by side with AWS's own, the package `awslambdaric`.

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, process::Command, sync::Notify, time::timeout};

use crate::{
    program::{PATIENCE, file},
    script::provided,
};

/// What a client has reported: `response`, `error` or `init/error`, the error type in the header, and the body.
type Report = (String, Option<String>, Value);

/// A Runtime API that hands out events and records reports.
#[derive(Default)]
struct Api {
    events: Mutex<VecDeque<&'static str>>,
    reports: Mutex<Vec<Report>>,
    reported: Notify,
}

impl Api {
    async fn start(events: &[&'static str]) -> (Arc<Self>, SocketAddr) {
        let api = Arc::new(Self::default());
        api.events.lock().unwrap().extend(events);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&api);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let api = Arc::clone(&serving);
                let service = service_fn(move |request| Arc::clone(&api).answer(request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        (api, address)
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, body) = request.into_parts();
        if parts.method == Method::GET {
            let event = self.events.lock().unwrap().pop_front();
            let Some(event) = event else {
                return std::future::pending().await;
            };
            let response = Response::builder()
                .header("Lambda-Runtime-Aws-Request-Id", "request")
                .header("Lambda-Runtime-Deadline-Ms", "4102444800000")
                .header("Lambda-Runtime-Invoked-Function-Arn", "arn")
                .header("Lambda-Runtime-Trace-Id", "trace")
                .header("Content-Type", "application/json");
            return Ok(response.body(Full::from(event)).unwrap());
        }
        let path = parts.uri.path().replace("invocation/request/", "");
        let kind = path
            .strip_prefix("/2018-06-01/runtime/")
            .unwrap()
            .to_owned();
        let error = parts.headers.get("Lambda-Runtime-Function-Error-Type");
        let error = error.map(|value| value.to_str().unwrap().to_owned());
        let body = body.collect().await.unwrap().to_bytes();
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        if let Some(members) = body.as_object_mut().filter(|_| kind != "response") {
            members.retain(|name, _| ["errorType", "errorMessage"].contains(&name.as_str()));
        }
        self.reports.lock().unwrap().push((kind, error, body));
        self.reported.notify_one();
        let status = Response::builder().status(202);
        Ok(status.body(Full::from("{\"status\":\"OK\"}\n")).unwrap())
    }

    async fn wait_for(&self, count: usize) -> Vec<Report> {
        let waiting = async {
            loop {
                let reports = self.reports.lock().unwrap().clone();
                if reports.len() >= count {
                    return reports;
                }
                self.reported.notified().await;
            }
        };
        timeout(PATIENCE, waiting)
            .await
            .expect("the client reports nothing")
    }
}

/// A function and what it is invoked with.
struct Case {
    handler: &'static str,
    files: &'static [(&'static str, &'static str)],
    events: &'static [&'static str],
}

impl Case {
    /// Everything that a client reports, one report for each event or one failed initialisation.
    async fn reports(&self, program: &str, arguments: &[&str]) -> Vec<Report> {
        let folder = TempDir::new().unwrap();
        for (name, text) in self.files {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let (api, address) = Api::start(self.events).await;
        let _client = Command::new(program)
            .args(arguments)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("LAMBDA_TASK_ROOT", folder.path())
            .env("_HANDLER", self.handler)
            .env("AWS_LAMBDA_FUNCTION_NAME", "f")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs20.x")
            .env("PYTHONPATH", folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        api.wait_for(self.events.len().max(1)).await
    }
}

fn client(name: &str) -> String {
    let path = file("src/functions/runtime").join(name);
    path.to_str().unwrap().to_owned()
}

fn success(body: Value) -> Report {
    ("response".to_owned(), None, body)
}

fn failure(kind: &str, error: &str, message: &str) -> Report {
    let body = json!({ "errorType": error, "errorMessage": message });
    (kind.to_owned(), Some(error.to_owned()), body)
}

/// A failed invocation in Python, which the client reports without a header.
fn raised(error: &str, message: &str) -> Report {
    let (kind, _, body) = failure("error", error, message);
    (kind, None, body)
}

const PYTHON: &str = "import decimal, sys\n\
    def echo(event, context):\n    print('seen')\n    return event\n\
    def about(event, context):\n    return [context.function_name, context.memory_limit_in_mb, context.aws_request_id, \
    context.invoked_function_arn, context.get_remaining_time_in_millis() > 1000]\n\
    def fail(event, context):\n    raise ValueError('no')\n\
    def odd(event, context):\n    return {1, 2}\n\
    def number(event, context):\n    return decimal.Decimal('1.5')\n\
    def nothing(event, context):\n    pass\n";

fn python_cases() -> Vec<(Case, Vec<Report>)> {
    let app: &[(&str, &str)] = &[("app.py", PYTHON)];
    let case = |handler, events| Case {
        handler,
        files: app,
        events,
    };
    let broken = |handler, files| Case {
        handler,
        files,
        events: &[],
    };
    let init = |error, message| vec![failure("init/error", error, message)];
    vec![
        (
            case("app.echo", &[r#"{"a":"é","b":[1,2.5,null]}"#, "\"again\""]),
            vec![
                success(json!({"a": "é", "b": [1, 2.5, null]})),
                success(json!("again")),
            ],
        ),
        (
            case("app.about", &["1"]),
            vec![success(json!(["f", "128", "request", "arn", true]))],
        ),
        (
            case("app.fail", &["1", "2"]),
            vec![raised("ValueError", "no"), raised("ValueError", "no")],
        ),
        (
            case("app.odd", &["1"]),
            vec![raised(
                "Runtime.MarshalError",
                "Unable to marshal response: Object of type set is not JSON serializable",
            )],
        ),
        (case("app.number", &["1"]), vec![success(json!(1.5))]),
        (case("app.nothing", &["1"]), vec![success(Value::Null)]),
        (
            case("app.gone", &[]),
            init(
                "Runtime.HandlerNotFound",
                "Handler 'gone' missing on module 'app'",
            ),
        ),
        (
            case("app", &[]),
            init(
                "Runtime.MalformedHandlerName",
                "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
            ),
        ),
        (
            broken("app.f", &[("app.py", "import nowhere\n")]),
            init(
                "Runtime.ImportModuleError",
                "Unable to import module 'app': No module named 'nowhere'",
            ),
        ),
        (
            broken("app.f", &[("app.py", "def f(:\n")]),
            init(
                "Runtime.UserCodeSyntaxError",
                "Syntax error in module 'app': invalid syntax (app.py, line 1)",
            ),
        ),
        (
            broken("app.f", &[("app.py", "1 / 0\n")]),
            init("ZeroDivisionError", "division by zero"),
        ),
        (
            Case {
                handler: "folder/app.echo",
                files: &[("folder/app.py", PYTHON)],
                events: &["1"],
            },
            vec![success(json!(1))],
        ),
    ]
}

#[tokio::test]
async fn functions_in_python_run_as_on_lambda() {
    for (case, wanted) in python_cases() {
        let reports = case.reports("python3", &[&client("python.py")]).await;
        assert_eq!(reports, wanted, "{}", case.handler);
    }
}

#[tokio::test]
async fn the_client_for_python_agrees_with_awslambdaric() {
    let variable = "GATEWAY_AWSLAMBDARIC_PYTHON";
    let Some(python) = provided(variable, "AWS's runtime client for Python") else {
        return;
    };
    for (case, wanted) in python_cases() {
        let reports = case
            .reports(&python, &["-m", "awslambdaric", case.handler])
            .await;
        assert_eq!(reports, wanted, "{}", case.handler);
    }
}

const COMMON: &str = "exports.echo = async (event) => { console.log('seen', event); return event; };\n\
    exports.back = (event, context, callback) => { setTimeout(() => callback(null, event), 5); };\n\
    exports.early = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; \
    setTimeout(() => {}, 100000); callback(null, 'early'); };\n\
    exports.late = (event, context, callback) => { setTimeout(() => { late = 'done'; }, 20); let late; \
    callback(null, { get late() { return late; } }); };\n\
    exports.refuse = (event, context, callback) => callback('refused');\n\
    exports.succeed = (event, context) => context.succeed(event);\n\
    exports.idle = () => {};\n\
    exports.never = () => new Promise(() => {});\n\
    exports.nothing = async () => {};\n\
    exports.fail = async () => { throw new TypeError('no'); };\n\
    exports.sudden = () => { throw new RangeError('sudden'); };\n\
    exports.circle = async () => { const a = {}; a.a = a; return a; };\n\
    exports.about = async (event, c) => [c.functionName, c.memoryLimitInMB, c.awsRequestId, c.invokedFunctionArn, \
    c.getRemainingTimeInMillis() > 1000];\n\
    exports.deep = { er: exports.echo };\n\
    exports.both = async (event, context, callback) => { await 0; return callback(null, event); };\n\
    exports.first = async (event, context, callback) => { callback(null, event); return 'promise'; };\n\
    exports.second = async (event, context, callback) => { setTimeout(() => callback(null, event), 5); return 'promise'; };\n\
    exports.chain = (event, context, callback) => { Promise.resolve().then(() => callback(null, event)); };\n\
    exports.arrow = (event, context, callback) => Promise.resolve().then(() => callback(null, event));\n\
    exports.rescued = async (event, context, callback) => { callback(null, event); throw new TypeError('late'); };\n\
    exports.refused = async (event, context, callback) => { callback('refused'); return event; };\n\
    exports.thrown = (event, context, callback) => { callback(null, event); throw new RangeError('late'); };\n\
    exports.text = 'no function';\n\
    exports.stray = () => { Promise.reject(new Error('stray')); return new Promise(() => setTimeout(() => {}, 1000)); };\n";

fn node_cases() -> Vec<(Case, Vec<Report>)> {
    let app: &[(&str, &str)] = &[("app.js", COMMON)];
    let case = |handler, events| Case {
        handler,
        files: app,
        events,
    };
    let echoes = || vec![success(json!(1)), success(json!(2))];
    let error = |error, message| vec![failure("error", error, message)];
    let init = |error, message| vec![failure("init/error", error, message)];
    vec![
        (
            case("app.echo", &[r#"{"a":"é"}"#, "2"]),
            vec![success(json!({"a": "é"})), success(json!(2))],
        ),
        (
            case("app.back", &["1", "2"]),
            vec![success(json!(1)), success(json!(2))],
        ),
        (case("app.early", &["1"]), vec![success(json!("early"))]),
        (
            case("app.late", &["1"]),
            vec![success(json!({"late": "done"}))],
        ),
        (case("app.refuse", &["1"]), error("string", "refused")),
        // The first of a callback and the promise counts. Two events each, because neither must reach the next invocation.
        (case("app.both", &["1", "2"]), echoes()),
        (case("app.first", &["1", "2"]), echoes()),
        (
            case("app.second", &["1", "2"]),
            vec![success(json!("promise")); 2],
        ),
        (case("app.chain", &["1", "2"]), echoes()),
        (case("app.arrow", &["1", "2"]), echoes()),
        (case("app.rescued", &["1", "2"]), echoes()),
        (case("app.refused", &["1"]), error("string", "refused")),
        (case("app.thrown", &["1", "2"]), echoes()),
        (case("app.succeed", &["1"]), vec![success(json!(1))]),
        (case("app.idle", &["1", "2"]), vec![success(Value::Null); 2]),
        (case("app.never", &["1"]), vec![success(Value::Null)]),
        (case("app.nothing", &["1"]), vec![success(Value::Null)]),
        (case("app.fail", &["1"]), error("TypeError", "no")),
        (case("app.sudden", &["1"]), error("RangeError", "sudden")),
        (
            case("app.about", &["1"]),
            vec![success(json!(["f", "128", "request", "arn", true]))],
        ),
        (case("app.deep.er", &["1"]), vec![success(json!(1))]),
        (
            case("app.gone", &[]),
            init(
                "Runtime.HandlerNotFound",
                "app.gone is undefined or not exported",
            ),
        ),
        (
            case("app.text", &[]),
            init("Runtime.HandlerNotFound", "app.text is not a function"),
        ),
        (
            case("app", &[]),
            init("Runtime.MalformedHandlerName", "Bad handler"),
        ),
        (
            Case {
                handler: "dir/app.handler",
                files: &[(
                    "dir/app.mjs",
                    "await 0; export const handler = async (event) => event;\n",
                )],
                events: &["1"],
            },
            vec![success(json!(1))],
        ),
        (
            Case {
                handler: "app.handler",
                files: &[
                    ("package.json", r#"{"type":"module"}"#),
                    ("app.js", "export const handler = async (event) => event;\n"),
                ],
                events: &["1"],
            },
            vec![success(json!(1))],
        ),
    ]
}

#[tokio::test]
async fn functions_in_javascript_run_as_on_lambda() {
    for (case, wanted) in node_cases() {
        let reports = case.reports("node", &[&client("node.mjs")]).await;
        assert_eq!(reports, wanted, "{}", case.handler);
    }
}

#[tokio::test]
async fn errors_of_javascript_name_what_is_wrong() {
    let reported = async |handler, source| {
        let files = vec![("app.js", source)].leak();
        let case = Case {
            handler,
            files,
            events: &["1"],
        };
        let mut reports = case.reports("node", &[&client("node.mjs")]).await;
        let (kind, error, body) = reports.remove(0);
        let message = body["errorMessage"].as_str().unwrap().to_owned();
        (
            kind,
            error.unwrap_or_else(|| body["errorType"].to_string()),
            message,
        )
    };
    let (kind, error, message) = reported("app.f", "require('nowhere');\n").await;
    assert_eq!(
        (kind.as_str(), error.as_str()),
        ("init/error", "Runtime.ImportModuleError")
    );
    assert!(
        message.starts_with("Error: Cannot find module 'nowhere'"),
        "{message}"
    );
    let (kind, error, message) = reported("app.f", "function (\n").await;
    assert_eq!(
        (kind.as_str(), error.as_str()),
        ("init/error", "Runtime.UserCodeSyntaxError")
    );
    assert!(message.starts_with("SyntaxError: "), "{message}");
    let (_, error, message) = reported("app.circle", COMMON).await;
    assert_eq!(error, "Runtime.MarshalError");
    assert!(
        message.starts_with("Unable to stringify response body"),
        "{message}"
    );
    let (kind, error, message) = reported("app.stray", COMMON).await;
    assert_eq!(
        (kind.as_str(), error.as_str()),
        ("error", "\"Runtime.UnhandledPromiseRejection\"")
    );
    assert_eq!(message, "Error: stray");
}
