//! The mouse, as the browser receives it from a hand.

use anyhow::{Context as _, Result};
use fantoccini::Locator;
use fantoccini::actions::{InputSource as _, MouseActions, PointerAction};

use super::Tab;

impl Tab {
    /// Moves the mouse to the middle of the last element that `selector` finds, and leaves it there.
    pub(crate) async fn point_at(&self, selector: &str) -> Result<()> {
        self.wait_for(selector).await?;
        let found = self.front().await?.find_all(Locator::Css(selector)).await?;
        let element = found.into_iter().next_back().context("it is gone")?;
        let to = PointerAction::MoveToElement {
            element,
            duration: None,
            x: 0.0,
            y: 0.0,
        };
        let actions = MouseActions::new("mouse".to_owned()).then(to);
        Ok(self.front().await?.perform_actions(actions).await?)
    }
}
