//! The main states of the page, checked with axe: <https://github.com/dequelabs/axe-core>.
//!
//! `PAPO_AXE` names the script; `cargo xtask test` sets it. Without it, the tests print that and pass.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::chat::Chat;
use crate::pending::FAULTS;
use crate::storage::BLOCK_DATABASE;
use crate::tab::Tab;

/// What axe has found, one line for each element.
const FIND: &str = "const done = arguments[0];
    axe.run().then(({ violations }) => done(violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => [id, html, failureSummary].join(' '))).join('\\n')))";

/// The script of axe, if there is one.
fn axe() -> Result<Option<String>> {
    let Some(path) = std::env::var_os("PAPO_AXE") else {
        eprintln!("PAPO_AXE is not set: the page was not checked with axe");
        return Ok(None);
    };
    let axe = fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", std::path::Path::new(&path).display()))?;
    Ok(Some(axe))
}

/// Fails if axe finds anything.
async fn has_no_findings(tab: &Tab, axe: &str, state: &str) -> Result<()> {
    // Animations change contrasts for a moment.
    tab.run("for (const it of document.getAnimations()) it.finish()")
        .await?;
    tab.run(&format!("{axe};")).await?;
    let found = tab.run_async(FIND).await?;
    let found = found.as_str().context("axe gave no text")?;
    ensure!(found.is_empty(), "axe finds, with {state}:\n{found}");
    Ok(())
}

/// The same in both themes.
async fn has_no_findings_in_both_themes(tab: &Tab, axe: &str, state: &str) -> Result<()> {
    for theme in ["light", "dark"] {
        let choose = format!("document.documentElement.dataset.theme = '{theme}'");
        tab.run(&choose).await?;
        has_no_findings(tab, axe, &format!("{state}, {theme}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn axe_finds_nothing_in_the_main_states() -> Result<()> {
    let Some(axe) = axe()? else { return Ok(()) };
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.go_to(&chat.address()).await?;
        tab.wait_for_status("online").await?;
        has_no_findings(&tab, &axe, "the form for the name").await?;
        tab.enter_name("Ana").await?;
        has_no_findings(&tab, &axe, "no messages").await?;

        let bruno = chat.open_as("Bruno").await?;
        bruno.write("veja https://a.example\n").await?;
        tab.write("**oi**\n> citado\n").await?;
        tab.wait_for("[data-testid=message] time").await?;
        tab.choose("react").await?;
        has_no_findings(&tab, &axe, "emoji to choose from").await?;
        tab.click("[data-testid=actions] [data-act=emoji]").await?;
        tab.wait_for("[data-testid=reactions]").await?;
        tab.choose("reply").await?;
        has_no_findings_in_both_themes(&tab, &axe, "a reply").await?;
        for popover in ["room", "people", "theme"] {
            tab.click(&format!("[data-testid={popover}]")).await?;
            has_no_findings_in_both_themes(&tab, &axe, &format!("the {popover} popover")).await?;
        }
        tab.type_keys("\u{e00c}").await?;
        chat.cut_off(&tab).await?;
        tab.write("sem rede\n").await?;
        tab.wait_for("[data-testid=pending]").await?;
        has_no_findings(&tab, &axe, "no connection").await
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_while_writing_and_reading() -> Result<()> {
    let Some(axe) = axe()? else { return Ok(()) };
    Chat::test(async |chat| {
        let (tab, bruno) = (chat.open().await?, chat.open_as("Bruno").await?);
        tab.write("@bru").await?;
        tab.wait_for("[data-testid=mentions] [role=option]").await?;
        has_no_findings_in_both_themes(&tab, &axe, "people to mention").await?;
        tab.write("\n\n").await?;
        bruno.wait_for_messages(&["@Bruno"]).await?;
        has_no_findings_in_both_themes(&bruno, &axe, "a mention of the reader").await?;
        bruno.write("x").await?;
        tab.wait_until_true(
            "Bruno is typing",
            "return !!document.querySelector('[data-testid=typing]')?.textContent",
        )
        .await?;
        has_no_findings_in_both_themes(&tab, &axe, "someone who is typing").await?;

        tab.choose("edit").await?;
        has_no_findings_in_both_themes(&tab, &axe, "an edit").await?;
        tab.write(" oi\n").await?;
        bruno.wait_for_messages(&["@Bruno oi"]).await?;
        tab.choose("delete").await?;
        tab.wait_for("[data-act=erase]").await?;
        has_no_findings_in_both_themes(&tab, &axe, "a question before a deletion").await?;
        tab.click("[data-act=erase]").await?;
        tab.wait_for("p[data-testid=text]").await?;
        has_no_findings_in_both_themes(&tab, &axe, "a deleted message").await?;

        tab.click("[data-testid=room]").await?;
        let field = tab.wait_for("[data-testid=other-room]").await?;
        field.send_keys("!\u{e007}").await?;
        tab.wait_for("[data-testid=other-room][aria-invalid=true]")
            .await?;
        has_no_findings_in_both_themes(&tab, &axe, "a name that no room can have").await?;
        tab.type_keys("\u{e00c}").await?;

        chat.send_all((1..=60).map(|n| format!("linha {n}")))
            .await?;
        tab.wait_for_newest("linha 60").await?;
        tab.scroll_to(0).await?;
        chat.send_all(["nova".to_owned()]).await?;
        tab.wait_for("[data-testid=newer] span").await?;
        has_no_findings_in_both_themes(&tab, &axe, "a reader who has scrolled up").await
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_in_failures() -> Result<()> {
    let Some(axe) = axe()? else { return Ok(()) };
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.run_first(BLOCK_DATABASE).await?;
        tab.run_first(FAULTS).await?;
        tab.visit(&chat.address(), "Ana").await?;
        tab.wait_for("[data-testid=notice]").await?;
        has_no_findings_in_both_themes(&tab, &axe, "a browser that stores nothing").await?;
        tab.write("recusada\nperdida\n").await?;
        tab.wait_for("[data-testid=pending][data-failed=true] button")
            .await?;
        tab.wait_for("[data-testid=pending][data-failed=false]")
            .await?;
        has_no_findings_in_both_themes(&tab, &axe, "a refused message and one on its way").await
    })
    .await?;
    Chat::test_without(".wasm", async |chat| {
        let tab = chat.open_blank().await?;
        tab.go_to(&chat.address()).await?;
        tab.wait_for("#splash[role=alert] button").await?;
        has_no_findings_in_both_themes(&tab, &axe, "an app that cannot be loaded").await
    })
    .await
}

#[tokio::test]
async fn history_is_not_announced_and_a_new_message_is_once() -> Result<()> {
    Chat::test(async |chat| {
        chat.send_all((1..=60).map(|n| format!("linha {n}"))).await?;
        let tab = chat.open().await?;
        tab.wait_for_newest("linha 60").await?;
        let announced = "return document.querySelector('[data-testid=announcer]').textContent";
        assert_eq!(tab.run(announced).await?, "");
        let live = "return [...document.querySelectorAll('[aria-live], [role=log], [role=status], [role=alert]')]
            .some(it => it.querySelector('[data-testid=message]'))";
        assert_eq!(tab.run(live).await?, false, "messages are not announced as such");
        tab.scroll_to(0).await?;
        tab.wait_for("[data-testid=beginning]").await?;
        assert_eq!(tab.run(announced).await?, "");

        let bruno = chat.open_as("Bruno").await?;
        bruno.write("olá\n").await?;
        tab.wait_until_is("the announcement", announced, "Bruno: olá")
            .await?;
        // Only what is added is announced.
        tab.change(
            "globalThis.added = [];
            new MutationObserver(changes => added.push(...changes.flatMap(it => [...it.addedNodes]).map(it => it.textContent)))
                .observe(document.querySelector('[data-testid=announcer]'), { childList: true })",
        )
        .await?;
        bruno.write("olá\n").await?;
        tab.wait_until_is("what was added", "return added.join()", "Bruno: olá")
            .await
    })
    .await
}

#[tokio::test]
async fn the_tab_key_leads_through_the_links_and_the_code_of_messages_to_the_composer() -> Result<()>
{
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        let texts = [
            "veja https://a.example",
            "```\num\n```",
            "e https://b.example",
        ];
        chat.send_all(texts.map(str::to_owned)).await?;
        tab.wait_for_newest(texts[2]).await?;
        tab.run("document.querySelector('[data-testid=timeline]').focus()")
            .await?;
        let focused = "const it = document.activeElement; return it.dataset.act ?? it.tagName";
        let expected = [
            "A", "react", "reply", "copy", "PRE", "react", "reply", "copy", "A", "react", "reply",
            "copy", "TEXTAREA",
        ];
        for (step, expected) in expected.into_iter().enumerate() {
            tab.type_keys("\u{e004}").await?;
            tab.wait_until_is(
                &format!("the focus after {} steps:", step + 1),
                focused,
                expected,
            )
            .await?;
        }
        Ok(())
    })
    .await
}
