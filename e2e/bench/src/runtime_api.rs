//! Lambda's side of the Runtime API, for one function and one invocation.
//!
//! Source: "Using the Lambda runtime API for custom runtimes" in the AWS Lambda Developer Guide.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

/// How long the function may take to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// One invocation waiting to be fetched, and the answer to it.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    answers: Receiver<Answer>,
}

/// What the function sent, and when it had arrived.
#[derive(Debug)]
struct Answer {
    at: Instant,
    /// The function reported an error instead of a result.
    failed: bool,
    body: String,
}

impl RuntimeApi {
    /// Listens, with `event` as the only invocation. The listener lives as long as this program.
    ///
    /// # Errors
    /// When no port can be had.
    pub(crate) fn with(event: String) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("could not bind a port")?;
        let address = listener.local_addr()?;
        let (sender, answers) = channel();
        let event = Arc::new(event);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (event, sender) = (Arc::clone(&event), sender.clone());
                // A connection that breaks is the function's end, which the measuring side notices by itself.
                std::thread::spawn(move || serve(stream, &event, &sender));
            }
        });
        Ok(Self { address, answers })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// When the answer had arrived.
    ///
    /// # Errors
    /// When there is none in time, or when it is an error.
    pub(crate) fn answered(&self) -> Result<Instant> {
        let answer = self
            .answers
            .recv_timeout(LIMIT)
            .with_context(|| format!("no answer in {} s", LIMIT.as_secs()))?;
        if answer.failed {
            bail!("the function failed: {}", answer.body);
        }
        Ok(answer.at)
    }
}

/// Serves the requests of one connection until it is closed.
fn serve(stream: TcpStream, event: &str, answers: &Sender<Answer>) -> Result<()> {
    let mut given = false;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some((path, body)) = request(&mut reader)? {
        if path.ends_with("/invocation/next") {
            if given {
                // Nothing more comes. Lambda keeps the request open too.
                reader.read_to_end(&mut Vec::new())?;
                return Ok(());
            }
            given = true;
            stream.write_all(invocation(event)?.as_bytes())?;
        } else {
            let answer = Answer {
                at: Instant::now(),
                failed: path.ends_with("/error"),
                body,
            };
            stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
            // The receiver is dropped after the first response.
            let _ = answers.send(answer);
        }
    }
    Ok(())
}

fn invocation(event: &str) -> Result<String> {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + LIMIT;
    Ok(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-000000000000\r\n\
         Lambda-Runtime-Deadline-Ms: {}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:bench\r\n\r\n{event}",
        event.len(),
        deadline.as_millis(),
    ))
}

/// One request: its path and its body; nothing where the connection was closed.
fn request(reader: &mut BufReader<TcpStream>) -> Result<Option<(String, String)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line
        .split(' ')
        .nth(1)
        .context("a request without a path")?
        .to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value
                .trim()
                .parse()
                .with_context(|| format!("a length of {value}"))?;
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("the function streams its answer, which is not expected here");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((path, String::from_utf8_lossy(&body).into_owned())))
}

#[cfg(test)]
mod tests {
    use super::RuntimeApi;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    fn answer_with(path: &str) -> RuntimeApi {
        let api = RuntimeApi::with(r#"{"hello":"function"}"#.to_owned()).unwrap();
        let mut stream = TcpStream::connect(api.address()).unwrap();
        stream
            .write_all(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: x\r\n\r\n")
            .unwrap();
        let mut invocation = [0; 1024];
        let length = stream.read(&mut invocation).unwrap();
        assert!(
            String::from_utf8_lossy(&invocation[..length])
                .ends_with("\r\n\r\n{\"hello\":\"function\"}")
        );
        stream
            .write_all(format!("POST {path} HTTP/1.1\r\nContent-Length: 4\r\n\r\nnull").as_bytes())
            .unwrap();
        api
    }

    #[test]
    fn a_result_is_an_answer() {
        answer_with("/2018-06-01/runtime/invocation/1/response")
            .answered()
            .unwrap();
    }

    #[test]
    fn an_error_of_the_function_is_an_error_here() {
        let error = answer_with("/2018-06-01/runtime/invocation/1/error")
            .answered()
            .unwrap_err()
            .to_string();
        assert_eq!(error, "the function failed: null");
    }
}
