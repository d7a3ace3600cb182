//! A panic of the app.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn a_panic_is_reported_with_a_way_to_reload() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        // No input makes the app panic, but a browser that cannot create an element does.
        tab.forbid_element("time").await?;
        tab.write("Isto a quebra\n").await?;
        tab.wait_for("[role=alert].papo-crashed").await?;
        tab.click("[role=alert].papo-crashed button").await?;
        tab.wait_for_messages(&["Isto a quebra"]).await?;
        tab.wait_for_status("online").await?;
        assert_eq!(tab.count("[role=alert]").await?, 0);
        Ok(())
    })
    .await
}
