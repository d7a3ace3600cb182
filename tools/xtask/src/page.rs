//! The settings in the app's page: `<meta>` elements that are empty in the repository, and the Content-Security-Policy of the
//! built page.

use anyhow::{Result, ensure};

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

/// Makes the page ask for signing in.
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

#[cfg(test)]
mod tests {
    use super::{SignIn, allow_issuer, set, set_sign_in};

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
}
