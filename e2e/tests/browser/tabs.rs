//! Several tabs of one browser, and the messages that closed tabs leave.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn a_draft_survives_a_reload_and_a_closed_tab_and_is_in_one_tab_only() -> Result<()> {
    Chat::test(async |chat| {
        let first = chat.open().await?;
        first.write("um rascunho").await?;
        first.reload().await?;
        first.wait_for_draft("um rascunho").await?;

        let second = chat.open().await?;
        second.write("outro").await?;
        assert_eq!(second.draft().await?, "outro", "each tab has its own");
        assert_eq!(first.draft().await?, "um rascunho");

        first.close().await?;
        let third = chat.open().await?;
        third.wait_for_draft("um rascunho").await?;
        second.reload().await?;
        second.wait_for_draft("outro").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_tab_does_not_send_the_messages_of_another_open_tab() -> Result<()> {
    Chat::test(async |chat| {
        let first = chat.open().await?;
        chat.cut_off(&first).await?;
        first.write("Dito sem rede\n").await?;
        first.wait_for("[data-testid=pending]").await?;

        // If it had taken over the outbox of the first tab, that message would come first.
        let second = chat.open().await?;
        second.write("Dito com rede\n").await?;
        second.wait_for_messages(&["Dito com rede"]).await?;
        assert_eq!(second.count("[data-testid=pending]").await?, 0);

        first.close().await?;
        let third = chat.open().await?;
        let texts = ["Dito com rede", "Dito sem rede"];
        third.wait_for_messages(&texts).await?;
        second.wait_for_messages(&texts).await?;
        third.reload().await?;
        third.wait_for_messages(&texts).await?;
        Ok(())
    })
    .await
}
