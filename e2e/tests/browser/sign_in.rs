//! A deployment whose page names an issuer of tokens: signing in and out, and tokens that end.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use papagaio::wait;
use tempfile::TempDir;
use xtask_lib::page::{SignIn, set_sign_in};

use crate::LIMIT;
use crate::chat::{self, Chat, IS_CONTROLLED, Setup};
use crate::provider::{CLIENT_ID, Provider};
use crate::tab::Tab;

/// The text of the page while the app is not running.
const SAYS: &str = "return document.querySelector('#splash p')?.innerText ?? ''";

/// Whether the database has no messages of a room.
const KEEPS_NOTHING: &str = "const done = arguments[arguments.length - 1];
    const opening = indexedDB.open('papo');
    opening.onsuccess = () => {
        const reading = opening.result.transaction('papo').objectStore('papo').getAllKeys();
        reading.onsuccess = () => { opening.result.close(); done(!reading.result.some(key => key.startsWith('papo.cache.'))); };
    };";

/// Whether the browser has a token.
const HAS_TOKEN: &str = "return localStorage['papo.token'] !== undefined";

/// Collects every status of the connection.
const WATCH_STATUS: &str = "globalThis.states = new Set();
    const status = document.querySelector('[data-testid=status]');
    new MutationObserver(() => states.add(status.dataset.state)).observe(status, { attributes: true });";

/// Shows this tab a session that another tab has stored 2.5 s late: longer than the timers of two tabs differ.
const READ_LATE: &str = "const { getItem, setItem } = Storage.prototype;
    let [seen, changed] = [localStorage.getItem('papo.session'), null];
    Storage.prototype.getItem = function (key) {
        const current = getItem.call(this, key);
        if (key !== 'papo.session' || current === seen) return current;
        changed ??= performance.now();
        if (performance.now() - changed < 2500) return seen;
        [seen, changed] = [current, null];
        return current;
    };
    Storage.prototype.setItem = function (key, value) {
        if (key === 'papo.session') [seen, changed] = [value, null];
        setItem.call(this, key, value);
    }";

/// Runs `test` with the app as it is deployed for users of a provider.
async fn test(test: impl AsyncFnOnce(&mut Chat, &Provider) -> Result<()>) -> Result<()> {
    let provider = Provider::start()?;
    let site = site(&provider)?;
    let setup = Setup {
        site: Some(site.path().to_owned()),
        arguments: vec![
            format!("--parameter=Issuer={}", provider.url()),
            format!("--parameter=Audience={CLIENT_ID}"),
        ],
    };
    Chat::test_with(setup, async |chat| test(chat, &provider).await).await
}

/// A copy of the built app that names the provider.
fn site(provider: &Provider) -> Result<TempDir> {
    let copy = tempfile::tempdir()?;
    for entry in fs::read_dir(chat::dist()?)? {
        let path = entry?.path();
        let name = path.file_name().context("a file without a name")?;
        fs::copy(&path, copy.path().join(name)).with_context(|| path.display().to_string())?;
    }
    let page: &Path = &copy.path().join("index.html");
    let sign_in = SignIn {
        issuer: provider.url(),
        client_id: CLIENT_ID.to_owned(),
    };
    fs::write(page, set_sign_in(&fs::read_to_string(page)?, &sign_in)?)?;
    Ok(copy)
}

/// Opens a tab whose pages are in English.
async fn open_blank(chat: &Chat) -> Result<Tab> {
    let tab = chat.open_blank().await?;
    tab.run_first("localStorage['papo.language'] = 'en'")
        .await?;
    Ok(tab)
}

/// Opens a tab whose visitor is sent to the provider and comes back.
async fn open(chat: &Chat) -> Result<Tab> {
    let tab = open_blank(chat).await?;
    tab.visit(&chat.address(), "Ana").await?;
    Ok(tab)
}

async fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) -> Result<()> {
    let check = async || is_so().then_some(()).ok_or_else(|| "not yet".to_owned());
    wait::until_async(what, LIMIT, check).await?;
    Ok(())
}

#[tokio::test]
async fn a_visitor_signs_in_and_comes_back_to_the_room() -> Result<()> {
    test(async |chat, provider| {
        let tab = open_blank(chat).await?;
        let address = format!("{}#/equipe", chat.address());
        tab.visit(&address, "Ana").await?;
        tab.write("olá\n").await?;
        tab.wait_for_messages(&["olá"]).await?;
        tab.wait_until_is("the address", "return location.href", &address)
            .await?;
        let other = open_blank(chat).await?;
        other.visit(&address, "Ana").await?;
        other.wait_for_messages(&["olá"]).await?;
        assert_eq!(provider.state().sign_ins, 1, "one browser is one session");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_was_typed_survives_signing_in_again() -> Result<()> {
    test(async |chat, provider| {
        provider.state().lifetime = 8;
        let tab = open(chat).await?;
        tab.write("um rascunho").await?;
        provider.state().revoke();
        wait_for("a second sign-in", || provider.state().sign_ins == 2).await?;
        tab.wait_for_status("online").await?;
        tab.wait_for_draft("um rascunho").await?;
        tab.write("\n").await?;
        tab.wait_for_messages(&["um rascunho"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_token_is_renewed_while_connected_and_no_message_is_lost() -> Result<()> {
    test(async |chat, provider| {
        // An eighth of it, less the part of a second that `exp` omits, is left to the slower tab to move its connection.
        provider.state().lifetime = 20;
        let (tab, other) = (open(chat).await?, open(chat).await?);
        tab.change(WATCH_STATUS).await?;
        other.change(WATCH_STATUS).await?;
        let mut texts = Vec::new();
        while provider.state().renewals < 2 {
            texts.push(format!("mensagem {}", texts.len() + 1));
            tab.write(&format!("{}\n", texts.last().context("no text")?))
                .await?;
            tab.wait_for_newest(texts.last().context("no text")?)
                .await?;
        }
        other
            .wait_for_newest(texts.last().context("no text")?)
            .await?;
        let ids = "return sessionStorage['papo.ids'].trim().split('\\n').length >= 3";
        for tab in [&tab, &other] {
            tab.wait_until_true("three connections", ids).await?;
            let states = tab
                .run("return [...states].filter(it => it !== 'online')")
                .await?;
            assert_eq!(states, serde_json::json!([]), "it was never offline");
            let shown =
                "return [...document.querySelectorAll('[data-testid=message] [data-testid=text]')]
                .map(it => it.innerText)";
            let shown = tab.run(shown).await?;
            let shown: Vec<_> = shown.as_array().context("no list")?.iter().collect();
            let newest = &texts[texts.len().saturating_sub(shown.len())..];
            assert!(
                shown
                    .iter()
                    .map(|it| it.as_str().unwrap_or_default())
                    .eq(newest)
            );
        }
        assert_eq!(provider.state().sign_ins, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_tab_that_sees_a_renewal_late_does_not_end_the_session() -> Result<()> {
    test(async |chat, provider| {
        provider.state().lifetime = 8;
        let (tab, other) = (open(chat).await?, open(chat).await?);
        for tab in [&tab, &other] {
            tab.change(READ_LATE).await?;
            tab.change("globalThis.isFirstPage = true").await?;
        }
        // The second tab to renew still has the refresh token that the first one has used.
        wait_for("a refused renewal", || provider.state().refusals > 0).await?;
        let renewals = provider.state().renewals;
        wait_for("a later renewal", || provider.state().renewals > renewals).await?;
        for tab in [&tab, &other] {
            let is_first = tab.run("return window.isFirstPage").await?;
            assert_eq!(is_first, true, "the page was not loaded again");
        }
        assert_eq!(provider.state().sign_ins, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn signing_out_ends_the_session_in_every_tab_and_the_next_person_finds_nothing() -> Result<()>
{
    test(async |chat, provider| {
        let (tab, other) = (open(chat).await?, open(chat).await?);
        other.write("segredo").await?;
        tab.click("[data-testid=me]").await?;
        tab.click("[data-testid=sign-out]").await?;
        for tab in [&tab, &other] {
            tab.wait_until_is("the page", SAYS, "You are signed out.")
                .await?;
            assert_eq!(tab.run(HAS_TOKEN).await?, false);
        }
        assert_eq!(provider.state().sign_outs, 1);
        tab.wait_until_answered("no kept messages", KEEPS_NOTHING)
            .await?;

        tab.click("[data-testid=sign-in]").await?;
        tab.wait_for_status("online").await?;
        tab.wait_for("[data-testid=me]").await?;
        tab.wait_for_draft("segredo").await?;
        tab.click("[data-testid=me]").await?;
        tab.click("[data-testid=sign-out]").await?;
        tab.wait_until_is("the page", SAYS, "You are signed out.")
            .await?;

        provider.state().person = "bruno";
        tab.click("[data-testid=sign-in]").await?;
        tab.wait_for_status("online").await?;
        tab.enter_name("Bruno").await?;
        assert_eq!(tab.draft().await?, "");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_denied_sign_in_is_explained_and_can_be_repeated() -> Result<()> {
    test(async |chat, provider| {
        provider.state().denies = true;
        let tab = open_blank(chat).await?;
        tab.go_to(&format!("{}#/equipe", chat.address())).await?;
        let text = "Signing in was cancelled or refused.";
        tab.wait_until_is("the page", SAYS, text).await?;
        provider.state().denies = false;
        tab.click("[data-testid=sign-in]").await?;
        tab.wait_for_status("online").await?;
        let hash = "return location.search + location.hash";
        tab.wait_until_is("the room", hash, "#/equipe").await
    })
    .await
}

#[tokio::test]
async fn an_issuer_that_is_down_is_reported_and_asked_again() -> Result<()> {
    test(async |chat, provider| {
        provider.state().is_down = true;
        let tab = open_blank(chat).await?;
        tab.go_to(&chat.address()).await?;
        let text = "The sign-in service does not answer. Check your connection and try again.";
        tab.wait_until_is("the page", SAYS, text).await?;
        provider.state().is_down = false;
        tab.click("[data-testid=sign-in]").await?;
        tab.wait_for_status("online").await
    })
    .await
}

#[tokio::test]
async fn an_issuer_that_is_down_does_not_disturb_those_who_are_signed_in() -> Result<()> {
    test(async |chat, provider| {
        provider.state().lifetime = 12;
        let tab = open(chat).await?;
        provider.state().is_down = true;
        // The token ends, and with it the connection; the page stays.
        tab.write("sem emissor").await?;
        tab.wait_for_status("offline").await?;
        tab.write("\n").await?;
        tab.wait_for("[data-testid=pending]").await?;
        provider.state().is_down = false;
        tab.wait_for_status("online").await?;
        tab.wait_for_messages(&["sem emissor"]).await?;
        assert_eq!(provider.state().sign_ins, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_loads_without_a_network_for_a_person_who_has_signed_in() -> Result<()> {
    test(async |chat, provider| {
        let tab = open(chat).await?;
        tab.wait_until_true("a service worker", IS_CONTROLLED)
            .await?;
        chat.kill_back_end()?;
        provider.state().is_down = true;
        tab.reload().await?;
        tab.wait_for_status("offline").await
    })
    .await
}

#[tokio::test]
async fn a_response_that_this_tab_did_not_ask_for_is_rejected() -> Result<()> {
    test(async |chat, provider| {
        let tab = open_blank(chat).await?;
        tab.go_to(&format!(
            "{}?code=stolen&state=guessed#//evil.example",
            chat.address()
        ))
        .await?;
        let text = "This sign-in has expired or was not started in this tab. Please start over.";
        tab.wait_until_is("the page", SAYS, text).await?;
        let address = tab.run("return location.href").await?;
        assert_eq!(address, chat.address(), "neither code nor fragment is left");
        assert_eq!(provider.state().sign_ins, 0);
        Ok(())
    })
    .await
}
