//! The back end goes and comes back.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn the_app_comes_back_online_with_the_conversation_and_the_draft() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("Antes da queda\n").await?;
        tab.wait_for_messages(&["Antes da queda"]).await?;
        tab.write("rascunho").await?;

        chat.kill_back_end()?;
        tab.wait_for_status("offline").await?;
        assert_eq!(tab.messages().await?.len(), 1, "the conversation stays");
        assert_eq!(tab.draft().await?, "rascunho");
        tab.write(" em queda").await?;

        chat.start_back_end()?;
        tab.wait_for_status("online").await?;
        assert_eq!(tab.messages().await?.len(), 1, "the conversation stays");
        assert_eq!(tab.draft().await?, "rascunho em queda");

        tab.write("\n").await?;
        tab.wait_for_messages(&["Antes da queda", "rascunho em queda"])
            .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nothing_can_be_sent_while_the_back_end_is_down() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("Enter não envia").await?;
        chat.kill_back_end()?;
        tab.wait_for_status("offline").await?;
        tab.write("\n").await?;
        assert_eq!(tab.draft().await?, "Enter não envia");
        tab.wait_for("[data-testid=send]:disabled").await?;
        Ok(())
    })
    .await
}
