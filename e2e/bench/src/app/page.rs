//! One page in a browser, and the time until it is painted.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, Locator};
use papagaio::wait;
use papo_e2e::browser::{Browser, Engine};
use serde_json::Value;

use super::devtools::DevTools;
use super::mock::Mock;
use super::subject::{Source, Subject};
use crate::proc;

/// The script that runs before the page's own scripts.
const SCRIPT: &str = include_str!("page.js");

/// The size of the page, in CSS pixels.
const SIZE: (u32, u32) = (1280, 800);

/// How long anything in the page may take, such as a burst on a busy machine.
const LIMIT: Duration = Duration::from_mins(3);

/// How long frames are counted.
const FRAMES: Duration = Duration::from_secs(10);

/// The time between messages while frames are counted: 20 per second.
const PAUSE: Duration = Duration::from_millis(50);

/// The time between keys. Not a multiple of the time between frames, so that keys meet every phase of a frame.
const KEY_PAUSE: Duration = Duration::from_millis(107);

/// A page that is connected to a mock server.
#[derive(Debug)]
pub(crate) struct Page {
    browser: Browser,
    devtools: DevTools,
    mock: Mock,
    list: String,
    field: String,
}

impl Page {
    /// Opens a page in a fresh browser.
    pub(crate) async fn open(subject: &Subject) -> Result<Self> {
        let (site, url) = match &subject.source {
            Source::Site(site) => (Some(site.as_path()), None),
            Source::Url(url) => (None, Some(url.clone())),
        };
        let mock = Mock::start(subject.protocol, site).await?;
        let browser = Browser::start(Engine::Chromium).await?;
        let client = browser.client();
        let devtools = DevTools::at(browser.port());
        let timeouts = TimeoutConfiguration::new(Some(LIMIT), Some(LIMIT), None);
        client.update_timeouts(timeouts).await?;
        devtools.resize(client, SIZE.0, SIZE.1).await?;
        devtools.run_first(client, SCRIPT).await?;
        let url = match url {
            Some(url) => {
                devtools.run_first(client, &redirect(&mock)).await?;
                url
            }
            None => format!("http://{}/", mock.address),
        };
        client.goto(&url).await?;
        mock.wait_for_page().await?;
        if let Some(field) = &subject.name_field {
            let field = wait_for(client, field).await?;
            field.send_keys("Ana\n").await?;
        }
        wait_for(client, &subject.list).await?;
        wait_for(client, &subject.field).await?.click().await?;
        Ok(Self {
            list: subject.list.clone(),
            field: subject.field.clone(),
            browser,
            devtools,
            mock,
        })
    }

    /// Sends messages at once and returns the time until the last one is painted.
    ///
    /// # Errors
    ///
    /// If the page does not show it in time.
    pub(crate) async fn receive(&self, count: u32) -> Result<Duration> {
        let client = self.browser.client();
        let expected = vec![self.list.as_str().into(), self.mock.marker(count).into()];
        client
            .execute("bench.expect(...arguments)", expected)
            .await?;
        let start = self.mock.send_messages(count)?;
        let painted = self.run_async("bench.painted()").await?;
        let start = start.duration_since(UNIX_EPOCH)?;
        Ok(milliseconds(&painted)?.saturating_sub(start))
    }

    /// Presses keys in the field for a message, and returns the time from each to its frame.
    pub(crate) async fn press_keys(&self, count: usize) -> Result<Vec<Duration>> {
        let client = self.browser.client();
        wait_for(client, &self.field).await?.click().await?;
        let mut keys = KeyActions::new("keys".to_owned());
        for value in "uma mensagem ".chars().cycle().take(count) {
            keys = keys
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value })
                .then(KeyAction::Pause {
                    duration: KEY_PAUSE,
                });
        }
        client.execute("bench.keys.length = 0", vec![]).await?;
        client.perform_actions(keys).await?;
        let times = wait::until_async(&format!("{count} keys"), LIMIT, async || {
            let times = client.execute("return bench.keys", vec![]).await;
            let times = times.map_err(|error| error.to_string())?;
            match times.as_array() {
                Some(times) if times.len() == count => Ok(times.clone()),
                _ => Err(times.to_string()),
            }
        })
        .await?;
        times.iter().map(milliseconds).collect()
    }

    /// The times between frames while 20 messages arrive every second.
    pub(crate) async fn frames_while_messages_arrive(&self) -> Result<Vec<Duration>> {
        let script = format!("bench.frames({})", FRAMES.as_millis());
        let messages = async {
            let mut clock = tokio::time::interval(PAUSE);
            loop {
                clock.tick().await;
                if let Err(error) = self.mock.send_messages(1) {
                    return error;
                }
            }
        };
        let times = tokio::select! {
            times = self.run_async(&script) => times?,
            error = messages => return Err(error),
        };
        let list = times
            .as_array()
            .with_context(|| format!("{script} returned {times} instead of a list"))?;
        list.iter().map(milliseconds).collect()
    }

    /// How many elements the page has.
    pub(crate) async fn elements(&self) -> Result<u64> {
        let script = "return document.getElementsByTagName('*').length";
        let count = self.browser.client().execute(script, vec![]).await?;
        count
            .as_u64()
            .with_context(|| format!("the page returned {count} instead of a count"))
    }

    /// The memory of the page's renderer after a garbage collection, in kibibytes, with shared pages counted in part.
    pub(crate) async fn memory(&self) -> Result<u64> {
        let client = self.browser.client();
        self.devtools.collect_garbage(client).await?;
        let processes = self.browser.processes()?;
        // Chromium keeps a spare renderer, which is smaller than one with a page.
        let renderers = processes.ids().filter(|&pid| is_renderer(pid));
        let sizes = renderers.filter_map(|pid| proc::memory(pid).ok());
        let largest = sizes.map(|memory| memory.proportional).max();
        largest.context("Chromium has no renderer; did the page crash?")
    }

    /// Runs an expression that is a promise, and returns its value.
    async fn run_async(&self, promise: &str) -> Result<Value> {
        let script = format!("const done = arguments[0]; {promise}.then(done)");
        let client: &Client = self.browser.client();
        let value = client.execute_async(&script, vec![]).await;
        value.with_context(|| promise.to_owned())
    }
}

async fn wait_for(client: &Client, css: &str) -> Result<fantoccini::elements::Element> {
    let wait = client.wait().at_most(LIMIT);
    let found = wait.for_element(Locator::Css(css)).await;
    found.with_context(|| format!("the page has no {css}"))
}

/// Connects the chat of another app to the mock server. Sockets with a subprotocol belong to development servers.
fn redirect(mock: &Mock) -> String {
    format!(
        "globalThis.WebSocket = class extends WebSocket {{
            constructor(url, protocols) {{ super(protocols ? url : 'ws://{}/', protocols); }}
        }}",
        mock.address
    )
}

fn is_renderer(pid: u32) -> bool {
    let command_line = fs::read_to_string(format!("/proc/{pid}/cmdline"));
    command_line.is_ok_and(|it| it.contains("--type=renderer"))
}

/// A time in milliseconds as a script returns it. Times before their start, by clocks that differ, count as zero.
fn milliseconds(value: &Value) -> Result<Duration> {
    let time = value
        .as_f64()
        .with_context(|| format!("{value} is not a time"))?;
    Ok(Duration::try_from_secs_f64(time.max(0.0) / 1_000.0)?)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn times_of_scripts_are_milliseconds() {
        assert_eq!(
            milliseconds(&json!(1.5)).unwrap(),
            Duration::from_micros(1_500)
        );
        assert_eq!(milliseconds(&json!(-0.1)).unwrap(), Duration::ZERO);
        assert!(milliseconds(&json!(null)).is_err());
    }
}
