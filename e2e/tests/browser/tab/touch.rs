//! Touches, as the browser receives them from a screen.

use std::time::Duration;

use anyhow::{Context as _, Result};
use fantoccini::Locator;
use fantoccini::actions::{InputSource as _, PointerAction, TouchActions};

use super::Tab;

/// Longer than the app waits before a touch counts as a long press.
const HELD: Duration = Duration::from_millis(600);

impl Tab {
    /// Touches the last element that `selector` finds, for a moment.
    pub(crate) async fn tap(&self, selector: &str) -> Result<()> {
        self.touch(selector, Duration::ZERO).await
    }

    /// Touches the last element that `selector` finds, for as long as a long press takes.
    pub(crate) async fn hold(&self, selector: &str) -> Result<()> {
        self.touch(selector, HELD).await
    }

    async fn touch(&self, selector: &str, duration: Duration) -> Result<()> {
        self.wait_for(selector).await?;
        let found = self.front().await?.find_all(Locator::Css(selector)).await?;
        let element = found.into_iter().next_back().context("it is gone")?;
        let actions = TouchActions::new("finger".to_owned())
            .then(PointerAction::MoveToElement {
                element,
                duration: None,
                x: 0.0,
                y: 0.0,
            })
            .then(PointerAction::Down { button: 0 })
            .then(PointerAction::Pause { duration })
            .then(PointerAction::Up { button: 0 });
        Ok(self.front().await?.perform_actions(actions).await?)
    }
}
