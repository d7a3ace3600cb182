//! One page in the browser, and the actions of a reader.

mod keyboard;
mod messages;
mod mouse;
mod state;
mod touch;

use std::env;

use anyhow::{Context as _, Result};
use fantoccini::elements::Element;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use papagaio::wait;
use papo_e2e::bidi::BiDi;
use papo_e2e::browser::Engine;
use serde_json::Value;

use crate::LIMIT;
pub(crate) use keyboard::keys;
pub(crate) use messages::Side;

/// A tab. Every method brings it to the front first.
pub(crate) struct Tab {
    client: Client,
    bidi: BiDi,
    window: WindowHandle,
}

/// The size of a tab in CSS pixels, from the variable `PAPO_WINDOW`; by default, the size of a laptop.
fn window_size() -> Result<(u32, u32)> {
    let size = env::var("PAPO_WINDOW").unwrap_or_else(|_| "1280x800".to_owned());
    let parts = size.split_once('x');
    parts
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .with_context(|| format!("PAPO_WINDOW={size}: expected a size such as 390x844"))
}

impl Tab {
    /// Opens an empty tab.
    pub(crate) async fn open(client: &Client, bidi: &BiDi) -> Result<Self> {
        let window = client.new_window(true).await?.handle;
        Self::sized(client, bidi, window).await
    }

    /// Opens an empty tab in a new profile, which shares no storage with others.
    pub(crate) async fn open_profile(client: &Client, bidi: &BiDi) -> Result<Self> {
        let window = bidi.open_profile().await?.try_into()?;
        Self::sized(client, bidi, window).await
    }

    async fn sized(client: &Client, bidi: &BiDi, window: WindowHandle) -> Result<Self> {
        let tab = Self {
            client: client.clone(),
            bidi: bidi.clone(),
            window,
        };
        let (width, height) = window_size()?;
        tab.resize(width, height).await?;
        Ok(tab)
    }

    /// Opens `address` in this tab.
    pub(crate) async fn go_to(&self, address: &str) -> Result<()> {
        Ok(self.front().await?.goto(address).await?)
    }

    /// Opens `address` in this tab, waits until the app is online, and enters a name if it asks for one.
    pub(crate) async fn visit(&self, address: &str, name: &str) -> Result<()> {
        self.go_to(address).await?;
        self.wait_for_status("online").await?;
        if self.count("[data-testid=name-form]").await? > 0 {
            self.enter_name(name).await?;
        }
        Ok(())
    }

    /// Fills in the form for the name and waits until it is gone.
    pub(crate) async fn enter_name(&self, name: &str) -> Result<()> {
        let field = self.wait_for("[data-testid=name]").await?;
        field.clear().await?;
        field.send_keys(&keys(&format!("{name}\n"))).await?;
        let gone = "return !document.querySelector('[data-testid=name-form]')";
        self.wait_until_true("a name", gone).await
    }

    /// Closes the tab.
    pub(crate) async fn close(self) -> Result<()> {
        let client = self.front().await?;
        client.close_window().await?;
        // The driver needs a current tab.
        let left = client.windows().await?.into_iter().next();
        client
            .switch_to_window(left.context("no tab is left")?)
            .await?;
        Ok(())
    }

    /// Blocks or unblocks new connections of the page. An open socket stays open.
    ///
    /// Not every Firefox in use has a command for it: there, new sockets of the page go to a port without a server.
    pub(crate) async fn set_offline(&self, offline: bool) -> Result<()> {
        match Engine::from_environment()? {
            Engine::Chromium => {
                self.front().await?;
                self.bidi.set_offline(&self.handle(), offline).await
            }
            Engine::Firefox => {
                self.change(&format!(
                    "globalThis.AnySocket ??= WebSocket;
                    WebSocket = !{offline} ? AnySocket : new Proxy(AnySocket, {{
                        construct: (target, [, protocols]) => new target('ws://127.0.0.1:1/', protocols)
                    }})"
                ))
                .await
            }
        }
    }

    fn handle(&self) -> String {
        self.window.clone().into()
    }

    async fn front(&self) -> Result<&Client> {
        self.client.switch_to_window(self.window.clone()).await?;
        Ok(&self.client)
    }

    /// Reloads the page.
    pub(crate) async fn reload(&self) -> Result<()> {
        self.front().await?;
        self.bidi.reload(&self.handle()).await
    }

    /// Waits for an element.
    pub(crate) async fn wait_for(&self, selector: &str) -> Result<Element> {
        let wait = self.front().await?.wait().at_most(LIMIT);
        wait.for_element(Locator::Css(selector))
            .await
            .with_context(|| format!("waited for {selector}"))
    }

    /// Clicks an element as soon as it exists.
    pub(crate) async fn click(&self, selector: &str) -> Result<()> {
        Ok(self.wait_for(selector).await?.click().await?)
    }

    /// The latest connection id of the tab.
    pub(crate) async fn connection_id(&self) -> Result<String> {
        let ids = self.text_of("return sessionStorage['papo.ids']").await?;
        Ok(ids.lines().last().context("no connection yet")?.to_owned())
    }

    /// How many elements `selector` finds.
    pub(crate) async fn count(&self, selector: &str) -> Result<usize> {
        let found = self.front().await?.find_all(Locator::Css(selector)).await?;
        Ok(found.len())
    }

    /// Makes the browser throw when an element of this name is created.
    pub(crate) async fn forbid_element(&self, name: &str) -> Result<()> {
        let script = "const [name] = arguments; const make = document.createElement;
            document.createElement = function (it, ...more) {
                if (it === name) throw new Error(`no ${name} today`);
                return make.call(this, it, ...more);
            };";
        let client = self.front().await?;
        client.execute(script, vec![name.into()]).await?;
        Ok(())
    }

    /// Runs a script in the page and returns its result.
    pub(crate) async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.front().await?.execute(script, vec![]).await?)
    }

    /// Runs a script that reports its result to its last argument, a function.
    pub(crate) async fn run_async(&self, script: &str) -> Result<Value> {
        Ok(self.front().await?.execute_async(script, vec![]).await?)
    }

    /// Makes the tab a phone: a small touch screen without a mouse. Call it before the app is opened.
    ///
    /// Firefox has no command for it: only scripts are told that there is a touch screen there, style sheets are not.
    pub(crate) async fn emulate_touch(&self) -> Result<()> {
        self.resize(390, 844).await?;
        match Engine::from_environment()? {
            Engine::Chromium => self.bidi.emulate_touch(&self.handle()).await,
            Engine::Firefox => {
                self.run_first(
                    "const { matchMedia } = window;
                    window.matchMedia = query => matchMedia.call(window, query === '(pointer: coarse)' ? 'all' : query)",
                )
                .await
            }
        }
    }

    /// Waits until a script returns `true`.
    pub(crate) async fn wait_until_true(&self, what: &str, script: &str) -> Result<()> {
        wait::until_async(what, LIMIT, async || {
            let now = self.run(script).await.map_err(|e| format!("{e:#}"))?;
            if now == true {
                Ok(())
            } else {
                Err(now.to_string())
            }
        })
        .await?;
        Ok(())
    }

    /// Waits until a script reports `true` to its last argument.
    pub(crate) async fn wait_until_answered(&self, what: &str, script: &str) -> Result<()> {
        wait::until_async(what, LIMIT, async || {
            let now = self.run_async(script).await;
            match now.map_err(|error| format!("{error:#}"))? {
                Value::Bool(true) => Ok(()),
                other => Err(other.to_string()),
            }
        })
        .await?;
        Ok(())
    }

    /// Runs a script as one of the page's own: the app sees what it defines and replaces, and it is there until the page is left.
    /// What [`run`](Self::run) defines may be gone in the next script.
    pub(crate) async fn change(&self, script: &str) -> Result<()> {
        self.front().await?;
        self.bidi.run(&self.handle(), script).await
    }

    /// Runs a script before the page's own scripts, in every page that this tab opens from now on.
    pub(crate) async fn run_first(&self, script: &str) -> Result<()> {
        self.front().await?;
        self.bidi.run_first(&self.handle(), script).await
    }

    /// Sets the size of the page, in CSS pixels.
    pub(crate) async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.front().await?;
        self.bidi.resize(&self.handle(), width, height).await
    }

    async fn text_of(&self, script: &str) -> Result<String> {
        let value = self.front().await?.execute(script, vec![]).await?;
        let text = value.as_str();
        Ok(text
            .with_context(|| format!("{script} gave {value}"))?
            .to_owned())
    }

    /// Waits until a script returns `wanted`.
    pub(crate) async fn wait_until_is(&self, what: &str, script: &str, wanted: &str) -> Result<()> {
        wait::until_async(&format!("{what} {wanted}"), LIMIT, async || {
            let now = self.text_of(script).await.map_err(|e| format!("{e:#}"))?;
            if now == wanted { Ok(()) } else { Err(now) }
        })
        .await?;
        Ok(())
    }
}
