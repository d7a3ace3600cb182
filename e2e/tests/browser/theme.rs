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

#[tokio::test]
async fn other_tabs_follow_and_the_browser_takes_the_colour_of_the_theme() -> Result<()> {
    Chat::test(async |chat| {
        let (first, second) = (chat.open().await?, chat.open().await?);
        let colour = "return document.querySelector('meta[name=theme-color]').content";
        let chosen = "return document.querySelector('[data-theme-name]:checked').dataset.themeName";
        let mut colours = Vec::new();
        for theme in ["dark", "light"] {
            first.click("[data-testid=theme]").await?;
            first
                .click(&format!("label:has([data-theme-name={theme}])"))
                .await?;
            first.type_keys("\u{e00c}").await?;
            second.wait_for_theme(theme).await?;
            second.wait_until_is("the choice", chosen, theme).await?;
            colours.push(first.run(colour).await?);
            assert_eq!(second.run(colour).await?, colours[colours.len() - 1]);
        }
        assert_ne!(colours[0], colours[1]);
        Ok(())
    })
    .await
}
