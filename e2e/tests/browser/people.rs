//! Two people and their names.

use anyhow::{Context as _, Result};

use crate::chat::Chat;

/// The names in the timeline, each where an author's messages start.
const NAMES: &str = "return [...document.querySelectorAll('.who')].map(it => it.innerText).join()";

#[tokio::test]
async fn a_first_visit_asks_for_a_name_while_the_conversation_can_be_read() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(["antes".to_owned()]).await?;
        let tab = chat.open_blank().await?;
        tab.go_to(&chat.address()).await?;
        tab.wait_for_messages(&["antes"]).await?;
        assert_eq!(tab.count("[data-testid=composer]").await?, 0);

        tab.click("[data-testid=name-save]").await?;
        tab.wait_for("[data-testid=name][aria-invalid=true]")
            .await?;
        tab.enter_name("Ana").await?;
        tab.write("oi\n").await?;
        tab.wait_for_messages(&["antes", "oi"]).await?;
        tab.reload().await?;
        tab.wait_for("[data-testid=composer]").await?;
        assert_eq!(tab.count("[data-testid=name-form]").await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn people_see_the_names_of_others_and_keep_their_own_messages_in_every_tab() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.write("oi\n").await?;
        bruno.wait_for_messages(&["oi"]).await?;
        bruno.wait_until_is("the author", NAMES, "Ana").await?;

        let second = chat.open().await?;
        let seen = second.wait_for_messages(&["oi"]).await?;
        assert!(seen[0].own, "both tabs are one person");

        ana.write("rascunho").await?;
        ana.click("[data-testid=me]").await?;
        ana.enter_name("Ana Lima").await?;
        assert_eq!(ana.draft().await?, "rascunho");
        ana.write("\n").await?;
        bruno.wait_for_messages(&["oi", "rascunho"]).await?;
        bruno
            .wait_until_is("both names", NAMES, "Ana,Ana Lima")
            .await?;
        let me = "return document.querySelector('[data-testid=me]').innerText";
        second.wait_until_is("the new initials", me, "AL").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_marked_and_can_still_be_mentioned() -> Result<()> {
    Chat::test(async |chat| {
        // With the Cyrillic letters that look like A and a.
        let (ana, other) = (chat.open().await?, chat.open_as("\u{410}n\u{430}").await?);
        other.write("sou a Ana\n").await?;
        ana.wait_for_messages(&["sou a Ana"]).await?;
        let name = ana.run(NAMES).await?;
        let (before, digits) = name
            .as_str()
            .and_then(|name| name.split_once('#'))
            .context(name.to_string())?;
        assert_eq!((before, digits.len()), ("\u{410}n\u{430}", 4));

        ana.write("@\u{410}").await?;
        ana.wait_for("[data-testid=mentions] [role=option]").await?;
        ana.write("\n").await?;
        ana.wait_for_draft(&format!("@\u{410}n\u{430}#{digits} "))
            .await?;
        ana.write("quem?\n").await?;
        other
            .wait_for("[data-testid=text] [data-reader=true]")
            .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_that_arrives_does_not_overwrite_the_name_being_typed() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.click("[data-testid=me]").await?;
        let value = "return document.querySelector('[data-testid=name]').value";
        ana.wait_until_is("the current name", value, "Ana").await?;
        let field = ana.wait_for("[data-testid=name]").await?;
        field.send_keys("Ana L").await?;
        bruno.write("oi\n").await?;
        ana.wait_for_messages(&["oi"]).await?;
        ana.wait_until_is("the name being typed", value, "Ana L")
            .await
    })
    .await
}
