//! The smoke test of a stage: as its clients reach it, within its limits, and in a room that is for nothing else.

use anyhow::{Context, Result, ensure};

use super::site::Site;
use super::stack::{Outputs, Stack};
use crate::process;
use crate::workspace::Workspace;

/// Seconds that the page may take.
const PAGE_LIMIT: &str = "30";

/// Plays `e2e/smoke`: with an issuer only that a handshake without a token is rejected. With a site, clients connect through
/// its distribution, which adds the secret of the API and must serve the page with its policies.
///
/// Without a site, `origin_secret` is sent in the distribution's place.
pub(super) fn test(
    workspace: &Workspace,
    stack: &Stack,
    outputs: &Outputs,
    site: Option<&Site>,
    origin_secret: Option<&str>,
) -> Result<()> {
    let endpoint = match site {
        Some(site) => site.distribution_endpoint(stack),
        None => outputs.endpoint().to_owned(),
    };
    let folder = match outputs.sign_in() {
        Some(_) => "e2e/smoke/sign-in",
        None => "e2e/smoke/anonymous",
    };
    let mut player = workspace.cargo(["run", "--quiet", "-p", "papagaio", "--"]);
    player
        .args([folder, "--timeout", "15s", "--base-path", "/dev"])
        // The value is in the environment, because every user of this machine sees the arguments.
        .args(["--secret", "ORIGIN_SECRET"])
        .env("ORIGIN_SECRET", origin_secret.unwrap_or("none"))
        .args(["--url", &endpoint]);
    process::run(&mut player).context(
        "the stack is deployed, but failed its smoke test; if it has an OriginSecret and no Site, name the secret again with \
         --parameter OriginSecret=…",
    )?;
    site.map_or(Ok(()), |site| page(workspace, site))
}

/// Fetches the page as a browser does.
fn page(workspace: &Workspace, site: &Site) -> Result<()> {
    let url = format!("https://{}/", site.distribution());
    let mut curl = workspace.command("curl");
    curl.args(["--fail", "--silent", "--show-error", "--include"])
        .args(["--max-time", PAGE_LIMIT, &url]);
    let response = process::output(&mut curl).context("the site does not serve the app's page")?;
    require_policies(&response).with_context(|| format!("{url} was served by the distribution"))
}

/// The distribution's policy is in the header, the page's own in the page.
fn require_policies(response: &str) -> Result<()> {
    let response = response.replace("\r\n", "\n");
    let (header, body) = response.split_once("\n\n").unwrap_or((&response, ""));
    let header = header.to_ascii_lowercase();
    ensure!(
        header.contains("\ncontent-security-policy: "),
        "no Content-Security-Policy in the header: is ContentSecurityPolicy empty?"
    );
    ensure!(
        body.contains(r#"http-equiv="Content-Security-Policy""#),
        "no Content-Security-Policy in the page: `cargo xtask build --site` adds it"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::require_policies;

    #[test]
    fn the_page_needs_both_policies() {
        let page = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'none'">"#;
        let header = "HTTP/2 200\r\nContent-Security-Policy: frame-ancestors 'none'\r\n";
        require_policies(&format!("{header}\r\n{page}")).unwrap();
        for (response, missing) in [
            (format!("HTTP/2 200\r\n\r\n{page}"), "in the header"),
            (format!("{header}\r\n<html>"), "in the page"),
            (header.to_owned(), "in the page"),
            (String::new(), "in the header"),
        ] {
            let error = require_policies(&response).unwrap_err().to_string();
            assert!(error.contains(missing), "{response}: {error}");
        }
    }
}
