//! A page that the browser translates: it replaces texts by elements without the knowledge of the app.

use anyhow::Result;

use crate::chat::Chat;

/// Replaces every text, as the translator of Chromium does, by two nested `font` elements, here with the text in capitals.
const TRANSLATE: &str = "
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const text of found) {
        if (!text.data.trim() || text.parentElement.closest('script, style, textarea, [translate=no]')) continue;
        const outer = document.createElement('font');
        const inner = outer.appendChild(document.createElement('font'));
        inner.textContent = text.data.toUpperCase();
        text.replaceWith(outer);
    }";

/// The word of the status. Narrow pages only show its colour.
const STATUS: &str =
    "return document.querySelector('[data-testid=status]').textContent.split(':').pop().trim()";

#[tokio::test]
async fn the_status_and_new_messages_are_right_after_a_translation() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.write("um\n").await?;
        ana.wait_for_messages(&["um"]).await?;
        let before = ana.run(STATUS).await?;
        ana.run(TRANSLATE).await?;
        let translated = ana.run(STATUS).await?;
        assert_eq!(
            translated.as_str(),
            before.as_str().map(str::to_uppercase).as_deref()
        );

        chat.cut_off(&ana).await?;
        let offline = ana.run(STATUS).await?.to_string();
        assert!(
            !offline.contains(translated.as_str().unwrap_or_default()),
            "{offline}"
        );
        ana.set_offline(false).await?;
        ana.wait_for_status("online").await?;
        assert_eq!(ana.run(STATUS).await?, before);

        bruno.write("dois\n").await?;
        ana.wait_for_newest("dois").await?;
        ana.write("três\n").await?;
        bruno.wait_for_messages(&["um", "dois", "três"]).await?;
        assert_eq!(ana.count("[role=alert]").await?, 0);
        Ok(())
    })
    .await
}
