//! A browser that stores nothing.

use anyhow::Result;

use crate::chat::Chat;

/// Makes the browser refuse access to its database.
pub(crate) const BLOCK_DATABASE: &str =
    "indexedDB.open = () => { throw new DOMException('blocked', 'SecurityError'); };";

/// Whether the page asks before it is closed.
const ASKS: &str = "return !dispatchEvent(new Event('beforeunload', { cancelable: true }))";

#[tokio::test]
async fn the_page_says_that_nothing_is_kept_and_asks_before_it_is_closed_with_unsent_text()
-> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.run_first(BLOCK_DATABASE).await?;
        tab.visit(&chat.address(), "Ana").await?;
        tab.wait_for("[data-testid=notice]").await?;
        assert_eq!(tab.run(ASKS).await?, false, "there is nothing to lose yet");
        tab.write("rascunho").await?;
        tab.wait_until_true("a question", ASKS).await?;
        tab.write("\n").await?;
        tab.wait_for_messages(&["rascunho"]).await?;
        tab.wait_until_true(
            "no question",
            "return dispatchEvent(new Event('beforeunload', { cancelable: true }))",
        )
        .await
    })
    .await
}

#[tokio::test]
async fn a_person_keeps_the_name_in_another_room_where_the_browser_stores_nothing() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.run_first(
            "Object.defineProperty(window, 'localStorage',
                { get() { throw new DOMException('blocked', 'SecurityError'); } });",
        )
        .await?;
        tab.visit(&chat.address(), "Ana").await?;
        tab.run("location.hash = '#/equipe'").await?;
        tab.wait_until_is(
            "the room",
            "return document.querySelector('[data-testid=room] .name').innerText",
            "#equipe",
        )
        .await?;
        tab.wait_for_status("online").await?;
        assert_eq!(tab.count("[data-testid=name-form]").await?, 0);
        tab.write("oi\n").await?;
        tab.wait_for_messages(&["oi"]).await?;
        let author = "return document.querySelector('[data-testid=message]').dataset.author";
        assert_eq!(tab.run(author).await?, "Ana");
        Ok(())
    })
    .await
}
