//! What the page of a stage with an issuer connects to.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::output;
use crate::process;
use crate::workspace::Workspace;

/// Seconds that the discovery document may take.
const LIMIT: &str = "15";

/// The part of a discovery document that the app sends requests to (OpenID Connect Discovery 1.0, section 3). It navigates to
/// the other endpoints, which the policy does not restrict.
#[derive(Deserialize)]
struct Discovery {
    token_endpoint: String,
}

/// The origins of the issuer's discovery document and token endpoint; any https address if the document cannot be read.
pub(super) fn origins(workspace: &Workspace, issuer: &str) -> Vec<String> {
    match token_endpoint(workspace, issuer) {
        Ok(endpoint) => vec![origin(issuer), origin(&endpoint)],
        Err(error) => {
            output::error_line(format_args!(
                "warning: the page may connect to every https address: {error:#}"
            ));
            vec!["https:".to_owned()]
        }
    }
}

fn token_endpoint(workspace: &Workspace, issuer: &str) -> Result<String> {
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let mut curl = workspace.command("curl");
    curl.args(["--fail", "--silent", "--show-error", "--location"])
        .args(["--max-time", LIMIT, &url]);
    let document = process::output(&mut curl)?;
    let discovery: Discovery = serde_json::from_str(&document)
        .with_context(|| format!("{url} is not a discovery document"))?;
    Ok(discovery.token_endpoint)
}

/// Scheme, host and port.
fn origin(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn the_origin_is_scheme_host_and_port() {
        assert_eq!(
            origin("https://id.example:8443/a/b"),
            "https://id.example:8443"
        );
        assert_eq!(origin("https://id.example"), "https://id.example");
    }
}
