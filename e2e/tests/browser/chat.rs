//! A stack that serves the app, and a browser.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use papagaio::stack::{self, Builder, Stack};
use papo_e2e::chromium::Chromium;
use serde_json::json;

use crate::tab::Tab;

/// The whole chat.
pub(crate) struct Chat {
    address: SocketAddr,
    /// `None` while the back end is down.
    stack: Option<Stack>,
    chromium: Chromium,
    setup: Setup,
}

/// What a test changes about the stack.
#[derive(Default)]
pub(crate) struct Setup {
    /// The built app, if it is not `dist/`.
    pub(crate) site: Option<PathBuf>,
    /// Further arguments of the gateway.
    pub(crate) arguments: Vec<String>,
}

impl Chat {
    /// Runs `test` with a fresh stack and browser. If it fails, prints the text of the page and the gateway's log.
    pub(crate) async fn test(test: impl AsyncFnOnce(&mut Self) -> Result<()>) -> Result<()> {
        Self::test_with(Setup::default(), test).await
    }

    /// As [`test`](Self::test), with another stack.
    pub(crate) async fn test_with(
        setup: Setup,
        test: impl AsyncFnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mut chat = Self::start(setup).await?;
        let result = test(&mut chat).await;
        if result.is_err() {
            let client = chat.chromium.client();
            let script = "return document.body.innerText";
            let page = client.execute(script, vec![]).await;
            eprintln!("on the page: {page:#?}");
            if let Some(stack) = &chat.stack {
                eprintln!("the gateway printed:\n{}", stack.log());
            }
        }
        result
    }

    async fn start(setup: Setup) -> Result<Self> {
        let address = stack::free_address()?;
        let stack = serve(address, &setup)?;
        Ok(Self {
            address,
            stack: Some(stack),
            chromium: Chromium::start().await?,
            setup,
        })
    }

    /// Sends messages over a socket of its own, one after the other, and waits for each to come back.
    pub(crate) async fn send_all(&self, texts: impl IntoIterator<Item = String>) -> Result<()> {
        let stack = self.stack.as_ref().context("the back end is down")?;
        let (mut socket, _) =
            tokio_tungstenite::connect_async(stack.endpoint().to_string()).await?;
        for text in texts {
            let frame = json!({ "action": "sendMessage", "message": text }).to_string();
            socket.send(frame.into()).await?;
            while socket.next().await.context("the socket closed")??.is_ping() {}
        }
        Ok(())
    }

    /// Opens a new tab without the app in it.
    pub(crate) async fn open_blank(&self) -> Result<Tab> {
        Tab::open(&self.chromium, "about:blank").await
    }

    /// Opens the app in a new tab, waits until it is online, and enters a name on the first visit. All tabs are one person.
    pub(crate) async fn open(&self) -> Result<Tab> {
        self.open_at(&self.address(), "Ana").await
    }

    /// Opens the app in a new tab as another person: on an origin of its own, which shares no storage with the others.
    pub(crate) async fn open_as(&self, name: &str) -> Result<Tab> {
        let host = format!("{}.localhost", name.to_lowercase());
        let address = format!("http://{host}:{}/", self.address.port());
        self.open_at(&address, name).await
    }

    async fn open_at(&self, address: &str, name: &str) -> Result<Tab> {
        let tab = self.open_blank().await?;
        tab.visit(address, name).await?;
        Ok(tab)
    }

    /// The address of the app.
    pub(crate) fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Takes the tab offline. `DevTools` block new connections and report the network as gone, but do not close an open socket:
    /// the gateway closes that one.
    pub(crate) async fn cut_off(&self, tab: &Tab) -> Result<()> {
        tab.set_offline(true).await?;
        let endpoint = self.stack.as_ref().context("it is down")?.endpoint();
        let id = tab.connection_id().await?.replace('=', "%3D");
        let url = format!("{endpoint}/@connections/{id}").replacen("ws", "http", 1);
        tokio::task::spawn_blocking(move || ureq::delete(&url).call().map(drop).context(url))
            .await??;
        tab.wait_for_status("offline").await
    }

    /// Kills the back end: sockets end without a close frame.
    pub(crate) fn kill_back_end(&mut self) -> Result<()> {
        self.stack.take().context("it is down already")?.kill()
    }

    /// Starts the back end again, at the same address with empty tables.
    pub(crate) fn start_back_end(&mut self) -> Result<()> {
        self.stack = Some(serve(self.address, &self.setup)?);
        Ok(())
    }
}

/// The built app.
///
/// # Errors
/// If it has not been built.
pub(crate) fn dist() -> Result<PathBuf> {
    let dist = papo_e2e::repository().join("dist");
    if !dist.join("index.html").is_file() {
        bail!(
            "{} does not exist; build the app with: cargo xtask build --site",
            dist.display()
        );
    }
    Ok(dist)
}

fn serve(address: SocketAddr, setup: &Setup) -> Result<Stack> {
    let site = setup.site.clone().map_or_else(dist, Ok)?;
    let builder = papo_e2e::stack::builder()?.listen(address).site(site);
    let arguments = setup.arguments.iter();
    arguments.fold(builder, Builder::argument).start()
}
