//! The page in small windows, on phones, and with larger text.

use anyhow::Result;

use crate::chat::Chat;

/// Pairs of parts of the header that overlap.
const OVERLAPS: &str = "
    const parts = [...document.querySelectorAll('header h1, header button, header [data-testid=status]')]
        .filter(it => !it.closest('[popover]') && it.getClientRects().length);
    const boxes = parts.map(it => it.getBoundingClientRect());
    const found = [];
    for (let a = 0; a < parts.length; a += 1) {
        for (let b = a + 1; b < parts.length; b += 1) {
            const [p, q] = [boxes[a], boxes[b]];
            const apart = p.right <= q.left + .5 || q.right <= p.left + .5 || p.bottom <= q.top + .5 || q.bottom <= p.top + .5;
            if (!apart && !parts[a].contains(parts[b]) && !parts[b].contains(parts[a])) {
                found.push(`${parts[a].outerHTML.slice(0, 80)} and ${parts[b].outerHTML.slice(0, 80)}`);
            }
        }
    }
    if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the window');
    return found.join('\\n')";

#[tokio::test]
async fn screen_readers_read_the_status_of_a_narrow_page() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.resize(390, 844).await?;
        let word = "const word = document.querySelector('[data-testid=status] span:last-child');
            return getComputedStyle(word).display !== 'none' && word.textContent !== ''";
        tab.wait_until_true("a word that is rendered", word).await
    })
    .await
}

#[tokio::test]
async fn nothing_overlaps_in_the_header_of_a_narrow_window() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        if tab.language().await? == "en" {
            tab.click("[data-testid=language]").await?;
            tab.wait_for_language("pt-BR").await?;
        }
        for width in [320, 390, 1280] {
            tab.resize(width, 800).await?;
            tab.wait_until_is(&format!("overlaps at {width} px:"), OVERLAPS, "")
                .await?;
        }
        chat.cut_off(&tab).await?;
        tab.resize(320, 800).await?;
        tab.wait_until_is("overlaps without a connection:", OVERLAPS, "")
            .await?;
        let is_whole = "const name = document.querySelector('[data-testid=room] [translate=no]');
            return name.scrollWidth <= name.clientWidth";
        tab.wait_until_true("the name of the room", is_whole).await
    })
    .await
}

#[tokio::test]
async fn a_long_name_does_not_run_below_the_button_that_cancels_a_reply() -> Result<()> {
    Chat::test(async |chat| {
        let (ana, long) = (chat.open().await?, chat.open_as(&"W".repeat(32)).await?);
        long.write("oi\n").await?;
        ana.wait_for_messages(&["oi"]).await?;
        ana.resize(390, 844).await?;
        ana.choose("reply").await?;
        let fits = "const text = document.querySelector('[data-testid=about] p');
            return text.scrollWidth <= text.clientWidth";
        ana.wait_until_true("a name that is cut off", fits).await
    })
    .await
}

#[tokio::test]
async fn the_time_is_beside_the_last_line_and_never_covers_it() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        let long = "uma linha que é mais larga do que qualquer bolha ".repeat(3);
        let texts = [format!("{long}fim"), "x".repeat(400), "curta".to_owned()];
        for text in &texts {
            tab.write(&format!("{text}\n")).await?;
            tab.wait_for_newest(text).await?;
        }
        let places = tab
            .run(
                "return [...document.querySelectorAll('[data-testid=message]')].map(message => {
                    const lines = [...message.querySelector('[data-testid=text] p').getClientRects()];
                    const last = lines.at(-1);
                    const time = message.querySelector('time').getBoundingClientRect();
                    return time.bottom <= last.bottom + 1 && time.left >= last.right ? 'beside'
                        : time.top >= last.bottom ? 'below' : 'on it';
                }).join()",
            )
            .await?;
        let places = places.as_str().unwrap_or_default();
        assert!(["beside,beside,beside", "beside,below,beside"].contains(&places), "{places}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn text_grows_with_the_font_size_of_the_browser() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("oi\n").await?;
        tab.wait_for_messages(&["oi"]).await?;
        let sizes = "return ['header h1', '[data-testid=composer]', '[data-testid=text]', 'time']
            .map(it => parseFloat(getComputedStyle(document.querySelector(it)).fontSize))";
        let before = tab.run(sizes).await?;
        tab.run("document.documentElement.style.fontSize = '200%'")
            .await?;
        let after = tab.run(sizes).await?;
        for element in 0..4 {
            let (before, after) = (before[element].as_f64(), after[element].as_f64());
            assert_eq!(after, before.map(|size| size * 2.0), "element {element}");
        }
        let fits = "const button = document.querySelector('[data-testid=language]');
            const text = document.createRange();
            text.selectNodeContents(button);
            return text.getBoundingClientRect().width + 4 <= button.clientWidth";
        tab.wait_until_true("a language that fits its button", fits)
            .await
    })
    .await
}

#[tokio::test]
async fn a_draft_fits_again_after_the_phone_is_turned() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.emulate_touch().await?;
        tab.visit(&chat.address(), "Ana").await?;
        tab.write("uma mensagem que ocupa várias linhas num telefone e menos numa tela larga")
            .await?;
        let height = "return document.querySelector('[data-testid=composer]').clientHeight";
        let upright = tab.run(height).await?;
        tab.resize(844, 390).await?;
        tab.wait_until_true(
            "a draft that fits",
            &format!(
                "const field = document.querySelector('[data-testid=composer]');
                return field.clientHeight < {upright} && field.scrollHeight <= field.clientHeight"
            ),
        )
        .await?;
        tab.resize(390, 844).await?;
        tab.wait_until_true("the first height", &format!("{height} === {upright}"))
            .await
    })
    .await
}

#[tokio::test]
async fn messages_and_composer_are_aligned_beside_a_scrollbar_that_takes_space() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all((1..=60).map(|n| format!("linha {n}"))).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 60").await?;
        tab.run(
            "const sheet = new CSSStyleSheet();
            sheet.replaceSync('::-webkit-scrollbar { width: 15px }');
            document.adoptedStyleSheets.push(sheet)",
        )
        .await?;
        let centres = "const centre = it => { const { left, right } = it.getBoundingClientRect(); return (left + right) / 2; };
            const [messages, composer] = [document.querySelector('ol.rows'), document.querySelector('footer form')].map(centre);
            return Math.abs(messages - composer) < 1";
        for width in [1280, 390] {
            tab.resize(width, 800).await?;
            tab.wait_until_true(&format!("the same centre at {width} px"), centres)
                .await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn messages_and_composer_are_in_sight_in_a_low_window_without_a_connection() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        tab.write("oi\n").await?;
        tab.wait_for_messages(&["oi"]).await?;
        chat.cut_off(&tab).await?;
        tab.wait_for("[data-testid=notice]").await?;
        // 1280 by 1024 pixels at 400 %.
        tab.resize(320, 256).await?;
        let in_sight = "const { bottom } = document.querySelector('[data-testid=composer]').getBoundingClientRect();
            return bottom <= innerHeight && document.querySelector('[data-testid=timeline]').clientHeight >= 36";
        tab.wait_until_true("both in sight", in_sight).await
    })
    .await
}
