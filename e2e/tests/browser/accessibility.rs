//! The main states of the page as axe judges them: <https://github.com/dequelabs/axe-core>.
//!
//! `PAPO_AXE` names the script; `cargo xtask test` sets it. Without it, the tests say so and try nothing.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::chat::Chat;
use crate::tab::Tab;

/// What axe has found, one line for each element.
const FIND: &str = "const done = arguments[0];
    axe.run().then(({ violations }) => done(violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => [id, html, failureSummary].join(' '))).join('\\n')))";

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

#[tokio::test]
async fn axe_finds_nothing_in_the_main_states() -> Result<()> {
    let Some(path) = std::env::var_os("PAPO_AXE") else {
        eprintln!("PAPO_AXE is not set: the page was not checked with axe");
        return Ok(());
    };
    let axe = fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", std::path::Path::new(&path).display()))?;
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
        let show = "[...document.querySelectorAll('[data-testid=message]')].at(-1).focus()";
        tab.run(show).await?;
        tab.click("[data-testid=actions] [data-act=react]").await?;
        has_no_findings(&tab, &axe, "emoji to choose from").await?;
        tab.click("[data-testid=actions] [data-act=emoji]").await?;
        tab.wait_for("[data-testid=reactions]").await?;
        tab.run(show).await?;
        tab.click("[data-testid=actions] [data-act=reply]").await?;
        for theme in ["light", "dark"] {
            tab.run(&format!(
                "document.documentElement.dataset.theme = '{theme}'"
            ))
            .await?;
            has_no_findings(&tab, &axe, &format!("a reply, {theme}")).await?;
            for popover in ["room", "people", "theme"] {
                tab.click(&format!("[data-testid={popover}]")).await?;
                has_no_findings(&tab, &axe, &format!("the {popover} popover, {theme}")).await?;
            }
            tab.type_keys("\u{e00c}").await?;
        }
        chat.cut_off(&tab).await?;
        tab.write("sem rede\n").await?;
        tab.wait_for("[data-testid=pending]").await?;
        has_no_findings(&tab, &axe, "no connection").await
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
