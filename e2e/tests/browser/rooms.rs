//! Rooms: each has its own conversation, address, draft and reading position.

use anyhow::Result;

use crate::chat::Chat;
use crate::tab::keys;

/// The name of the room in the header.
const ROOM: &str = "return document.querySelector('[data-testid=room] .name').innerText";

/// The rooms in the list, the current one first.
const ROOMS: &str = "return [...document.querySelectorAll('[data-testid=rooms] li')].map(it => it.textContent).join()";

#[tokio::test]
async fn a_link_leads_two_people_to_a_room_that_others_do_not_hear() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.click("[data-testid=room]").await?;
        let field = ana.wait_for("[data-testid=other-room]").await?;
        field.send_keys(&keys("!\n")).await?;
        ana.wait_for("[data-testid=other-room][aria-invalid=true]")
            .await?;
        let reason = "return /só|only/.test(document.getElementById('room-hint').textContent)";
        ana.wait_until_true("the reason", reason).await?;
        field.clear().await?;
        field.send_keys(&keys("Equipe São Paulo\n")).await?;
        ana.wait_until_is("the room", ROOM, "#equipe-sao-paulo")
            .await?;
        ana.wait_for_status("online").await?;
        ana.wait_until_is(
            "the title",
            "return document.title",
            "#equipe-sao-paulo · Papo",
        )
        .await?;

        ana.click("[data-testid=room]").await?;
        ana.click("[data-testid=copy-link]").await?;
        let link = ana.paste().await?;
        assert_eq!(link, format!("{}#/equipe-sao-paulo", chat.address()));

        let carla = chat.open_as("Carla").await?;
        carla.run("location.hash = '#/equipe-sao-paulo'").await?;
        carla
            .wait_until_is("the room", ROOM, "#equipe-sao-paulo")
            .await?;
        carla.wait_for_status("online").await?;
        carla.write("só para a equipe\n").await?;
        ana.wait_for_messages(&["só para a equipe"]).await?;

        bruno.write("para todos\n").await?;
        bruno.wait_for_messages(&["para todos"]).await?;
        ana.wait_until_is("the visited rooms", ROOMS, "#equipe-sao-paulo,#main")
            .await?;
        ana.click("[data-testid=rooms] a[href='#/main']").await?;
        ana.wait_for_messages(&["para todos"]).await?;
        ana.run("history.back()").await?;
        ana.wait_for_messages(&["só para a equipe"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_address_in_capitals_or_with_accents_leads_to_the_same_room() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        for (address, room) in [
            ("#/Equipe", "#equipe"),
            ("#/equipe-2/", "#equipe-2"),
            ("#/Reunião", "#reuniao"),
            ("#/%C3%81rea", "#area"),
        ] {
            tab.run(&format!("location.hash = '{address}'")).await?;
            tab.wait_until_is("the room", ROOM, room).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn each_room_keeps_its_draft_and_unsent_messages_are_sent_after_leaving() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.write("rascunho na principal").await?;
        ana.run("location.hash = '#/equipe'").await?;
        ana.wait_until_is("the room", ROOM, "#equipe").await?;
        ana.wait_for_status("online").await?;
        assert_eq!(ana.draft().await?, "");
        ana.write("outro rascunho").await?;
        ana.run("location.hash = '#/main'").await?;
        ana.wait_for_draft("rascunho na principal").await?;
        ana.wait_for_status("online").await?;

        chat.cut_off(&ana).await?;
        ana.write("\n").await?;
        ana.wait_for("[data-testid=pending]").await?;
        ana.run("location.hash = '#/equipe'").await?;
        ana.wait_for_draft("outro rascunho").await?;
        ana.set_offline(false).await?;
        bruno.wait_for_messages(&["rascunho na principal"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_was_left_in_a_room_without_a_network_is_there_on_the_way_back() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        chat.cut_off(&ana).await?;
        ana.write("sem rede\nrascunho").await?;
        ana.wait_for("[data-testid=pending]").await?;
        for (room, name) in [("equipe", "#equipe"), ("main", "#main")] {
            ana.run(&format!("location.hash = '#/{room}'")).await?;
            ana.wait_until_is("the room", ROOM, name).await?;
        }
        ana.wait_for("[data-testid=pending]").await?;
        ana.wait_for_draft("rascunho").await?;
        ana.set_offline(false).await?;
        bruno.wait_for_messages(&["sem rede"]).await?;
        ana.wait_for_messages(&["sem rede"]).await?;
        assert_eq!(ana.draft().await?, "rascunho");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_form_for_another_room_stays_in_sight_below_very_many_rooms() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.run_first(
            "localStorage['papo.rooms'] = Array.from({ length: 49 }, (_, n) => `sala-${n}`).join(' ')",
        )
        .await?;
        tab.visit(&chat.address(), "Ana").await?;
        tab.click("[data-testid=room]").await?;
        let in_sight = "const list = document.querySelector('[data-testid=rooms]');
            const { bottom } = document.querySelector('[data-testid=copy-link]').getBoundingClientRect();
            return list.querySelectorAll('li').length === 50 && bottom <= list.getBoundingClientRect().bottom
                && list.scrollHeight <= list.clientHeight";
        tab.wait_until_true("the form in sight", in_sight).await
    })
    .await
}
