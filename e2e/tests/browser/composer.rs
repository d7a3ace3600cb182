//! The composer: focus, keys, mentions, and what is pasted or dropped.

use anyhow::Result;

use crate::chat::Chat;
use crate::tab::Tab;

/// Whether the composer has the focus.
const FOCUSED: &str =
    "return document.activeElement === document.querySelector('[data-testid=composer]')";

/// A name that is suggested for a mention.
const SUGGESTION: &str = "[data-testid=mentions] [role=option]";

#[tokio::test]
async fn the_composer_has_the_focus_after_loading_and_takes_keys_typed_elsewhere() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.wait_until_true("the focus", FOCUSED).await?;
        tab.run("document.querySelector('[data-testid=timeline]').focus()")
            .await?;
        tab.type_keys("oi").await?;
        tab.wait_for_draft("oi").await?;
        tab.wait_until_true("the focus", FOCUSED).await
    })
    .await
}

#[tokio::test]
async fn a_megabyte_that_is_pasted_is_cut_with_a_message_and_does_not_freeze_the_page() -> Result<()>
{
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        let script = "const field = document.querySelector('[data-testid=composer]');
            field.focus();
            const text = 'palavra '.repeat(131072);
            const clipboardData = new DataTransfer();
            clipboardData.setData('text/plain', text);
            const start = performance.now();
            field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
            document.execCommand('insertText', false, text);
            document.body.getBoundingClientRect();
            return [field.value.length, performance.now() - start]";
        let result = tab.run(script).await?;
        assert_eq!(result[0], 16_384, "twice the limit of a message is kept");
        assert!(result[1].as_f64() < Some(3_000.0), "took {} ms", result[1]);
        tab.wait_for("[data-testid=problem]").await?;
        assert_eq!(tab.count("[data-testid=send]:enabled").await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn only_a_pasted_text_that_did_not_fit_is_said_to_be_cut() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        let paste = async |text: &str| {
            tab.run(&format!(
                "const field = document.querySelector('[data-testid=composer]');
                field.focus();
                const text = {text};
                const clipboardData = new DataTransfer();
                clipboardData.setData('text/plain', text);
                // Firefox takes the text from the last two.
                field.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData, dataType: 'text/plain', data: text, bubbles: true }}));
                document.execCommand('insertText', false, text)"
            ))
            .await
        };
        let problem = |pattern: &str| {
            format!("return {pattern}.test(document.querySelector('[data-testid=problem]')?.textContent)")
        };
        // 18,000 bytes.
        paste("'漢'.repeat(6000)").await?;
        let too_long = problem("/limite|limit|too long/");
        tab.wait_until_true("the message is too long", &too_long).await?;
        let cut = problem("/cortado|cut/");
        assert_eq!(tab.run(&cut).await?, false);
        paste("'a'.repeat(12000)").await?;
        tab.wait_until_true("the text has been cut", &cut).await
    })
    .await
}

#[tokio::test]
async fn a_mention_is_completed_from_the_people_in_the_room_and_stands_out_for_that_person()
-> Result<()> {
    Chat::test(async |chat| {
        let (ana, bruno) = (chat.open().await?, chat.open_as("Bruno Lima").await?);
        ana.write("oi @bru").await?;
        ana.wait_for(SUGGESTION).await?;
        ana.write("\n").await?;
        ana.wait_for_draft("oi @Bruno\u{a0}Lima ").await?;
        ana.write("vem?\n").await?;
        bruno
            .wait_for("[data-testid=text] [data-reader=true]")
            .await?;
        ana.wait_for("[data-testid=text] [data-reader=false]")
            .await?;

        ana.write("@b").await?;
        ana.click(SUGGESTION).await?;
        ana.wait_for_draft("@Bruno\u{a0}Lima ").await?;
        ana.write("e @b").await?;
        ana.wait_for(SUGGESTION).await?;
        ana.write("\u{e00c}").await?;
        no_suggestion(&ana).await?;
        ana.write("\n").await?;
        ana.wait_for_newest("@Bruno Lima e @b").await
    })
    .await
}

#[tokio::test]
async fn a_mention_is_completed_where_the_cursor_is() -> Result<()> {
    const HOME: &str = "\u{e011}";
    const LEFT: &str = "\u{e012}";
    Chat::test(async |chat| {
        let (ana, _bruno) = (chat.open().await?, chat.open_as("Bruno Lima").await?);
        ana.insert("👋 oi  tudo bem?").await?;
        ana.write(&LEFT.repeat(" tudo bem?".len())).await?;
        ana.write("@bru").await?;
        ana.wait_for(SUGGESTION).await?;
        ana.write("\n").await?;
        ana.wait_for_draft("👋 oi @Bruno\u{a0}Lima  tudo bem?")
            .await?;
        ana.write("e Ana,").await?;
        ana.wait_for_draft("👋 oi @Bruno\u{a0}Lima e Ana, tudo bem?")
            .await?;

        // A cursor that leaves the name closes the list, so Enter sends.
        ana.write(" @bru").await?;
        ana.wait_for(SUGGESTION).await?;
        ana.write(LEFT).await?;
        no_suggestion(&ana).await?;
        ana.write("\n").await?;
        ana.wait_for_newest("👋 oi @Bruno Lima e Ana, @bru tudo bem?")
            .await?;
        ana.write("@bru").await?;
        ana.wait_for(SUGGESTION).await?;
        ana.write(HOME).await?;
        no_suggestion(&ana).await?;

        ana.write("\u{e010} @bru").await?;
        ana.wait_for(SUGGESTION).await?;
        ana.run("document.querySelector('[data-testid=composer]').setSelectionRange(1, 1)")
            .await?;
        no_suggestion(&ana).await?;
        ana.write("\u{e010} @bru").await?;
        ana.wait_for(SUGGESTION).await?;
        ana.click("h1").await?;
        no_suggestion(&ana).await
    })
    .await
}

#[tokio::test]
async fn a_mention_can_be_undone() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, _bruno) = (chat.open().await?, chat.open_as("Bruno Lima").await?);
        ana.write("oi @bru").await?;
        ana.wait_for(SUGGESTION).await?;
        ana.write("\n").await?;
        ana.wait_for_draft("oi @Bruno\u{a0}Lima ").await?;
        ana.undo().await?;
        ana.wait_for_draft("oi @bru").await
    })
    .await
}

async fn no_suggestion(tab: &Tab) -> Result<()> {
    let gone = format!("return !document.querySelector('{SUGGESTION}')");
    tab.wait_until_true("no suggestion", &gone).await
}

#[tokio::test]
async fn on_a_phone_enter_breaks_the_line_and_the_button_sends() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.emulate_touch().await?;
        tab.visit(&chat.address(), "Ana").await?;
        tab.write("um\ndois").await?;
        tab.wait_for_draft("um\ndois").await?;
        tab.click("[data-testid=send]:enabled").await?;
        tab.wait_for_messages(&["um\ndois"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_focus_never_falls_to_the_page_when_a_button_disappears() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all((1..=60).map(|n| format!("linha {n}")))
            .await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 60").await?;
        tab.scroll_to(100).await?;
        tab.click("[data-testid=newer]").await?;
        tab.wait_until_true("the focus", FOCUSED).await?;

        chat.kill_back_end()?;
        tab.wait_for_status("offline").await?;
        tab.click("[data-testid=notice] button").await?;
        chat.start_back_end()?;
        tab.wait_for_status("online").await?;
        tab.wait_until_true(
            "no notice",
            "return !document.querySelector('[data-testid=notice] button[aria-disabled]')",
        )
        .await?;
        tab.wait_until_true("the focus after the notice", FOCUSED)
            .await
    })
    .await
}

/// Dispatches a key of an input method to the composer, and returns whether the page left it to the input method.
async fn press_while_composing(tab: &Tab, key: &str) -> Result<bool> {
    let script = format!(
        "const event = new KeyboardEvent('keydown', {{ key: '{key}', isComposing: true, bubbles: true, cancelable: true }});
        return document.querySelector('[data-testid=composer]').dispatchEvent(event)"
    );
    Ok(tab.run(&script).await? == true)
}

#[tokio::test]
async fn the_keys_of_an_input_method_neither_send_nor_cancel() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("um\n").await?;
        tab.wait_for_messages(&["um"]).await?;
        tab.wait_for("[data-testid=message] time").await?;
        tab.write("\u{e013}").await?;
        tab.wait_for_draft("um").await?;
        tab.write(" e dois").await?;
        for key in ["Enter", "Escape"] {
            assert!(press_while_composing(&tab, key).await?, "{key}");
        }
        // Both would have ended the edit by now.
        tab.write("!\n").await?;
        tab.wait_for_messages(&["um e dois!"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_is_not_opened_in_the_place_of_the_app_and_the_page_says_that_only_text_can_be_sent()
-> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        let dragged = tab
            .run(
                "const effects = items => {
                    const dataTransfer = new DataTransfer();
                    for (const it of items) dataTransfer.items.add(...it);
                    const event = new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true });
                    return document.querySelector('[data-testid=timeline]').dispatchEvent(event);
                };
                return [effects([[new File(['x'], 'x.png')]]), effects([['oi', 'text/plain']])]",
            )
            .await?;
        assert_eq!(dragged[0], false, "the file is refused");
        assert_eq!(dragged[1], true, "the text is not");

        tab.run(
            "const field = document.querySelector('[data-testid=composer]');
            field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: new DataTransfer(), bubbles: true }))",
        )
        .await?;
        tab.wait_for("[data-testid=problem]").await?;
        tab.write("oi").await?;
        let gone = "return !document.querySelector('[data-testid=problem]')";
        tab.wait_until_true("no problem", gone).await
    })
    .await
}
