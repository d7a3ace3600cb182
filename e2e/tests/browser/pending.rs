//! Messages that the back end refuses, or that go out over a dead connection.

use anyhow::Result;

use crate::chat::Chat;
use crate::tab::Tab;

/// Replaces what the page sends: the back end refuses `recusada`, which it receives as an empty message, and a dead connection
/// loses `perdida`.
pub(crate) const FAULTS: &str = "
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (frame) {
        if (!frame.includes('perdida')) send.call(this, frame.replace('recusada', ''));
    }";

/// Opens the app with [`FAULTS`], at the end of a conversation that fills the page.
async fn open(chat: &Chat) -> Result<Tab> {
    chat.send_all((1..=40).map(|n| format!("linha {n}")))
        .await?;
    let tab = chat.open_blank().await?;
    tab.run_first(FAULTS).await?;
    tab.visit(&chat.address(), "Ana").await?;
    tab.wait_for_newest("linha 40").await?;
    Ok(tab)
}

#[tokio::test]
async fn the_reason_and_the_buttons_of_a_refused_message_are_in_view() -> Result<()> {
    Chat::test(async |chat| {
        let tab = open(chat).await?;
        tab.write("recusada\n").await?;
        tab.wait_for("[data-testid=pending][data-failed=true] button")
            .await?;
        tab.wait_until_true(
            "the reason and the buttons in view",
            "const [failed, composer] = ['[data-failed=true] [role=status]', '[data-testid=composer]']
                .map(it => document.querySelector(it).getBoundingClientRect());
            return failed.height > 0 && failed.top >= 0 && failed.bottom <= composer.top",
        )
        .await
    })
    .await
}

#[tokio::test]
async fn a_refused_message_that_is_discarded_leaves_the_focus_in_the_composer() -> Result<()> {
    Chat::test(async |chat| {
        let tab = open(chat).await?;
        tab.write("recusada\n").await?;
        tab.wait_for("[data-testid=pending][data-failed=true]")
            .await?;
        tab.click("[data-failed=true] button:last-child").await?;
        tab.wait_until_true(
            "no pending message",
            "return !document.querySelector('[data-testid=pending]')",
        )
        .await?;
        let focused =
            "return document.activeElement.dataset.testid ?? document.activeElement.tagName";
        assert_eq!(tab.run(focused).await?, "composer");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_does_not_move_when_it_is_acknowledged() -> Result<()> {
    Chat::test(async |chat| {
        let tab = open(chat).await?;
        for text in ["depois de outra pessoa", "depois de si"] {
            tab.run(&format!(
                "const places = new Set();
                const note = () => {{
                    const last = [...document.querySelectorAll('[data-testid=text]')].at(-1);
                    if (last.innerText !== '{text}') return;
                    places.add(last.getBoundingClientRect().top);
                    document.body.dataset.places = places.size;
                }};
                const timeline = document.querySelector('[data-testid=timeline]');
                new MutationObserver(note).observe(timeline, {{ childList: true, subtree: true }})"
            ))
            .await?;
            tab.write(&format!("{text}\n")).await?;
            tab.wait_for_newest(text).await?;
            tab.wait_until_true(
                "the acknowledgement",
                "return !document.querySelector('[data-testid=pending]')",
            )
            .await?;
            let places = tab.run("return document.body.dataset.places").await?;
            assert_eq!(places, "1", "{text}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_connection_that_does_not_answer_is_not_called_online() -> Result<()> {
    Chat::test(async |chat| {
        let tab = open(chat).await?;
        tab.write("perdida\n").await?;
        tab.wait_for_status("connecting").await?;
        assert_eq!(
            tab.count("[data-testid=pending]").await?,
            1,
            "before the message is sent again"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_beyond_the_limit_says_that_it_waits_and_is_sent() -> Result<()> {
    // The first attempt is answered as the back end does it, but sooner than the back end would accept more.
    const LIMITED: &str = "
        const { send } = WebSocket.prototype;
        let isFirst = true;
        WebSocket.prototype.send = function (frame) {
            const { clientMessageId, message } = JSON.parse(frame);
            if (message !== 'demais' || !isFirst) return send.call(this, frame);
            isFirst = false;
            const error = { type: 'error', code: 'rateLimited', message: 'Slow down.', clientMessageId, retryAfterMs: 3000 };
            setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(error) })));
        }";
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.run_first(LIMITED).await?;
        tab.visit(&chat.address(), "Ana").await?;
        tab.write("demais\n").await?;
        tab.wait_until_true(
            "a message that says why it waits",
            "const pending = document.querySelector('[data-testid=pending] [role=status]');
            return /vez|once/.test(pending?.textContent)",
        )
        .await?;
        tab.wait_for_messages(&["demais"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_clock_of_a_message_on_its_way_appears_late_also_with_reduced_motion() -> Result<()> {
    Chat::test(async |chat| {
        let tab = open(chat).await?;
        tab.change(
            "for (const sheet of document.styleSheets) for (const rule of sheet.cssRules)
                if (rule.conditionText?.includes('prefers-reduced-motion')) rule.media.mediaText = 'all'",
        )
        .await?;
        tab.write("perdida\n").await?;
        tab.wait_for("[data-testid=pending] svg").await?;
        let delay = "return getComputedStyle(document.querySelector('[data-testid=pending] svg')).animationDelay";
        assert_eq!(tab.run(delay).await?, "0.3s");
        Ok(())
    })
    .await
}
