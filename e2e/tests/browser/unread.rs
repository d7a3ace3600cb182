//! Messages that arrive while the page is hidden.

use anyhow::Result;

use crate::chat::Chat;

/// Makes the page believe that it is hidden, or visible again.
fn hide(hidden: bool) -> String {
    format!(
        "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});
        document.dispatchEvent(new Event('visibilitychange'))"
    )
}

#[tokio::test]
async fn messages_for_a_hidden_page_are_counted_in_its_title_and_stand_below_a_divider()
-> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("antes\n").await?;
        tab.wait_for_messages(&["antes"]).await?;
        assert_eq!(tab.title().await?, "Papo");
        tab.run(&hide(true)).await?;
        chat.send_all(["um", "dois"].map(str::to_owned)).await?;
        tab.wait_until_true("the title", "return document.title === '(2) Papo'")
            .await?;
        tab.run(&hide(false)).await?;
        tab.wait_until_true("the title", "return document.title === 'Papo'")
            .await?;
        let below = "return document.querySelector('[data-testid=unread] + li [data-testid=text]').innerText";
        assert_eq!(tab.run(below).await?, "um");
        Ok(())
    })
    .await
}
