//! Long conversations, and the reader's place in them.

use anyhow::Result;

use crate::chat::Chat;
use crate::tab::Tab;

/// Whether everything but the timeline fits into the window.
const PAGE_FITS: &str = "const { scrollHeight, clientHeight } = document.documentElement;
    return scrollHeight <= clientHeight && scrollY === 0 && document.body.getBoundingClientRect().top === 0";

fn lines(count: usize) -> impl Iterator<Item = String> {
    (1..=count).map(|n| format!("linha {n}"))
}

#[tokio::test]
async fn only_the_timeline_scrolls() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.wait_until_true("a page that fits", PAGE_FITS).await?;
        chat.send_all(lines(60)).await?;
        tab.wait_for_newest("linha 60").await?;
        tab.run("document.documentElement.scrollTop = 500; scrollTo(0, 500)")
            .await?;
        tab.wait_until_true("a page that fits", PAGE_FITS).await?;
        chat.cut_off(&tab).await?;
        tab.wait_for("[data-testid=notice]").await?;
        tab.wait_until_true("a page that fits", PAGE_FITS).await?;
        tab.resize(320, 480).await?;
        tab.wait_until_true("a page that fits", PAGE_FITS).await
    })
    .await
}

/// Scrolls up by a screen at a time until the beginning is rendered. The first visible message must never move by itself.
async fn read_to_the_beginning(tab: &Tab) -> Result<()> {
    for _ in 0..200 {
        let before = tab.first_visible().await?;
        // Messages that are loaded or rendered meanwhile must not move it.
        let script = "const done = arguments[0]; let frames = 12;
            const wait = () => --frames ? requestAnimationFrame(wait) : done(true); wait()";
        tab.run_async(script).await?;
        let after = tab.top_of(&before.text).await?;
        assert!(
            (before.top - after).abs() <= 1.0,
            "{before:?} is at {after}"
        );
        let at_top = tab
            .run("const log = document.querySelector('[data-testid=timeline]');
                const top = log.scrollTop; log.scrollTop -= log.clientHeight * .8; return top === 0")
            .await?;
        if at_top == true && tab.count("[data-testid=beginning]").await? == 1 {
            return Ok(());
        }
    }
    anyhow::bail!("the beginning was never reached")
}

#[tokio::test]
async fn loading_history_does_not_move_what_is_being_read() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(lines(170)).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 170").await?;
        read_to_the_beginning(&tab).await?;
        assert_eq!(tab.messages().await?[0].text, "linha 1");
        tab.click("[data-testid=newer]").await?;
        tab.wait_for_newest("linha 170").await?;
        tab.wait_until_true(
            "the end",
            "const log = document.querySelector('[data-testid=timeline]');
                return log.scrollHeight - log.scrollTop - log.clientHeight <= 1",
        )
        .await
    })
    .await
}

/// On a slow device, Yew lets the browser paint and scroll in the middle of an update. Here it does so at every opportunity.
#[tokio::test]
async fn on_a_slow_device_loading_history_does_not_move_what_is_being_read() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(lines(170)).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 170").await?;
        tab.run(
            "const { now } = Date, later = setTimeout;
            let passed = 0;
            Date.now = () => now() + (passed += 20);
            window.setTimeout = (callback, delay) => later(callback, delay + 40)",
        )
        .await?;
        read_to_the_beginning(&tab).await
    })
    .await
}

/// The scroll event comes with the next frame, and a message may be rendered before it.
#[tokio::test]
async fn a_message_that_arrives_while_the_reader_scrolls_up_does_not_take_the_reader_back()
-> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(lines(60)).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 60").await?;
        tab.run(
            "addEventListener('scroll', event => event.stopImmediatePropagation(), { capture: true });
            document.querySelector('[data-testid=timeline]').scrollTop -= 400",
        )
        .await?;
        let reading = tab.first_visible().await?;
        chat.send_all(["nova".to_owned()]).await?;
        tab.wait_for_newest("nova").await?;
        tab.first_visible().await?.assert_still(&reading);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_window_taller_than_a_page_of_history_is_filled_without_scrolling() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(lines(90)).await?;
        let tab = chat.open_blank().await?;
        tab.resize(2160, 3840).await?;
        tab.go_to(&chat.address()).await?;
        tab.wait_until_true(
            "all messages",
            "return document.querySelectorAll('[data-testid=message]').length === 90",
        )
        .await?;
        tab.wait_for("[data-testid=beginning]").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn new_messages_do_not_move_a_reader_further_up() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(lines(60)).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 60").await?;
        tab.scroll_to(700).await?;
        let reading = tab.first_visible().await?;
        chat.send_all((1..=60).map(|n| format!("nova {n}"))).await?;
        tab.wait_for_newest("nova 60").await?;
        tab.first_visible().await?.assert_still(&reading);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_quotation_leads_to_its_message_far_above() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(lines(400)).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 400").await?;
        read_to_the_beginning(&tab).await?;
        tab.click("[data-testid=newer]").await?;
        chat.reply("resposta", 5).await?;
        tab.wait_for_newest("resposta").await?;
        let rendered = tab.messages().await?;
        assert!(rendered.iter().all(|message| message.text != "linha 5"));

        tab.click("[data-testid=quote]").await?;
        let focused =
            "return document.activeElement.querySelector('[data-testid=text]')?.innerText ?? ''";
        tab.wait_until_is("the quoted message", focused, "linha 5")
            .await?;
        let in_sight = "const { top, bottom } = document.activeElement.getBoundingClientRect();
            const log = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
            return log.top - 1 <= top && bottom <= log.bottom + 1";
        tab.wait_until_true("the message in sight", in_sight)
            .await?;
        let outlined = "const bubble = document.activeElement.querySelector('.bubble');
            return getComputedStyle(bubble).outlineStyle === 'solid'";
        tab.wait_until_true("an outline", outlined).await?;
        // It stays there, and the end can be found again.
        chat.send_all(["depois".to_owned()]).await?;
        tab.wait_for("[data-testid=newer]").await?;
        tab.wait_until_true("the message in sight", in_sight)
            .await?;
        tab.click("[data-testid=newer]").await?;
        tab.wait_for_newest("depois").await
    })
    .await
}

#[tokio::test]
async fn on_a_slow_device_a_quotation_leads_to_its_message() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(lines(130)).await?;
        chat.reply("resposta", 5).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("resposta").await?;
        let script = "document.querySelector('[data-testid=timeline]').scrollTop = 0;
            return document.querySelector('[data-testid=text]').innerText === 'linha 1'";
        tab.wait_until_true("the first message", script).await?;
        tab.click("[data-testid=newer]").await?;
        tab.wait_for_newest("resposta").await?;
        // The mouse shows the actions. Yew still waits to go on with that when the click comes.
        tab.change(
            "const { now } = Date, later = setTimeout;
            let passed = 0;
            Date.now = () => now() + (passed += 20);
            window.setTimeout = (callback, delay) => later(callback, delay + (window.event?.type === 'click' ? 0 : 100))",
        )
        .await?;
        tab.click("[data-testid=quote]").await?;
        let focused =
            "return document.activeElement.querySelector('[data-testid=text]')?.innerText ?? ''";
        tab.wait_until_is("the quoted message", focused, "linha 5")
            .await
    })
    .await
}

#[tokio::test]
async fn copied_messages_have_a_line_each_with_author_and_time() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("um\ndois\n").await?;
        tab.wait_for_messages(&["um", "dois"]).await?;
        tab.run(
            "document.activeElement.blur();
            getSelection().selectAllChildren(document.querySelector('[data-testid=timeline] ol'))",
        )
        .await?;
        tab.copy().await?;
        let copied = tab.paste().await?;
        let lines: Vec<_> = copied.lines().collect();
        assert_eq!(lines.len(), 2, "{copied}");
        for (line, text) in lines.into_iter().zip(["um", "dois"]) {
            let time = line
                .strip_prefix("Ana, ")
                .and_then(|line| line.strip_suffix(&format!(": {text}")));
            let is_time =
                |it: &str| it.contains(':') && it.starts_with(|first: char| first.is_ascii_digit());
            assert!(time.is_some_and(is_time), "{copied}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_before_pages_of_reactions_is_loaded() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all(["olá".to_owned()]).await?;
        chat.react(1, 160).await?;
        let tab = chat.open().await?;
        tab.wait_for_messages(&["olá"]).await?;
        Ok(())
    })
    .await
}
