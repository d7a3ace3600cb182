//! Light, dark, and a reload.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn a_chosen_theme_survives_a_reload() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        let (before, behind) = (tab.theme().await?, tab.background().await?);
        let other = if before == "dark" { "light" } else { "dark" };

        tab.click("[data-testid=theme]").await?;
        tab.click(&format!("label:has([data-theme-name={other}])"))
            .await?;
        tab.wait_for_theme(other).await?;
        let changed = tab.background().await?;
        assert_ne!(changed, behind, "the background changes too");

        tab.reload().await?;
        tab.wait_for_status("online").await?;
        assert_eq!(tab.theme().await?, other);
        assert_eq!(tab.background().await?, changed);
        Ok(())
    })
    .await
}
