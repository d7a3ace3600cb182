//! Messages between two tabs.

use anyhow::Result;

use crate::chat::Chat;
use crate::tab::Side;

#[tokio::test]
async fn two_tabs_receive_each_others_messages_own_ones_on_the_right() -> Result<()> {
    Chat::test(async |chat| {
        let (alice, bob) = (chat.open().await?, chat.open_as("Bruno").await?);
        alice.write("Oi, tudo bem?\n").await?;
        bob.wait_for_messages(&["Oi, tudo bem?"]).await?;
        bob.write("Tudo, e com você?\n").await?;

        let texts = ["Oi, tudo bem?", "Tudo, e com você?"];
        let seen = alice.wait_for_messages(&texts).await?;
        assert_eq!((seen[0].own, seen[0].side), (true, Side::Right));
        assert_eq!((seen[1].own, seen[1].side), (false, Side::Left));
        let seen = bob.wait_for_messages(&texts).await?;
        assert_eq!((seen[0].own, seen[0].side), (false, Side::Left));
        assert_eq!((seen[1].own, seen[1].side), (true, Side::Right));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_button_sends_and_the_field_is_empty_again() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("Pelo botão").await?;
        tab.click("[data-testid=send]:enabled").await?;
        tab.wait_for_messages(&["Pelo botão"]).await?;
        assert_eq!(tab.draft().await?, "");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn html_is_shown_and_not_executed() -> Result<()> {
    Chat::test(async |chat| {
        let (alice, bob) = (chat.open().await?, chat.open_as("Bruno").await?);
        let text = "<img src=x onerror=\"document.title='executado'\"> <b>oi</b>";
        alice.write(&format!("{text}\n")).await?;
        bob.wait_for_messages(&[text]).await?;
        assert!(!bob.title().await?.contains("executado"));
        Ok(())
    })
    .await
}
