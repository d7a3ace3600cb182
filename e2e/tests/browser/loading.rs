//! An app that cannot be loaded says so.

use anyhow::{Context as _, Result};

use crate::chat::Chat;
use crate::tab::Tab;

async fn says_that_it_cannot_be_loaded(chat: &Chat, tab: &Tab) -> Result<()> {
    tab.go_to(&chat.address()).await?;
    tab.wait_for("#splash[role=alert] button").await?;
    Ok(())
}

#[tokio::test]
async fn a_module_that_does_not_load_is_reported() -> Result<()> {
    Chat::test_without(".wasm", async |chat| {
        let tab = chat.open_blank().await?;
        says_that_it_cannot_be_loaded(chat, &tab).await
    })
    .await
}

#[tokio::test]
async fn a_script_that_does_not_load_is_reported() -> Result<()> {
    let suffix = ".js";
    for start in ["papo-app", "start"] {
        let site = std::fs::read_dir(papo_e2e::repository().join("dist"))?;
        let mut names = site.filter_map(|file| file.ok()?.file_name().into_string().ok());
        let script = names
            .find(|name| name.starts_with(start) && name.ends_with(suffix))
            .with_context(|| format!("dist has no {start}*.js"))?;
        Chat::test_without(&script, async |chat| {
            let tab = chat.open_blank().await?;
            says_that_it_cannot_be_loaded(chat, &tab).await
        })
        .await
        .context(script)?;
    }
    Ok(())
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
