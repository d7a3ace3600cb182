//! What only the protocol of the developer tools can do to a tab. Chromium's driver passes its commands on, an extension of its own:
//! <https://chromedevtools.github.io/devtools-protocol/>.

use anyhow::{Context as _, Result};
use fantoccini::Client;
use serde_json::{Value, json};

/// The way to the tab in front.
#[derive(Clone, Debug)]
pub(crate) struct DevTools {
    driver: String,
}

impl DevTools {
    /// By the driver that listens at this port of this machine.
    pub(crate) fn at(port: u16) -> Self {
        Self {
            driver: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Keeps the tab in front from connecting to anything, or lets it again.
    pub(crate) async fn set_offline(&self, client: &Client, offline: bool) -> Result<()> {
        self.execute(client, "Network.enable", json!({})).await?;
        let conditions = json!({
            "offline": offline,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        });
        self.execute(client, "Network.emulateNetworkConditions", conditions)
            .await
    }

    async fn execute(&self, client: &Client, command: &str, parameters: Value) -> Result<()> {
        let session = client.session_id().await?.context("there is no session")?;
        let url = format!("{}/session/{session}/goog/cdp/execute", self.driver);
        let body = json!({ "cmd": command, "params": parameters }).to_string();
        let command = command.to_owned();
        tokio::task::spawn_blocking(move || {
            let request = ureq::post(&url).header("Content-Type", "application/json");
            let response = request.send(body);
            response.map(drop).with_context(|| command)
        })
        .await?
    }
}
