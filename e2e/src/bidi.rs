//! WebDriver BiDi: commands that WebDriver itself lacks, in a form that all browsers share.
//!
//! Only commands and their answers, no events. <https://w3c.github.io/webdriver-bidi/>

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A connection to the browser. A tab is identified by its WebDriver window handle.
#[derive(Clone, Debug)]
pub struct BiDi(Arc<Mutex<Connection>>);

#[derive(Debug)]
struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The id of the last command.
    last: u64,
}

impl BiDi {
    /// Connects to the address of the capability `webSocketUrl`.
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let connected = tokio_tungstenite::connect_async(url).await;
        let (socket, _) = connected.with_context(|| format!("cannot connect to {url}"))?;
        let connection = Connection { socket, last: 0 };
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Opens a tab in a new profile, which shares no storage with others, and returns its handle.
    ///
    /// # Errors
    ///
    /// If the browser refuses.
    pub async fn open_profile(&self) -> Result<String> {
        let profile = self.execute("browser.createUserContext", json!({})).await?;
        let parameters = json!({ "type": "tab", "userContext": profile["userContext"] });
        let tab = self.execute("browsingContext.create", parameters).await?;
        let handle = tab["context"].as_str().context("the tab has no handle")?;
        Ok(handle.to_owned())
    }

    /// Blocks or unblocks new connections of a tab.
    ///
    /// # Errors
    ///
    /// If the browser refuses.
    pub async fn set_offline(&self, tab: &str, offline: bool) -> Result<()> {
        let conditions = offline.then(|| json!({ "type": "offline" }));
        let parameters = json!({ "contexts": [tab], "networkConditions": conditions });
        self.execute("emulation.setNetworkConditions", parameters)
            .await?;
        Ok(())
    }

    /// Runs a script before the page's own scripts, in every page that a tab opens from now on.
    ///
    /// # Errors
    ///
    /// If the browser refuses.
    pub async fn run_first(&self, tab: &str, script: &str) -> Result<()> {
        let function = format!("() => {{ {script} }}");
        let parameters = json!({ "functionDeclaration": function, "contexts": [tab] });
        self.execute("script.addPreloadScript", parameters).await?;
        Ok(())
    }

    /// Runs a script in the page of a tab, as one of its own: the app sees what it defines and replaces.
    ///
    /// # Errors
    ///
    /// If the browser refuses, or the script throws an exception.
    pub async fn run(&self, tab: &str, script: &str) -> Result<()> {
        let parameters = json!({
            "expression": format!("{{ {script} }}; undefined"),
            "target": { "context": tab },
            "awaitPromise": false,
        });
        let result = self.execute("script.evaluate", parameters).await?;
        if result["type"] == "exception" {
            bail!("the script failed: {}", result["exceptionDetails"]["text"]);
        }
        Ok(())
    }

    /// Reloads the page of a tab, as a reader does. WebDriver's own command bypasses the service worker in Firefox.
    ///
    /// # Errors
    ///
    /// If the browser refuses.
    pub async fn reload(&self, tab: &str) -> Result<()> {
        let parameters = json!({ "context": tab, "wait": "complete" });
        self.execute("browsingContext.reload", parameters).await?;
        Ok(())
    }

    /// Sets the size of a tab, in CSS pixels.
    ///
    /// # Errors
    ///
    /// If the browser refuses.
    pub async fn resize(&self, tab: &str, width: u32, height: u32) -> Result<()> {
        let parameters =
            json!({ "context": tab, "viewport": { "width": width, "height": height } });
        self.execute("browsingContext.setViewport", parameters)
            .await?;
        Ok(())
    }

    /// Gives a tab a touch screen instead of a mouse.
    ///
    /// # Errors
    ///
    /// If the browser refuses, as Firefox 153 does.
    pub async fn emulate_touch(&self, tab: &str) -> Result<()> {
        let parameters = json!({ "contexts": [tab], "maxTouchPoints": 5 });
        self.execute("emulation.setTouchOverride", parameters)
            .await?;
        Ok(())
    }

    /// Sends a command and returns its result.
    async fn execute(&self, method: &str, parameters: Value) -> Result<Value> {
        let mut connection = self.0.lock().await;
        connection.last += 1;
        let id = connection.last;
        let command = json!({ "id": id, "method": method, "params": parameters });
        let socket = &mut connection.socket;
        socket.send(Message::text(command.to_string())).await?;
        loop {
            let frame = socket.next().await.context("the browser disconnected")??;
            let Message::Text(text) = frame else { continue };
            let mut answer: Value = serde_json::from_str(&text)?;
            if answer["id"] == id {
                if answer["type"] == "error" {
                    bail!("{method}: {}: {}", answer["error"], answer["message"]);
                }
                return Ok(answer["result"].take());
            }
        }
    }
}
