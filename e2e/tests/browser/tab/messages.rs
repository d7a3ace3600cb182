//! The messages on the page: their texts, their places, and those that the browser keeps.

use anyhow::{Context as _, Result};
use papagaio::wait;
use serde_json::Value;

use super::Tab;
use crate::LIMIT;

/// The first visible message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FirstVisible {
    pub(crate) text: String,
    /// Its distance from the top of the page, in CSS pixels.
    pub(crate) top: f64,
}

impl FirstVisible {
    /// Asserts that the reader has not been moved since `before`, except by rounding.
    #[track_caller]
    pub(crate) fn assert_still(&self, before: &Self) {
        let is_same = self.text == before.text && (self.top - before.top).abs() <= 1.0;
        assert!(is_same, "it was {before:?} and is {self:?}");
    }
}

/// A message on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RenderedMessage {
    pub(crate) text: String,
    /// Sent by the reader.
    pub(crate) own: bool,
    pub(crate) side: Side,
}

/// The side of the column that a message is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// The rendered messages: text, author, and the space on both sides.
const MESSAGES: &str = r"
const timeline = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
return [...document.querySelectorAll('[data-testid=timeline] [data-testid=message]')].map(message => {
    const text = message.querySelector('[data-testid=text]');
    const box = text.parentElement.getBoundingClientRect();
    return {
        text: text.innerText,
        own: message.dataset.own,
        left: box.left - timeline.left,
        right: timeline.right - box.right,
    };
});
";

impl Tab {
    /// The rendered messages, oldest first.
    pub(crate) async fn messages(&self) -> Result<Vec<RenderedMessage>> {
        let found = self.front().await?.execute(MESSAGES, vec![]).await?;
        let found = found.as_array().context("there is no timeline")?;
        found.iter().map(rendered).collect()
    }

    /// Waits until exactly these messages are rendered, and returns them.
    pub(crate) async fn wait_for_messages(&self, texts: &[&str]) -> Result<Vec<RenderedMessage>> {
        let what = format!("the messages {texts:?}");
        let messages = wait::until_async(&what, LIMIT, async || {
            let messages = self.messages().await.map_err(|e| format!("{e:#}"))?;
            let found: Vec<_> = messages.iter().map(|it| it.text.as_str()).collect();
            if found == texts {
                Ok(messages)
            } else {
                Err(format!("{found:?}"))
            }
        })
        .await?;
        Ok(messages)
    }

    /// Waits until the newest rendered message has this text.
    pub(crate) async fn wait_for_newest(&self, text: &str) -> Result<()> {
        let script =
            "const all = document.querySelectorAll('[data-testid=message] [data-testid=text]');
            return all.length ? all[all.length - 1].innerText : ''";
        self.wait_until_is("the newest message", script, text).await
    }

    /// Scrolls the timeline to `top`, in CSS pixels, and waits for the frame after the scroll event.
    pub(crate) async fn scroll_to(&self, top: u32) -> Result<()> {
        let script = "const [top, done] = arguments; const log = document.querySelector('[data-testid=timeline]');
            log.addEventListener('scroll', () => requestAnimationFrame(() => done(true)), { once: true });
            log.scrollTop = top;";
        let client = self.front().await?;
        client.execute_async(script, vec![top.into()]).await?;
        Ok(())
    }

    /// The first message whose text is entirely below the top of the timeline.
    pub(crate) async fn first_visible(&self) -> Result<FirstVisible> {
        let script = "const { top } = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
            const text = [...document.querySelectorAll('[data-testid=message] [data-testid=text]')]
                .find(it => it.getBoundingClientRect().top >= top);
            return { text: text.innerText, top: text.getBoundingClientRect().top };";
        let found = self.front().await?.execute(script, vec![]).await?;
        Ok(FirstVisible {
            text: found["text"].as_str().context("no text")?.to_owned(),
            top: found["top"].as_f64().context("no place")?,
        })
    }

    /// The distance of the text of a message from the top of the page, in CSS pixels.
    pub(crate) async fn top_of(&self, text: &str) -> Result<f64> {
        let script = "const [wanted] = arguments;
            const text = [...document.querySelectorAll('[data-testid=message] [data-testid=text]')]
                .find(it => it.innerText === wanted);
            return text?.getBoundingClientRect().top";
        let found = self
            .front()
            .await?
            .execute(script, vec![text.into()])
            .await?;
        found
            .as_f64()
            .with_context(|| format!("{text:?} is not rendered"))
    }

    /// Moves the mouse over the newest message and clicks one of its actions.
    pub(crate) async fn choose(&self, act: &str) -> Result<()> {
        self.run(
            "const row = [...document.querySelectorAll('[data-testid=message]')].at(-1);
            row.dispatchEvent(new PointerEvent('pointermove', { pointerType: 'mouse', bubbles: true }))",
        )
        .await?;
        self.click(&format!("[data-testid=actions] [data-act={act}]"))
            .await
    }

    /// Waits until the newest messages of the default room, as the browser's database keeps them, have this text.
    pub(crate) async fn wait_until_kept(&self, text: &str) -> Result<()> {
        let newest = "get('papo.cache.main')";
        self.wait_until_answered("a kept message", &keeps(newest, text, true))
            .await
    }

    /// Waits until the browser's database has this text, in a draft for example.
    pub(crate) async fn wait_until_stored(&self, text: &str) -> Result<()> {
        self.wait_until_answered("a stored text", &keeps("getAll()", text, true))
            .await
    }

    /// Waits until this text is nowhere in the browser's database.
    pub(crate) async fn wait_until_not_kept(&self, text: &str) -> Result<()> {
        self.wait_until_answered("no stored text", &keeps("getAll()", text, false))
            .await
    }
}

/// A script that reports whether what `request` reads from the browser's database has this text (`wanted`), or has not.
fn keeps(request: &str, text: &str, wanted: bool) -> String {
    format!(
        "const done = arguments[arguments.length - 1];
        const opening = indexedDB.open('papo');
        opening.onsuccess = () => {{
            const reading = opening.result.transaction('papo').objectStore('papo').{request};
            reading.onsuccess = () => {{
                opening.result.close();
                done(JSON.stringify(reading.result ?? '').includes('{text}') === {wanted});
            }};
        }};"
    )
}

fn rendered(message: &Value) -> Result<RenderedMessage> {
    let field = |name: &str| {
        message
            .get(name)
            .with_context(|| format!("{message} has no {name}"))
    };
    let room = |name: &str| Ok::<_, anyhow::Error>(field(name)?.as_f64().unwrap_or(0.0));
    Ok(RenderedMessage {
        text: field("text")?.as_str().unwrap_or_default().to_owned(),
        own: field("own")? == "true",
        side: if room("left")? > room("right")? {
            Side::Right
        } else {
            Side::Left
        },
    })
}
