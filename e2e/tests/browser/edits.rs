//! Edits and deletions.

use anyhow::Result;

use crate::chat::Chat;
use crate::tab::Tab;

#[tokio::test]
async fn an_edit_and_a_deletion_are_seen_by_others_who_can_do_neither() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.write("as 10\n").await?;
        bruno.wait_for_messages(&["as 10"]).await?;
        bruno.choose("copy").await?;
        assert_eq!(bruno.count("[data-act=edit], [data-act=delete]").await?, 0);

        ana.write("rascunho").await?;
        ana.choose("edit").await?;
        ana.wait_for_draft("as 10").await?;
        ana.write(" em ponto\n").await?;
        ana.wait_for_draft("rascunho").await?;
        bruno.wait_for_messages(&["as 10 em ponto"]).await?;
        let edited = "return document.querySelector('[data-testid=message] time').previousElementSibling?.innerText ?? ''";
        let word = if bruno.language().await? == "en" {
            "edited"
        } else {
            "editada"
        };
        bruno
            .wait_until_is("the mark of an edit", edited, word)
            .await?;

        ana.choose("delete").await?;
        ana.click("[data-act=erase]").await?;
        let gone = if bruno.language().await? == "en" {
            "Message deleted"
        } else {
            "Mensagem apagada"
        };
        bruno.wait_for_messages(&[gone]).await?;
        bruno.reload().await?;
        bruno.wait_for_messages(&[gone]).await?;
        Ok(())
    })
    .await
}

/// A tab that has begun to edit "como era", with the draft "rascunho", and another tab of the same person.
async fn editing(chat: &Chat) -> Result<(Tab, Tab)> {
    let (tab, other) = (chat.open().await?, chat.open().await?);
    tab.write("como era\n").await?;
    other.wait_for_messages(&["como era"]).await?;
    tab.write("rascunho").await?;
    tab.choose("edit").await?;
    tab.wait_for_draft("como era").await?;
    Ok((tab, other))
}

#[tokio::test]
async fn the_text_of_an_edit_becomes_a_draft_when_its_message_is_deleted_meanwhile() -> Result<()> {
    Chat::test(async |chat| {
        let (tab, other) = editing(chat).await?;
        tab.write(" e será").await?;
        delete(&other).await?;
        tab.wait_for_draft("rascunho\ncomo era e será").await?;
        tab.wait_for("[data-testid=problem]").await?;
        assert_eq!(tab.count("[data-testid=about]").await?, 0);
        tab.wait_until_stored("como era e será").await?;
        // It is sent as any other draft, and the notice goes with it.
        tab.write("\n").await?;
        other.wait_for_newest("rascunho\ncomo era e será").await?;
        assert_eq!(tab.count("[data-testid=problem]").await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_edit_that_has_not_begun_ends_with_its_message() -> Result<()> {
    Chat::test(async |chat| {
        let (tab, other) = editing(chat).await?;
        delete(&other).await?;
        tab.wait_for_draft("rascunho").await?;
        assert_eq!(tab.count("[data-testid=problem]").await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_text_of_an_edit_becomes_a_draft_when_the_page_or_the_room_is_left() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("como era\n").await?;
        tab.wait_for_messages(&["como era"]).await?;
        tab.write("rascunho").await?;
        tab.choose("edit").await?;
        tab.wait_for_draft("como era").await?;
        tab.write(" e será").await?;
        tab.reload().await?;
        tab.wait_for_draft("rascunho\ncomo era e será").await?;

        tab.wait_for_status("online").await?;
        tab.wait_for_messages(&["como era"]).await?;
        tab.choose("edit").await?;
        tab.wait_for_draft("como era").await?;
        tab.write("!").await?;
        tab.run("location.hash = '#/outra'").await?;
        tab.wait_for_draft("").await?;
        tab.wait_for_status("online").await?;
        tab.run("location.hash = ''").await?;
        tab.wait_for_draft("rascunho\ncomo era e será\ncomo era!")
            .await?;

        // An edit that has not begun leaves nothing.
        tab.wait_for_status("online").await?;
        tab.wait_for_messages(&["como era"]).await?;
        tab.choose("edit").await?;
        tab.wait_for_draft("como era").await?;
        tab.reload().await?;
        tab.wait_for_draft("rascunho\ncomo era e será\ncomo era!")
            .await
    })
    .await
}

#[tokio::test]
async fn the_text_of_a_message_that_is_deleted_disappears_from_a_reply_that_is_being_written()
-> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.write("um segredo\n").await?;
        bruno.wait_for_messages(&["um segredo"]).await?;
        bruno.choose("reply").await?;
        let about = "return document.querySelector('[data-testid=about] span').innerText";
        bruno
            .wait_until_is("the quotation", about, "um segredo")
            .await?;
        delete(&ana).await?;
        bruno
            .wait_until_true(
                "a deleted message",
                "return !document.querySelector('[data-testid=about]').innerText.includes('segredo')",
            )
            .await?;
        bruno.write("pode ser\n").await?;
        ana.wait_for_newest("pode ser").await?;
        assert_eq!(ana.count("[data-testid=quote]").await?, 0);
        Ok(())
    })
    .await
}

/// Deletes the newest message.
async fn delete(tab: &Tab) -> Result<()> {
    tab.choose("delete").await?;
    tab.click("[data-act=erase]").await
}

#[tokio::test]
async fn the_text_of_a_deleted_message_is_removed_from_the_browsers_database() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("um segredo\n").await?;
        tab.wait_until_kept("um segredo").await?;
        tab.choose("delete").await?;
        tab.click("[data-act=erase]").await?;
        tab.wait_until_not_kept("um segredo").await
    })
    .await
}
