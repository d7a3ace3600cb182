//! A stack that serves the app, and a browser.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use papagaio::stack::{self, Builder, Stack};
use papo_e2e::bidi::BiDi;
use papo_e2e::browser::{Browser, Engine};
use serde_json::{Value, json};

use crate::tab::Tab;

/// Whether the page is served by its service worker.
pub(crate) const IS_CONTROLLED: &str = "return navigator.serviceWorker.controller !== null";

/// The whole chat.
pub(crate) struct Chat {
    address: SocketAddr,
    /// `None` while the back end is down.
    stack: Option<Stack>,
    browser: Browser,
    bidi: BiDi,
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
            let client = chat.browser.client();
            let script = "return document.body.innerText";
            let page = client.execute(script, vec![]).await;
            eprintln!("on the page: {page:#?}");
            if let Some(stack) = &chat.stack {
                eprintln!("the gateway printed:\n{}", stack.log());
            }
        }
        result
    }

    /// As [`test`](Self::test), with an app that lacks the files whose names end with `suffix`.
    pub(crate) async fn test_without(
        suffix: &str,
        test: impl AsyncFnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let copy = tempfile::tempdir()?;
        for file in fs::read_dir(dist()?)? {
            let file = file?;
            let is_wanted = !file.file_name().to_string_lossy().ends_with(suffix);
            if is_wanted && file.file_type()?.is_file() {
                fs::copy(file.path(), copy.path().join(file.file_name()))?;
            }
        }
        let setup = Setup {
            site: Some(copy.path().to_owned()),
            ..Setup::default()
        };
        Self::test_with(setup, test).await
    }

    async fn start(setup: Setup) -> Result<Self> {
        let address = stack::free_address()?;
        let stack = serve(address, &setup)?;
        let (browser, bidi) = Browser::start_with_bidi(Engine::from_environment()?).await?;
        Ok(Self {
            address,
            stack: Some(stack),
            browser,
            bidi,
            setup,
        })
    }

    /// Sends messages one at a time over a separate socket, and waits for each to come back.
    pub(crate) async fn send_all(&self, texts: impl IntoIterator<Item = String>) -> Result<()> {
        let frame = |text| json!({ "action": "sendMessage", "message": text });
        self.send_frames(texts.into_iter().map(frame)).await
    }

    /// Replies to the message with this place in the log, as [`Self::send_all`] sends.
    pub(crate) async fn reply(&self, text: &str, seq: u32) -> Result<()> {
        let frame = json!({ "action": "sendMessage", "message": text, "replyTo": seq });
        self.send_frames([frame]).await
    }

    /// Reacts to the message with this place in the log and takes it back, `count` times in all.
    pub(crate) async fn react(&self, seq: u32, count: u32) -> Result<()> {
        let person =
            json!({ "action": "connected", "name": "Rui", "key": "rui-0123456789abcdefgh" });
        let frame = |n| json!({ "action": "reaction", "of": seq, "emoji": "👍", "on": n % 2 == 0 });
        self.send_frames([person].into_iter().chain((0..count).map(frame)))
            .await
    }

    async fn send_frames(&self, frames: impl IntoIterator<Item = Value>) -> Result<()> {
        let stack = self.stack.as_ref().context("the back end is down")?;
        let (mut socket, _) =
            tokio_tungstenite::connect_async(stack.endpoint().to_string()).await?;
        for frame in frames {
            socket.send(frame.to_string().into()).await?;
            while socket.next().await.context("the socket closed")??.is_ping() {}
        }
        Ok(())
    }

    /// Opens a new tab without the app in it.
    pub(crate) async fn open_blank(&self) -> Result<Tab> {
        Tab::open(self.browser.client(), &self.bidi).await
    }

    /// Opens the app in a new tab, waits until it is online, and enters a name on the first visit. All tabs are one person.
    pub(crate) async fn open(&self) -> Result<Tab> {
        let tab = self.open_blank().await?;
        tab.visit(&self.address(), "Ana").await?;
        Ok(tab)
    }

    /// Opens the app as another person, in a new profile.
    pub(crate) async fn open_as(&self, name: &str) -> Result<Tab> {
        let tab = Tab::open_profile(self.browser.client(), &self.bidi).await?;
        tab.visit(&self.address(), name).await?;
        Ok(tab)
    }

    /// The address of the app.
    pub(crate) fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Takes the tab offline. The browser blocks new connections and reports the network as gone, but need not close an open
    /// socket: the gateway closes that one.
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
