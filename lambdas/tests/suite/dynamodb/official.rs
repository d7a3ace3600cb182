//! Runs the official DynamoDB Local as a child process.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

/// A running DynamoDB Local with its data in memory. Ends when it is dropped.
#[must_use]
pub(crate) struct DynamoDbLocal {
    process: Child,
    port: u16,
}

impl DynamoDbLocal {
    /// Starts it from `folder` and waits until it accepts connections.
    pub(crate) async fn start(folder: &Path) -> Self {
        // It does not support port 0. If another process takes the port in between, the test fails.
        let probe = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let process = Command::new("java")
            .arg("-Djava.library.path=./DynamoDBLocal_lib")
            .args([
                "-jar",
                "DynamoDBLocal.jar",
                "-inMemory",
                "-sharedDb",
                "-port",
            ])
            .arg(port.to_string())
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("java starts");
        let mut server = Self { process, port };
        server.wait_until_it_listens(Duration::from_mins(1)).await;
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    async fn wait_until_it_listens(&mut self, limit: Duration) {
        let end = Instant::now() + limit;
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("DynamoDB Local exited before it listened: {status}");
            }
            assert!(
                Instant::now() < end,
                "DynamoDB Local does not listen after {limit:?}"
            );
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for DynamoDbLocal {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
