//! One page in the browser: what a person does in it and sees in it.

use anyhow::{Context as _, Result};
use fantoccini::elements::Element;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use papagaio::wait;
use serde_json::Value;

use crate::LIMIT;
use crate::chromium::Chromium;
use crate::devtools::DevTools;

/// A tab. Every method brings it to the front first, as a person has to.
pub(crate) struct Tab {
    client: Client,
    devtools: DevTools,
    window: WindowHandle,
}

/// The message at the top of what is shown of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FirstVisible {
    pub(crate) text: String,
    /// How far below the top of the page, in CSS pixels.
    pub(crate) top: f64,
}

/// A message as it is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    /// Said by whoever looks at it.
    pub(crate) own: bool,
    pub(crate) side: Side,
}

/// The side of the column that a message keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// What stands in the field for messages.
const DRAFT: &str = "return document.querySelector('[data-testid=composer]').value";

/// The messages with their text, whose they are, and how much room is left beside them.
const MESSAGES: &str = r"
const log = document.querySelector('[role=log]').getBoundingClientRect();
return [...document.querySelectorAll('[role=log] [data-testid=message]')].map(message => {
    const box = message.getBoundingClientRect();
    return {
        text: message.querySelector('p').innerText,
        own: message.dataset.own,
        left: box.left - log.left,
        right: log.right - box.right,
    };
});
";

impl Tab {
    /// Opens `address` in a new tab.
    pub(crate) async fn open(chromium: &Chromium, address: &str) -> Result<Self> {
        let client = chromium.client().clone();
        let window = client.new_window(true).await?.handle;
        let tab = Self {
            client,
            devtools: chromium.devtools(),
            window,
        };
        tab.go_to(address).await?;
        Ok(tab)
    }

    /// Opens `address` in this tab.
    pub(crate) async fn go_to(&self, address: &str) -> Result<()> {
        Ok(self.front().await?.goto(address).await?)
    }

    /// Closes the tab, as a person does.
    pub(crate) async fn close(self) -> Result<()> {
        let client = self.front().await?;
        client.close_window().await?;
        // The driver wants some tab to be in front.
        let left = client.windows().await?.into_iter().next();
        client
            .switch_to_window(left.context("no tab is left")?)
            .await?;
        Ok(())
    }

    /// Keeps the tab from connecting to anything, or lets it again. A socket that is open stays open.
    pub(crate) async fn set_offline(&self, offline: bool) -> Result<()> {
        let client = self.front().await?;
        self.devtools.set_offline(client, offline).await
    }

    async fn front(&self) -> Result<&Client> {
        self.client.switch_to_window(self.window.clone()).await?;
        Ok(&self.client)
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) -> Result<()> {
        Ok(self.front().await?.refresh().await?)
    }

    /// Waits until there is what `selector` finds.
    pub(crate) async fn wait_for(&self, selector: &str) -> Result<Element> {
        let wait = self.front().await?.wait().at_most(LIMIT);
        wait.for_element(Locator::Css(selector))
            .await
            .with_context(|| format!("waited for {selector}"))
    }

    /// Clicks on what `selector` finds, as soon as it is there.
    pub(crate) async fn click(&self, selector: &str) -> Result<()> {
        Ok(self.wait_for(selector).await?.click().await?)
    }

    /// Types into the field for messages. `\n` is Enter.
    pub(crate) async fn write(&self, text: &str) -> Result<()> {
        let field = self.wait_for("[data-testid=composer]").await?;
        Ok(field.send_keys(text).await?)
    }

    /// What stands in the field for messages.
    pub(crate) async fn draft(&self) -> Result<String> {
        self.text_of(DRAFT).await
    }

    /// Waits until this stands in the field for messages.
    pub(crate) async fn wait_for_draft(&self, text: &str) -> Result<()> {
        self.wait_until("the draft", DRAFT, text).await
    }

    /// The id of the connection that the tab has or had last.
    pub(crate) async fn connection_id(&self) -> Result<String> {
        let ids = self.text_of("return sessionStorage['papo.ids']").await?;
        Ok(ids.lines().last().context("no connection yet")?.to_owned())
    }

    /// Scrolls the conversation to `top`, in CSS pixels, and waits until the page knows.
    pub(crate) async fn scroll_to(&self, top: u32) -> Result<()> {
        let script = "const [top, done] = arguments; const log = document.querySelector('[role=log]');
            log.addEventListener('scroll', () => requestAnimationFrame(() => done(true)), { once: true });
            log.scrollTop = top;";
        let client = self.front().await?;
        client.execute_async(script, vec![top.into()]).await?;
        Ok(())
    }

    /// The message that is read at the top.
    pub(crate) async fn first_visible(&self) -> Result<FirstVisible> {
        let script = "const { top } = document.querySelector('[role=log]').getBoundingClientRect();
            const message = [...document.querySelectorAll('[data-testid=message]')]
                .find(it => it.getBoundingClientRect().top >= top);
            return { text: message.innerText, top: message.getBoundingClientRect().top };";
        let found = self.front().await?.execute(script, vec![]).await?;
        Ok(FirstVisible {
            text: found["text"].as_str().context("no text")?.to_owned(),
            top: found["top"].as_f64().context("no place")?,
        })
    }

    /// How many elements `selector` finds.
    pub(crate) async fn count(&self, selector: &str) -> Result<usize> {
        let found = self.front().await?.find_all(Locator::Css(selector)).await?;
        Ok(found.len())
    }

    /// Makes the browser throw whenever an element of this name is made.
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

    /// `light` or `dark`, whatever the setting is.
    pub(crate) async fn theme(&self) -> Result<String> {
        self.text_of("return document.documentElement.dataset.theme")
            .await
    }

    /// The colour behind everything, as the browser computes it.
    pub(crate) async fn background(&self) -> Result<String> {
        self.text_of("return getComputedStyle(document.documentElement).backgroundColor")
            .await
    }

    /// `pt-BR` or `en`, as the page says that it is written.
    pub(crate) async fn language(&self) -> Result<String> {
        self.text_of("return document.documentElement.lang").await
    }

    /// What a screen reader calls the element with this test id.
    pub(crate) async fn label(&self, id: &str) -> Result<String> {
        let script = format!(
            "return document.querySelector('[data-testid={id}]').getAttribute('aria-label')"
        );
        self.text_of(&script).await
    }

    /// What stands on the tab itself.
    pub(crate) async fn title(&self) -> Result<String> {
        Ok(self.front().await?.title().await?)
    }

    async fn text_of(&self, script: &str) -> Result<String> {
        let value = self.front().await?.execute(script, vec![]).await?;
        let text = value.as_str();
        Ok(text
            .with_context(|| format!("{script} gave {value}"))?
            .to_owned())
    }

    /// The messages of the conversation, from the top.
    pub(crate) async fn messages(&self) -> Result<Vec<Said>> {
        let found = self.front().await?.execute(MESSAGES, vec![]).await?;
        let found = found.as_array().context("there is no conversation")?;
        found.iter().map(said).collect()
    }

    /// Waits until the status is `online`, `connecting` or `offline`.
    pub(crate) async fn wait_for_status(&self, state: &str) -> Result<()> {
        let script = "return document.querySelector('[role=status][data-testid=status]')?.dataset.state ?? 'none'";
        self.wait_until("the status", script, state).await
    }

    /// Waits until the theme is `light` or `dark`.
    pub(crate) async fn wait_for_theme(&self, theme: &str) -> Result<()> {
        let script = "return document.documentElement.dataset.theme";
        self.wait_until("the theme", script, theme).await
    }

    /// Waits until the page says that it is in this language.
    pub(crate) async fn wait_for_language(&self, language: &str) -> Result<()> {
        let script = "return document.documentElement.lang";
        self.wait_until("the language", script, language).await
    }

    async fn wait_until(&self, what: &str, script: &str, wanted: &str) -> Result<()> {
        wait::until_async(&format!("{what} {wanted}"), LIMIT, async || {
            let now = self.text_of(script).await.map_err(|e| format!("{e:#}"))?;
            if now == wanted { Ok(()) } else { Err(now) }
        })
        .await?;
        Ok(())
    }

    /// Waits until the conversation consists of just these texts, and gives the messages.
    pub(crate) async fn wait_for_messages(&self, texts: &[&str]) -> Result<Vec<Said>> {
        let what = format!("the messages {texts:?}");
        let messages = wait::until_async(&what, LIMIT, async || {
            let messages = self.messages().await.map_err(|e| format!("{e:#}"))?;
            let found: Vec<_> = messages.iter().map(|said| said.text.as_str()).collect();
            if found == texts {
                Ok(messages)
            } else {
                Err(format!("{found:?}"))
            }
        })
        .await?;
        Ok(messages)
    }
}

fn said(message: &Value) -> Result<Said> {
    let field = |name: &str| {
        message
            .get(name)
            .with_context(|| format!("{message} has no {name}"))
    };
    let room = |name: &str| Ok::<_, anyhow::Error>(field(name)?.as_f64().unwrap_or(0.0));
    Ok(Said {
        text: field("text")?.as_str().unwrap_or_default().to_owned(),
        own: field("own")? == "true",
        side: if room("left")? > room("right")? {
            Side::Right
        } else {
            Side::Left
        },
    })
}
