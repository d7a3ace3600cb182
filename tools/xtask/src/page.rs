//! The settings in the app's page: `<meta>` elements that are empty in the repository, and the Content-Security-Policy of the
//! built page.

use anyhow::{Context as _, Result, ensure};

/// The issuer whose users may connect, and the app's id there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The issuer's URL.
    pub issuer: String,
    /// The client id.
    pub client_id: String,
}

/// Fills in the empty `<meta name="…">` of this name.
///
/// # Errors
/// When the page does not have exactly one such element, or the value would need escaping in HTML.
pub fn set(html: &str, name: &str, value: &str) -> Result<String> {
    let empty = format!(r#"<meta name="{name}" content="""#);
    ensure!(
        html.matches(&empty).count() == 1,
        "the page must have exactly one {empty}, which is filled in here"
    );
    ensure!(
        !value.contains(['"', '&', '<', '>']),
        "{name} must not contain quotation marks, ampersands or angle brackets: {value}"
    );
    let filled = format!(r#"<meta name="{name}" content="{value}""#);
    Ok(html.replace(&empty, &filled))
}

/// Makes the page require sign-in.
///
/// # Errors
/// As [`set`].
pub fn set_sign_in(html: &str, sign_in: &SignIn) -> Result<String> {
    let html = set(html, "issuer", &sign_in.issuer)?;
    let html = set(&html, "client-id", &sign_in.client_id)?;
    Ok(allow_issuer(&html))
}

/// Lets the page's policy, if it has one, reach the issuer that the page names. Its endpoints may be on other hosts, which
/// only its discovery document names.
pub fn allow_issuer(html: &str) -> String {
    let issuer = html
        .split_once(r#"<meta name="issuer" content=""#)
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or_default();
    let source = match issuer.split_once("://") {
        Some(("https", _)) => "https:".to_owned(),
        Some((scheme, rest)) => {
            let host = rest.split('/').next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
        None => return html.to_owned(),
    };
    html.replace(
        "connect-src 'self' ",
        &format!("connect-src 'self' {source} "),
    )
}

/// Lets the page's policy reach only the page's own origin and these sources.
///
/// # Errors
/// When the page does not have exactly one policy with `connect-src`, or a source would end it.
pub fn connect_only_to(html: &str, sources: &[String]) -> Result<String> {
    const DIRECTIVE: &str = "connect-src ";
    let (before, rest) = html
        .split_once(DIRECTIVE)
        .filter(|(_, rest)| !rest.contains(DIRECTIVE))
        .context("the page must have one policy with connect-src, which is narrowed here")?;
    let mut all = vec!["'self'"];
    for source in sources {
        ensure!(
            !source.contains(['"', ';', ',', ' ', '&', '<', '>']),
            "not a source of a Content-Security-Policy: {source}"
        );
        if !all.contains(&source.as_str()) {
            all.push(source);
        }
    }
    let end = rest.find([';', '"']).unwrap_or(rest.len());
    let (_, after) = rest.split_at(end);
    Ok(format!("{before}{DIRECTIVE}{}{after}", all.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::{SignIn, allow_issuer, connect_only_to, set, set_sign_in};

    const PAGE: &str = include_str!("../../../index.html");
    const POLICY: &str = include_str!("../../../app/csp.txt");

    fn sign_in(issuer: &str) -> SignIn {
        SignIn {
            issuer: issuer.to_owned(),
            client_id: "papo".to_owned(),
        }
    }

    #[test]
    fn the_page_in_the_repository_can_be_filled_in() {
        let filled = set(PAGE, "api-url", "wss://chat.example/prod").unwrap();
        assert!(filled.contains(r#"<meta name="api-url" content="wss://chat.example/prod""#));
        let filled = set_sign_in(PAGE, &sign_in("https://id.example/a")).unwrap();
        assert!(filled.contains(r#"<meta name="issuer" content="https://id.example/a""#));
        assert!(filled.contains(r#"<meta name="client-id" content="papo""#));
    }

    #[test]
    fn a_page_without_the_setting_and_values_that_would_break_out_are_rejected() {
        let error = set("<html>", "api-url", "wss://chat.example").unwrap_err();
        assert!(error.to_string().contains("api-url"), "{error}");
        let error = set(PAGE, "issuer", "\"><script>").unwrap_err();
        assert!(error.to_string().contains("issuer must not"), "{error}");
        let filled = set(PAGE, "issuer", "https://id.example").unwrap();
        assert!(set(&filled, "issuer", "https://evil.example").is_err());
    }

    #[test]
    fn the_policy_reaches_the_issuer_only_where_there_is_one() {
        let page = format!("{POLICY}{PAGE}");
        assert_eq!(allow_issuer(&page), page);
        let filled = set_sign_in(&page, &sign_in("https://id.example")).unwrap();
        assert!(filled.contains("connect-src 'self' https: ws: wss:"));
        let filled = set_sign_in(&page, &sign_in("http://127.0.0.1:99/x")).unwrap();
        assert!(filled.contains("connect-src 'self' http://127.0.0.1:99 ws: wss:"));
    }

    #[test]
    fn the_policy_of_a_deployed_page_reaches_what_the_page_names_and_nothing_else() {
        let sources = ["wss://chat.example", "https://id.example"].map(str::to_owned);
        let narrow = connect_only_to(POLICY, &sources).unwrap();
        assert!(
            narrow.contains("; connect-src 'self' wss://chat.example https://id.example; "),
            "{narrow}"
        );
        let rest = |policy: &str| {
            let others = policy
                .split("; ")
                .filter(|it| !it.starts_with("connect-src"));
            others.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(rest(&narrow), rest(POLICY));
        let page = r#"<meta content="connect-src 'self' ws: wss:" />"#;
        let twice = ["wss://a.example", "wss://a.example"].map(str::to_owned);
        let narrow = connect_only_to(page, &twice).unwrap();
        assert_eq!(
            narrow,
            r#"<meta content="connect-src 'self' wss://a.example" />"#
        );
    }

    #[test]
    fn a_page_without_one_policy_and_sources_that_would_end_it_are_rejected() {
        for html in ["<html>", "connect-src 'self'; connect-src wss:"] {
            assert!(connect_only_to(html, &[]).is_err(), "{html}");
        }
        for source in ["wss://a.example; script-src *", "\"><script>"] {
            assert!(connect_only_to(POLICY, &[source.to_owned()]).is_err());
        }
    }
}
