//! The runtime clients for Python and JavaScript, driven by a Runtime API that records what they report; the one for
//! Python side by side with AWS's own, the package `awslambdaric`.

mod javascript;
mod python;

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
    program::{TIMEOUT, file},
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
            return Ok(self.next().await);
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
        if parts.uri.query() == Some("next") {
            return Ok(self.next().await);
        }
        let status = Response::builder().status(202);
        Ok(status.body(Full::from("{\"status\":\"OK\"}\n")).unwrap())
    }

    async fn next(&self) -> Response<Full<Bytes>> {
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
        response.body(Full::from(event)).unwrap()
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
        timeout(TIMEOUT, waiting)
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
