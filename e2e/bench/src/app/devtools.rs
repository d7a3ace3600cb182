//! Commands that exist only in the DevTools protocol. ChromeDriver passes them on, which is an extension of WebDriver:
//! <https://chromedevtools.github.io/devtools-protocol/>.

use anyhow::{Context as _, Result};
use fantoccini::Client;
use serde_json::{Value, json};

/// DevTools of the current tab.
#[derive(Clone, Debug)]
pub(crate) struct DevTools {
    driver: String,
}

impl DevTools {
    /// Reaches it through the driver on this port of the loopback interface.
    pub(crate) fn at(port: u16) -> Self {
        Self {
            driver: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Runs a script before the page's own scripts, in every page that the current tab opens from now on.
    pub(crate) async fn run_first(&self, client: &Client, script: &str) -> Result<()> {
        self.execute(client, "Page.enable", json!({})).await?;
        let parameters = json!({ "source": script });
        self.execute(client, "Page.addScriptToEvaluateOnNewDocument", parameters)
            .await
    }

    /// Sets the size of the current tab, in CSS pixels.
    pub(crate) async fn resize(&self, client: &Client, width: u32, height: u32) -> Result<()> {
        let parameters =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.execute(client, "Emulation.setDeviceMetricsOverride", parameters)
            .await
    }

    /// Frees memory that scripts of the current tab no longer use.
    pub(crate) async fn collect_garbage(&self, client: &Client) -> Result<()> {
        self.execute(client, "HeapProfiler.collectGarbage", json!({}))
            .await
    }

    async fn execute(&self, client: &Client, command: &str, parameters: Value) -> Result<()> {
        let session = client
            .session_id()
            .await?
            .context("the browser has no WebDriver session")?;
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
