//! The page on paper.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn all_rendered_messages_are_printed() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all((1..=60).map(|n| format!("linha {n}")))
            .await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 60").await?;
        assert!(tab.printed_pages().await? > 1);
        Ok(())
    })
    .await
}
