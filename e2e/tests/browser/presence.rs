//! Who is in the room, who is typing, and what is new in other rooms.

use anyhow::Result;

use crate::chat::Chat;

/// The names in the list of people, sorted.
const PEOPLE: &str = "return [...document.querySelectorAll('[data-testid=people-list] bdi')].map(it => it.textContent).sort().join()";

/// Who is typing.
const TYPING: &str = "return document.querySelector('[data-testid=typing]').textContent";

#[tokio::test]
async fn people_are_listed_once_however_many_tabs_they_have() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.wait_until_is("the people", PEOPLE, "Ana,Bruno").await?;
        let second = chat.open().await?;
        second
            .wait_until_is("the people", PEOPLE, "Ana,Bruno")
            .await?;
        bruno
            .wait_until_is("the people", PEOPLE, "Ana,Bruno")
            .await?;
        bruno.click("[data-testid=people]").await?;
        let count = "return document.querySelector('[data-testid=people]').textContent";
        bruno.wait_until_is("the count", count, "2").await?;

        second.close().await?;
        bruno.close().await?;
        ana.wait_until_is("the people", PEOPLE, "Ana").await
    })
    .await
}

#[tokio::test]
async fn a_person_who_types_is_shown_until_the_message_arrives() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.wait_until_is("the people", PEOPLE, "Ana,Bruno").await?;
        bruno.write("o").await?;
        let is_typing = "return document.querySelector('[data-testid=typing]').textContent.startsWith('Bruno ')";
        ana.wait_until_true("that Bruno is typing", is_typing).await?;
        let is_below = "const [typing, timeline] = ['typing', 'timeline'].map(it => document.querySelector(`[data-testid=${it}]`).getBoundingClientRect());
            return typing.height > 0 && typing.top >= Math.floor(timeline.bottom)";
        assert_eq!(ana.run(is_below).await?, true, "it covers no message");
        bruno.write("i\n").await?;
        ana.wait_for_messages(&["oi"]).await?;
        ana.wait_until_is("people who are typing:", TYPING, "").await
    })
    .await
}

#[tokio::test]
async fn another_room_says_how_much_is_new() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.write("oi\n").await?;
        ana.wait_for_messages(&["oi"]).await?;
        bruno.wait_for_messages(&["oi"]).await?;
        ana.run("location.hash = '#/equipe'").await?;
        let room = "return document.querySelector('[data-testid=room] .name').innerText";
        ana.wait_until_is("the room", room, "#equipe").await?;
        ana.wait_for_status("online").await?;
        assert_eq!(ana.count("[data-testid=news]").await?, 0);

        bruno.write("um\ndois\n").await?;
        bruno.wait_for_messages(&["oi", "um", "dois"]).await?;
        // A new connection asks at once.
        ana.reload().await?;
        ana.wait_for("[data-testid=news]").await?;
        // A label would hide the content from screen readers.
        let read = "const it = document.querySelector('[data-testid=room]');
            return /^(Sala: #equipeMensagens novas|Room: #equipeNew messages)$/.test(it.ariaLabel ?? it.textContent)";
        assert_eq!(ana.run(read).await?, true);
        let count = "return document.querySelector('[data-testid=rooms] a[href=\"#/main\"] .count').firstChild.textContent";
        assert_eq!(ana.run(count).await?, "2");
        Ok(())
    })
    .await
}
