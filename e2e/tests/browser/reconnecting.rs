//! The back end stops and returns.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn the_app_comes_back_online_with_the_conversation_and_the_draft() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("Antes da queda\n").await?;
        tab.wait_for_messages(&["Antes da queda"]).await?;
        tab.write("rascunho").await?;

        chat.kill_back_end()?;
        tab.wait_for_status("offline").await?;
        assert_eq!(tab.messages().await?.len(), 1, "the conversation stays");
        assert_eq!(tab.draft().await?, "rascunho");
        tab.write(" em queda").await?;

        chat.start_back_end()?;
        tab.wait_for_status("online").await?;
        assert_eq!(tab.messages().await?.len(), 1, "the conversation stays");
        assert_eq!(tab.draft().await?, "rascunho em queda");

        tab.write("\n").await?;
        tab.wait_for_messages(&["Antes da queda", "rascunho em queda"])
            .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn messages_written_while_the_back_end_is_down_are_sent_once_it_is_back() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.wait_for_status("online").await?;
        chat.kill_back_end()?;
        tab.wait_for_status("offline").await?;
        tab.write("Dito sem conexão\nE mais isto\n").await?;
        tab.wait_for("[data-testid=pending]").await?;
        assert_eq!(tab.draft().await?, "");

        chat.start_back_end()?;
        tab.wait_for_messages(&["Dito sem conexão", "E mais isto"])
            .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn unsent_messages_survive_a_reload() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.wait_for_status("online").await?;
        chat.kill_back_end()?;
        tab.wait_for_status("offline").await?;
        tab.write("Dito antes de recarregar\n").await?;
        tab.wait_for("[data-testid=pending]").await?;

        chat.start_back_end()?;
        tab.reload().await?;
        let seen = tab.wait_for_messages(&["Dito antes de recarregar"]).await?;
        assert!(seen[0].own);
        tab.reload().await?;
        let seen = tab.wait_for_messages(&["Dito antes de recarregar"]).await?;
        assert!(seen[0].own, "it is still the reader's own");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_new_tab_shows_the_history() -> Result<()> {
    Chat::test(async |chat| {
        let alice = chat.open().await?;
        alice.write("um\ndois\ntrês\n").await?;
        let texts = ["um", "dois", "três"];
        alice.wait_for_messages(&texts).await?;
        let bob = chat.open().await?;
        bob.wait_for_messages(&texts).await?;
        Ok(())
    })
    .await
}

/// Outside of Windows, neither `performance.now()` nor timeouts count a sleep of the machine.
#[tokio::test]
async fn the_connection_is_checked_after_a_sleep_that_only_the_wall_clock_counts() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.change(
            "const { send } = WebSocket.prototype, { now } = Date;
            WebSocket.prototype.send = function (frame) {
                globalThis.isChecked ||= JSON.parse(frame).action === 'ping';
                send.call(this, frame);
            };
            Date.now = () => now() + 60_000",
        )
        .await?;
        tab.wait_until_true("a ping", "return globalThis.isChecked === true")
            .await
    })
    .await
}
