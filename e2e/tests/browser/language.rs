//! Portuguese, English, time zones, and a reload.

use anyhow::Result;

use crate::chat::Chat;

/// Makes the browser believe that it is at UTC, or, once `isElsewhere` is set, in Kolkata. As in a browser, a format keeps the
/// time zone in which it was made.
const TRAVEL: &str = "globalThis.isElsewhere = false;
    const Format = Intl.DateTimeFormat;
    Intl.DateTimeFormat = function (locales, options) {
        return new Format(locales, { ...options, timeZone: isElsewhere ? 'Asia/Kolkata' : 'UTC' });
    };
    Date.prototype.getTimezoneOffset = () => (isElsewhere ? -330 : 0);";

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

#[tokio::test]
async fn times_follow_the_time_zone_without_a_reload() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.run_first(TRAVEL).await?;
        tab.visit(&chat.address(), "Ana").await?;
        tab.write("um\n").await?;
        tab.wait_for_messages(&["um"]).await?;
        let time = "return document.querySelector('.rows time').innerText";
        let before = tab.run(time).await?;

        tab.run("window.isElsewhere = true").await?;
        tab.write("dois\n").await?;
        tab.wait_for_messages(&["um", "dois"]).await?;
        assert_ne!(tab.run(time).await?, before);
        Ok(())
    })
    .await
}
