//! The Content-Security-Policy of the built page.

use anyhow::Result;

use crate::chat::Chat;

/// Collects what the policy has blocked.
const COLLECT: &str = "globalThis.violations = [];
    addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile }) =>
        violations.push([effectiveDirective, blockedURI, sourceFile].join(' ')))";

#[tokio::test]
async fn the_app_never_violates_its_own_policy() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open_blank().await?;
        tab.run_first(COLLECT).await?;
        tab.visit(&chat.address(), "Ana").await?;
        let text = "veja https://a.example e `isto` **aqui**";
        tab.write(&format!("{text}\n")).await?;
        tab.wait_for_newest("veja https://a.example e isto aqui")
            .await?;
        tab.click("[data-testid=theme]").await?;
        tab.click("label:has([data-theme-name=dark])").await?;
        tab.wait_for_theme("dark").await?;
        tab.click("[data-testid=language]").await?;
        chat.cut_off(&tab).await?;
        tab.write("sem rede\n").await?;
        tab.wait_for("[data-testid=pending]").await?;
        let violations = tab.run("return violations").await?;
        assert_eq!(violations, serde_json::json!([]));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_policy_forbids_inline_code_and_html_from_strings() -> Result<()> {
    Chat::test(async |chat| {
        let tab = chat.open().await?;
        // Whatever makes a script of a text: the assignment fails, or the browser does not run it.
        let inline = "const script = document.createElement('script');
            try { script.textContent = 'document.title = \"run\"'; } catch { }
            document.head.append(script);
            return document.title";
        assert_ne!(tab.run(inline).await?, "run");
        // Firefox before 148 does not know Trusted Types.
        if tab.run("return 'trustedTypes' in window").await? == true {
            for assignment in [
                "document.createElement('script').textContent = 'document.title'",
                "document.body.innerHTML = '<b>a</b>'",
            ] {
                let error =
                    format!("try {{ {assignment}; }} catch ({{ name }}) {{ return name; }}");
                assert_eq!(tab.run(&error).await?, "TypeError", "{assignment}");
            }
        }
        Ok(())
    })
    .await
}
