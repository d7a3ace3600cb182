//! The service worker, which keeps the page for when the server does not answer.

use anyhow::Result;

use crate::chat::{Chat, IS_CONTROLLED};
use crate::site::{Page, Site};
use crate::tab::Tab;

/// Opens the app in a tab, and waits until its worker has stored it.
async fn open(chat: &Chat, site: &Site) -> Result<Tab> {
    let tab = chat.open_blank().await?;
    tab.go_to(&site.address()).await?;
    tab.wait_until_true("a service worker", IS_CONTROLLED)
        .await?;
    Ok(tab)
}

/// Opens the page again. Without a back end, a running app is offline.
async fn opens(tab: &Tab, site: &Site) -> Result<()> {
    tab.go_to(&site.address()).await?;
    tab.wait_for_status("offline").await
}

#[tokio::test]
async fn an_update_while_the_server_is_unavailable_leaves_the_stored_page_as_it_is() -> Result<()> {
    Chat::test(async |chat| {
        let site = Site::start()?;
        let tab = open(chat, &site).await?;
        site.set_page(Page::Unavailable);
        let update = "const done = arguments[arguments.length - 1];
            navigator.serviceWorker.ready.then(async registration => {
                await registration.update();
                const worker = registration.installing ?? registration.waiting ?? registration.active;
                const report = () => /activated|redundant/.test(worker.state) && done(worker.state);
                worker.addEventListener('statechange', report);
                report();
            });";
        let state = tab.run_async(update).await?;
        opens(&tab, &site).await?;
        assert_eq!(state, "redundant");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_server_that_does_not_answer_holds_up_the_stored_page_for_seconds_only() -> Result<()> {
    Chat::test(async |chat| {
        let site = Site::start()?;
        let tab = open(chat, &site).await?;
        site.set_page(Page::Silent);
        opens(&tab, &site).await
    })
    .await
}

#[tokio::test]
async fn another_file_that_is_opened_is_not_stored_as_the_page() -> Result<()> {
    Chat::test(async |chat| {
        let site = Site::start()?;
        let tab = open(chat, &site).await?;
        for name in ["icon.svg", "manifest.webmanifest"] {
            tab.go_to(&(site.address() + name)).await?;
        }
        site.set_page(Page::Unavailable);
        opens(&tab, &site).await
    })
    .await
}
