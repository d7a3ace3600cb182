//! Writing, copying and pasting.

use anyhow::Result;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;

use super::Tab;

/// The text in the composer.
const DRAFT: &str = "return document.querySelector('[data-testid=composer]').value";

impl Tab {
    /// Types into the composer. `\n` is Enter.
    pub(crate) async fn write(&self, text: &str) -> Result<()> {
        let field = self.wait_for("[data-testid=composer]").await?;
        Ok(field.send_keys(&keys(text)).await?)
    }

    /// Inserts a text into the composer at once. Older drivers cannot type characters outside of Unicode's basic plane.
    pub(crate) async fn insert(&self, text: &str) -> Result<()> {
        let script = "document.querySelector('[data-testid=composer]').focus();
            document.execCommand('insertText', false, arguments[0])";
        let client = self.front().await?;
        client.execute(script, vec![text.into()]).await?;
        Ok(())
    }

    /// The text in the composer.
    pub(crate) async fn draft(&self) -> Result<String> {
        self.text_of(DRAFT).await
    }

    /// Waits until the composer has this text.
    pub(crate) async fn wait_for_draft(&self, text: &str) -> Result<()> {
        self.wait_until_is("the draft", DRAFT, text).await
    }

    /// Presses keys without choosing an element.
    pub(crate) async fn type_keys(&self, text: &str) -> Result<()> {
        let keys = text
            .chars()
            .fold(KeyActions::new("keys".into()), |keys, value| {
                keys.then(KeyAction::Down { value })
                    .then(KeyAction::Up { value })
            });
        Ok(self.front().await?.perform_actions(keys).await?)
    }

    /// Copies the selection to the clipboard of the browser.
    pub(crate) async fn copy(&self) -> Result<()> {
        self.press_with_control('c').await
    }

    /// Undoes the last change of the field that has the focus.
    pub(crate) async fn undo(&self) -> Result<()> {
        self.press_with_control('z').await
    }

    /// Pastes into the composer, which must be empty, and returns what it then contains.
    pub(crate) async fn paste(&self) -> Result<String> {
        self.run("document.querySelector('[data-testid=composer]').focus()")
            .await?;
        self.press_with_control('v').await?;
        self.wait_until_true("pasted text", &format!("{DRAFT} !== ''"))
            .await?;
        self.draft().await
    }

    async fn press_with_control(&self, value: char) -> Result<()> {
        let control = Key::Control.into();
        let keys = KeyActions::new("keys".into())
            .then(KeyAction::Down { value: control })
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value })
            .then(KeyAction::Up { value: control });
        Ok(self.front().await?.perform_actions(keys).await?)
    }
}

/// The keys that write a text, with Enter for `\n`: Firefox takes `\n` for a character.
pub(crate) fn keys(text: &str) -> String {
    text.replace('\n', "\u{e007}")
}
