//! Messages that arrive while the page is hidden.

use anyhow::Result;

use crate::chat::Chat;

/// Makes the page believe that it is hidden, or visible again.
fn hide(hidden: bool) -> String {
    format!(
        "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});
        document.dispatchEvent(new Event('visibilitychange'))"
    )
}

/// Records notifications instead of showing them.
const RECORD: &str = "globalThis.notified = [];
    globalThis.Notification = class extends EventTarget {
        static requestPermission = async () => 'granted';
        constructor(title, { body }) { super(); this.text = `${title}: ${body}`; notified.push(this); }
        close() { this.text = 'closed'; }
    };
    globalThis.focus = () => { document.documentElement.dataset.focused = 'focused'; }";

/// Clicks the last notification.
const CLICK: &str = "notified.at(-1).dispatchEvent(new Event('click'))";

/// The text below the divider.
const BELOW: &str = "return document.querySelector('[data-testid=unread] + li [data-testid=text]')?.innerText ?? ''";

#[tokio::test]
async fn the_bell_notifies_of_messages_while_the_page_is_hidden() -> Result<()> {
    Chat::test(async |chat| {
        let bruno = chat.open_as("Bruno").await?;
        let tab = chat.open_blank().await?;
        tab.run_first(RECORD).await?;
        // Narrow windows have no room for the bell.
        tab.resize(1280, 800).await?;
        tab.visit(&chat.address(), "Ana").await?;
        let notified = "return notified.map(({ text }) => text).join()";
        tab.run(&hide(true)).await?;
        bruno.write("um\n").await?;
        tab.wait_for_messages(&["um"]).await?;
        tab.run(&hide(false)).await?;
        tab.click("[data-testid=bell]").await?;
        tab.wait_for("[data-testid=bell][aria-pressed=true]")
            .await?;
        bruno.write("dois\n").await?;
        tab.wait_for_messages(&["um", "dois"]).await?;
        assert_eq!(tab.run(notified).await?, "", "the page was visible");
        tab.run(&hide(true)).await?;
        bruno.write("três\u{202e}!\n").await?;
        tab.wait_until_is("the notification", notified, "Bruno · #main: três!")
            .await?;
        tab.run(CLICK).await?;
        tab.wait_until_is("the notification is gone", notified, "closed")
            .await?;
        let focused = "return document.documentElement.dataset.focused ?? ''";
        tab.wait_until_is("the page has the focus", focused, "focused")
            .await
    })
    .await
}

#[tokio::test]
async fn messages_for_a_hidden_page_are_counted_in_its_title_and_stand_below_a_divider()
-> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("antes\n").await?;
        tab.wait_for_messages(&["antes"]).await?;
        assert_eq!(tab.title().await?, "Papo");
        tab.run(&hide(true)).await?;
        chat.send_all(["um", "dois"].map(str::to_owned)).await?;
        tab.wait_until_is("the title", "return document.title", "(2) Papo")
            .await?;
        tab.run(&hide(false)).await?;
        tab.wait_until_is("the title", "return document.title", "Papo")
            .await?;
        assert_eq!(tab.run(BELOW).await?, "um");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn messages_for_a_closed_page_stand_below_a_divider_when_it_is_opened_again() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        chat.send_all(["antes".to_owned()]).await?;
        tab.wait_for_newest("antes").await?;
        tab.wait_until_kept("antes").await?;
        tab.close().await?;
        chat.send_all((1..=30).map(|n| format!("nova {n}"))).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("nova 30").await?;
        tab.wait_until_is("the text below the divider", BELOW, "nova 1")
            .await?;
        // It is above the part of the timeline that is visible.
        tab.run(&hide(true)).await?;
        tab.run(&hide(false)).await?;
        chat.send_all(["mais".to_owned()]).await?;
        tab.wait_for_newest("mais").await?;
        assert_eq!(tab.run(BELOW).await?, "nova 1");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_arrives_below_a_reader_is_new_until_it_has_been_seen() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all((1..=60).map(|n| format!("linha {n}"))).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 60").await?;
        tab.scroll_to(300).await?;
        chat.send_all((1..=60).map(|n| format!("nova {n}"))).await?;
        tab.wait_for_newest("nova 60").await?;
        for step in ["before the page is hidden", "after it was hidden"] {
            assert_eq!(tab.run(BELOW).await?, "nova 1", "{step}");
            tab.run(&hide(true)).await?;
            tab.run(&hide(false)).await?;
        }
        let frame = "const done = arguments[0]; requestAnimationFrame(() => setTimeout(() => done(true), 50))";
        for selector in ["[data-testid=unread]", "[data-testid=timeline] ol > :last-child"] {
            tab.run(&format!("[...document.querySelectorAll('{selector}')].at(-1).scrollIntoView()"))
                .await?;
            tab.run_async(frame).await?;
        }
        tab.run_async(frame).await?;
        tab.run(&hide(true)).await?;
        tab.wait_until_is("the text below the divider", BELOW, "").await
    })
    .await
}
