//! What people do with messages: reply, react and copy, by mouse, keyboard and touch.

use anyhow::Result;

use crate::chat::Chat;

/// The reactions of all messages.
const REACTIONS: &str = "return [...document.querySelectorAll('[data-testid=reactions] button')].map(it => it.textContent).join()";

/// The text of a message.
const TEXT: &str = "[data-testid=message] [data-testid=text]";

#[tokio::test]
async fn a_reply_quotes_its_message_and_a_reaction_is_seen_and_taken_off() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        ana.write("Vamos às 10?\n").await?;
        bruno.wait_for_messages(&["Vamos às 10?"]).await?;

        bruno.choose("react").await?;
        bruno
            .click("[data-testid=actions] [data-emoji='👍']")
            .await?;
        ana.wait_until_is("the reaction", REACTIONS, "👍 1").await?;
        let focused = "return document.activeElement.matches('[data-testid=message]')";
        bruno
            .wait_until_true("the focus on the message", focused)
            .await?;
        ana.click("[data-testid=reactions] button").await?;
        bruno
            .wait_until_is("both reactions", REACTIONS, "👍 2")
            .await?;
        bruno
            .click("[data-testid=reactions] button[aria-pressed=true]")
            .await?;
        ana.wait_until_is("the other reaction", REACTIONS, "👍 1")
            .await?;

        bruno.choose("reply").await?;
        bruno.wait_for("[data-testid=about]").await?;
        bruno.write("Pode ser\n").await?;
        ana.wait_for_messages(&["Vamos às 10?", "Pode ser"]).await?;
        let quote = "return document.querySelector('[data-testid=quote] span').innerText";
        ana.wait_until_is("the quotation", quote, "Vamos às 10?")
            .await?;
        assert_eq!(bruno.count("[data-testid=about]").await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_is_copied_without_the_clipboard_api_or_the_page_says_that_it_was_not()
-> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("Vamos às 10?\n").await?;
        tab.wait_for_messages(&["Vamos às 10?"]).await?;
        // As on another host without TLS.
        tab.run("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
            .await?;
        tab.choose("copy").await?;
        assert_eq!(tab.paste().await?, "Vamos às 10?");

        tab.run("document.execCommand = () => false").await?;
        tab.choose("copy").await?;
        tab.wait_for("[data-testid=actions] [role=alert]").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_selection_survives_when_the_mouse_shows_and_hides_the_actions() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        chat.send_all(["um", "dois"].map(str::to_owned)).await?;
        tab.wait_for_newest("dois").await?;
        tab.run(
            "const [first, last] = document.querySelectorAll('[data-testid=message] [data-testid=text]');
            getSelection().setBaseAndExtent(first.querySelector('p').firstChild, 1, last.querySelector('p').firstChild, 2)",
        )
        .await?;
        let selected = "return getSelection().toString().replace(/\\s.*\\s/s, '…')";
        assert_eq!(tab.run(selected).await?, "m…do");
        for place in [0, -1] {
            let message = format!("[...document.querySelectorAll('[data-testid=message]')].at({place})");
            let enter = "dispatchEvent(new PointerEvent('pointermove', { pointerType: 'mouse', bubbles: true }))";
            tab.run(&format!("{message}.{enter}")).await?;
            let shown = format!("return !!{message}.querySelector('[data-testid=actions]')");
            tab.wait_until_true("the actions", &shown).await?;
        }
        assert_eq!(tab.run(selected).await?, "m…do");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_actions_stay_with_the_focus_when_messages_move_below_a_resting_mouse() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        chat.send_all((1..=30).map(|n| format!("linha {n}")))
            .await?;
        tab.wait_for_newest("linha 30").await?;
        tab.point_at("[data-testid=message]:nth-last-child(3) [data-testid=text]")
            .await?;
        tab.run("document.querySelector('[data-testid=timeline]').focus()")
            .await?;
        tab.type_keys("\u{e013}\u{e007}").await?;
        let focused = "return document.activeElement.dataset.act ?? document.activeElement.tagName";
        tab.wait_until_is("the first action", focused, "react")
            .await?;

        tab.change("addEventListener('pointerover', () => document.body.dataset.over = true)")
            .await?;
        chat.send_all((31..=33).map(|n| format!("linha {n}")))
            .await?;
        tab.wait_for_newest("linha 33").await?;
        let over = "return !!document.body.dataset.over";
        tab.wait_until_true("another message below the mouse", over)
            .await?;
        assert_eq!(tab.run(focused).await?, "react");
        Ok(())
    })
    .await
}

/// A click on an action may be what brings a window to the front. The browser then reports the focus of the composer before it.
#[tokio::test]
async fn the_actions_stay_when_the_window_comes_to_the_front() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        chat.send_all(["oi".to_owned()]).await?;
        tab.wait_for_newest("oi").await?;
        tab.click("[data-testid=composer]").await?;
        tab.point_at("[data-testid=message] [data-testid=text]")
            .await?;
        tab.wait_for("[data-testid=actions]").await?;
        tab.run_async(
            "const [done] = arguments;
            document.activeElement.dispatchEvent(new FocusEvent('focusin', { bubbles: true }));
            requestAnimationFrame(() => requestAnimationFrame(done))",
        )
        .await?;
        assert_eq!(tab.count("[data-testid=actions]").await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_keyboard_reaches_every_message_and_its_actions() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("um\ndois\n").await?;
        tab.wait_for_messages(&["um", "dois"]).await?;
        tab.wait_for("[data-testid=message]:last-child time").await?;
        // The arrow in an empty composer edits the last own message.
        tab.write("\u{e013}").await?;
        tab.wait_for_draft("dois").await?;
        tab.write("!\n").await?;
        tab.wait_for_messages(&["um", "dois!"]).await?;

        let focused = "return document.activeElement.querySelector('[data-testid=text]')?.innerText ?? document.activeElement.dataset.act ?? document.activeElement.tagName";
        tab.run("document.querySelector('[data-testid=timeline]').focus()")
            .await?;
        tab.type_keys("\u{e013}").await?;
        tab.wait_until_is("the newest message", focused, "dois!").await?;
        tab.type_keys("\u{e013}").await?;
        tab.wait_until_is("the message above", focused, "um").await?;
        tab.type_keys("\u{e015}").await?;
        tab.wait_until_is("the message below", focused, "dois!").await?;
        tab.wait_for("[data-testid=actions]").await?;
        tab.type_keys("\u{e007}").await?;
        tab.wait_until_is("its first action", focused, "react").await?;
        tab.type_keys("\u{e007}").await?;
        tab.wait_until_is("the first emoji", "return document.activeElement.textContent", "👍")
            .await?;
        tab.type_keys("\u{e00c}").await?;
        tab.wait_until_is("the composer", focused, "TEXTAREA").await
    })
    .await
}

#[tokio::test]
async fn a_person_on_a_phone_reacts_replies_edits_and_deletes_by_touch() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_blank().await?);
        bruno.emulate_touch().await?;
        bruno.visit(&chat.address(), "Bruno").await?;
        ana.write("oi\n").await?;
        bruno.wait_for_messages(&["oi"]).await?;

        bruno.tap(TEXT).await?;
        assert_eq!(bruno.count("[data-testid=actions]").await?, 0);
        bruno.hold(TEXT).await?;
        bruno.tap("[data-act=react]").await?;
        bruno.tap("[data-emoji='👍']").await?;
        ana.wait_until_is("the reaction", REACTIONS, "👍 1").await?;

        bruno.hold(TEXT).await?;
        bruno.tap("[data-act=reply]").await?;
        bruno.write("olá").await?;
        bruno.tap("[data-testid=send]:enabled").await?;
        ana.wait_for_messages(&["oi", "olá"]).await?;
        ana.wait_for("[data-testid=quote]").await?;

        bruno.hold(TEXT).await?;
        bruno.tap("[data-act=edit]").await?;
        bruno.wait_for_draft("olá").await?;
        bruno.write("!").await?;
        bruno.tap("[data-testid=send]:enabled").await?;
        ana.wait_for_messages(&["oi", "olá!"]).await?;

        bruno.hold(TEXT).await?;
        bruno.tap("[data-act=delete]").await?;
        bruno.tap("[data-act=erase]").await?;
        let gone = "return !document.querySelector('[data-testid=quote]')";
        ana.wait_until_true("no reply", gone).await
    })
    .await
}
