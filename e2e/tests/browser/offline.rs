//! A tab without a network: messages that it missed, and messages written meanwhile.

use anyhow::Result;

use crate::chat::{Chat, IS_CONTROLLED};

#[tokio::test]
async fn missed_messages_appear_in_order_without_moving_the_reader() -> Result<()> {
    Chat::test(async |chat| {
        let (alice, bob) = (chat.open().await?, chat.open_as("Bruno").await?);
        let texts: Vec<_> = (1..=45).map(|n| format!("mensagem {n}")).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let (before, meanwhile) = texts.split_at(30);
        bob.write(&lines(before)).await?;
        alice.wait_for_messages(before).await?;
        alice.scroll_to(300).await?;
        let reading = alice.first_visible().await?;

        chat.cut_off(&alice).await?;
        bob.write(&lines(meanwhile)).await?;
        bob.wait_for_messages(&texts).await?;
        assert_eq!(alice.messages().await?.len(), before.len());

        alice.set_offline(false).await?;
        alice.wait_for_messages(&texts).await?;
        alice.wait_for_status("online").await?;
        alice.first_visible().await?.assert_still(&reading);
        alice.wait_for("[data-testid=newer]").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn messages_written_offline_are_sent_once_by_the_next_page() -> Result<()> {
    Chat::test(async |chat| {
        let (alice, bob) = (chat.open().await?, chat.open_as("Bruno").await?);
        chat.cut_off(&alice).await?;
        alice.write("Dito sem rede\nE mais isto\n").await?;
        alice.wait_for("[data-testid=pending]").await?;
        alice.write("um rascunho").await?;
        alice.wait_until_stored("um rascunho").await?;

        alice.close().await?;
        let alice = chat.open().await?;
        let texts = ["Dito sem rede", "E mais isto"];
        let seen = alice.wait_for_messages(&texts).await?;
        assert!(seen.iter().all(|said| said.own));
        alice.wait_for_draft("um rascunho").await?;
        bob.wait_for_messages(&texts).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_loads_without_a_network_once_it_has_been_loaded_with_one() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.wait_until_true("a service worker with the page in its cache", IS_CONTROLLED)
            .await?;
        chat.kill_back_end()?;
        tab.reload().await?;
        tab.wait_for_status("offline").await?;
        tab.write("sem rede").await?;
        tab.wait_for_draft("sem rede").await
    })
    .await
}

#[tokio::test]
async fn the_messages_of_the_last_visit_are_there_before_there_is_a_connection() -> Result<()> {
    Chat::test(async |chat| {
        let (alice, bob) = (chat.open().await?, chat.open_as("Bruno").await?);
        let texts = ["uma", "duas", "três"];
        bob.write(&lines(&texts)).await?;
        alice.wait_for_messages(&texts).await?;
        alice
            .wait_until_true("a service worker", IS_CONTROLLED)
            .await?;
        alice.wait_until_kept("três").await?;
        chat.kill_back_end()?;
        alice.reload().await?;
        alice.wait_for_messages(&texts).await?;
        alice.wait_for("[data-testid=restored]").await?;

        chat.start_back_end()?;
        alice.wait_for_status("online").await?;
        bob.wait_for_status("online").await?;
        bob.write(&lines(&["quatro"])).await?;
        // The new back end has another log.
        alice.wait_for_messages(&["quatro"]).await?;
        assert_eq!(alice.count("[data-testid=restored]").await?, 0);
        Ok(())
    })
    .await
}

fn lines(texts: &[&str]) -> String {
    texts.join("\n") + "\n"
}
