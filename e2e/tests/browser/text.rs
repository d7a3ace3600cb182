//! Text as it is shown: the direction of its lines, and characters that would affect the text around it.

use anyhow::Result;

use crate::chat::Chat;

#[tokio::test]
async fn each_line_has_the_direction_of_its_own_letters() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        chat.send_all(["oi\nשלום\numa linha mais comprida do que as outras".to_owned()])
            .await?;
        tab.wait_for("[data-testid=message]").await?;
        // The distance of each line's letters from the start and the end of the text.
        let lines = tab
            .run(
                "const paragraph = document.querySelector('[data-testid=message] [data-testid=text] p');
                const box = paragraph.getBoundingClientRect();
                const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
                const found = {};
                while (walker.nextNode()) {
                    for (const word of ['oi', 'שלום']) {
                        const at = walker.currentNode.data.indexOf(word);
                        if (at < 0 || found[word]) continue;
                        const range = new Range();
                        range.setStart(walker.currentNode, at);
                        range.setEnd(walker.currentNode, at + word.length);
                        const line = range.getBoundingClientRect();
                        found[word] = [line.left - box.left, box.right - line.right];
                    }
                }
                return [found['oi'], found['שלום']]",
            )
            .await?;
        let distance = |line: usize, side: usize| lines[line][side].as_f64().unwrap_or(f64::NAN);
        assert!(distance(0, 0) < 2.0 && distance(0, 1) > 50.0, "{lines}");
        assert!(distance(1, 1) < 2.0 && distance(1, 0) > 50.0, "{lines}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn text_cannot_reverse_what_follows_it() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        chat.send_all(["nota\u{202e}fdp.exe \u{2066}x\u{200f}".to_owned()])
            .await?;
        tab.wait_for("[data-testid=message]").await?;
        let text =
            "return document.querySelector('[data-testid=message] [data-testid=text]').textContent";
        let text = tab.run(text).await?;
        let text = text.as_str().unwrap_or_default();
        assert!(text.starts_with("nota"), "{text:?}");
        assert!(
            !text.contains(['\u{202e}', '\u{2066}', '\u{200f}']),
            "{text:?}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn stacked_marks_do_not_leave_their_bubble() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        let stacked = format!("a{}", "\u{301}".repeat(200));
        chat.send_all(["antes".to_owned(), stacked]).await?;
        tab.wait_until_true(
            "both messages",
            "return document.querySelectorAll('[data-testid=message]').length === 2",
        )
        .await?;
        let overflow = "return [...document.querySelectorAll('[data-testid=message] .bubble')].map(it => getComputedStyle(it).overflow).join()";
        tab.wait_until_is("the overflow", overflow, "clip,clip").await
    })
    .await
}

#[tokio::test]
async fn a_message_of_invisible_characters_cannot_be_sent() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("\u{200b}\u{2060}\u{3164}").await?;
        tab.write("\n").await?;
        assert_eq!(tab.count("[data-testid=send]:enabled").await?, 0);
        tab.write("oi").await?;
        tab.wait_for("[data-testid=send]:enabled").await?;
        assert_eq!(
            tab.count("[data-testid=message], [data-testid=pending]")
                .await?,
            0
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_long_message_is_quoted_by_its_beginning() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        chat.send_all(["palavra ".repeat(500)]).await?;
        chat.reply("sim", 1).await?;
        tab.wait_for_newest("sim").await?;
        let quoted = "return document.querySelector('[data-testid=quote] span').textContent.length";
        assert_eq!(tab.run(quoted).await?, 300);
        Ok(())
    })
    .await
}
