//! Portuguese, English, and a reload.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn a_chosen_language_survives_a_reload_and_keeps_the_draft() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("rascunho").await?;
        let (before, label) = (tab.language().await?, tab.label("composer").await?);
        let other = if before == "en" { "pt-BR" } else { "en" };

        tab.click("[data-testid=language]").await?;
        tab.wait_for_language(other).await?;
        let changed = tab.label("composer").await?;
        assert_ne!(changed, label, "accessible labels change too");
        assert_eq!(tab.draft().await?, "rascunho");

        tab.reload().await?;
        tab.wait_for_status("online").await?;
        assert_eq!(tab.language().await?, other);
        assert_eq!(tab.label("composer").await?, changed);
        Ok(())
    })
    .await
}
