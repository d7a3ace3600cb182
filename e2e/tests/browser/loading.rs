//! An app that cannot be loaded says so.

use anyhow::Result;

use crate::chat::Chat;
use crate::tab::Tab;

async fn says_that_it_cannot_be_loaded(chat: &Chat, tab: &Tab) -> Result<()> {
    tab.go_to(&chat.address()).await?;
    tab.wait_for("#splash[role=alert] button").await?;
    Ok(())
}

#[tokio::test]
async fn a_module_that_does_not_load_is_reported() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.block("*.wasm").await?;
        says_that_it_cannot_be_loaded(chat, &tab).await
    })
    .await
}

#[tokio::test]
async fn a_script_that_does_not_load_is_reported() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.block("*papo-app*.js").await?;
        says_that_it_cannot_be_loaded(chat, &tab).await
    })
    .await
}

#[tokio::test]
async fn a_browser_without_webassembly_is_told_so() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.run_first("delete globalThis.WebAssembly").await?;
        says_that_it_cannot_be_loaded(chat, &tab).await
    })
    .await
}
