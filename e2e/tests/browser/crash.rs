//! What one sees if the app itself breaks.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn a_panic_is_said_on_the_page_with_a_way_out() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        // Nothing that people can do makes the app panic. A browser that cannot make an element does.
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
