//! Uploads the app in an order in which every page that a browser may hold finds its files.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::stack::{Outputs, Stack};
use crate::process;
use crate::tools::aws::Aws;
use crate::workspace::Workspace;

/// File names contain a hash of the app, so their content never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The setting in index.html that names the endpoint; empty in the repository.
const EMPTY_SETTING: &str = r#"<meta name="api-url" content="""#;

/// The app in its bucket.
#[derive(Debug)]
pub(super) struct Site {
    bucket: String,
    url: String,
}

/// Uploads the files, then the page that refers to them. `None` if the stack has no bucket.
///
/// # Errors
/// When a file cannot be read or uploaded.
pub(super) fn upload(
    workspace: &Workspace,
    aws: &Aws,
    stack: &Stack,
    outputs: &Outputs,
) -> Result<Option<Site>> {
    let (Some(bucket), Some(url)) = (outputs.get("siteBucket"), outputs.get("siteUrl")) else {
        return Ok(None);
    };
    let site = Site {
        bucket: format!("s3://{bucket}"),
        url: url.to_owned(),
    };
    let page = write_page(workspace, &site.endpoint(stack))?;
    let copy = |arguments: &[&str]| {
        let mut command = aws.aws(workspace, &["s3"]);
        process::run(command.args(arguments).args(["--only-show-errors"]))
            .context("cannot upload the app")
    };
    let target = format!("{}/", site.bucket);
    copy(&[
        "cp",
        "dist",
        &target,
        "--recursive",
        "--exclude",
        "*",
        "--include",
        "*.wasm",
        "--content-type",
        "application/wasm",
        "--cache-control",
        FOR_EVER,
    ])?;
    copy(&[
        "cp",
        "dist",
        &target,
        "--recursive",
        "--exclude",
        "*.wasm",
        "--exclude",
        "index.html",
        "--cache-control",
        FOR_EVER,
    ])?;
    copy(&[
        "cp",
        &page.to_string_lossy(),
        &format!("{target}index.html"),
        "--content-type",
        "text/html; charset=utf-8",
        "--cache-control",
        "no-cache",
    ])?;
    if let Some(distribution) = outputs.get("siteDistribution") {
        let mut invalidate = aws.aws(workspace, &["cloudfront", "create-invalidation"]);
        invalidate.args([
            "--distribution-id",
            distribution,
            "--paths",
            "/index.html",
            "/",
        ]);
        process::output(&mut invalidate).context("cannot invalidate the cached page")?;
    }
    Ok(Some(site))
}

/// A copy of the built page that names its endpoint. The page itself has no integrity hash.
fn write_page(workspace: &Workspace, endpoint: &str) -> Result<PathBuf> {
    let page = workspace.root().join("dist/index.html");
    let html =
        fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let copy = workspace.target().join("index.html");
    fs::write(&copy, with_endpoint(&html, endpoint)?)
        .with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(copy)
}

fn with_endpoint(html: &str, endpoint: &str) -> Result<String> {
    ensure!(
        html.matches(EMPTY_SETTING).count() == 1,
        "dist/index.html must have exactly one {EMPTY_SETTING}, which deploying fills in"
    );
    let filled = EMPTY_SETTING.replace("\"\"", &format!("\"{endpoint}\""));
    Ok(html.replace(EMPTY_SETTING, &filled))
}

impl Site {
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The site's own origin, which forwards the stage's path to the API.
    fn endpoint(&self, stack: &Stack) -> String {
        let origin = self.url.trim_end_matches('/').replacen("http", "ws", 1);
        format!("{origin}/{}", stack.stage())
    }

    /// Deletes the files of earlier versions, whose pages have been replaced by now.
    ///
    /// # Errors
    /// When they cannot be deleted.
    pub(super) fn prune(&self, workspace: &Workspace, aws: &Aws) -> Result<()> {
        let mut sync = aws.aws(workspace, &["s3", "sync", "dist", &self.bucket]);
        sync.args(["--delete", "--size-only", "--exclude", "index.html"]);
        process::run(sync.arg("--only-show-errors")).context("cannot delete old files of the app")
    }
}

#[cfg(test)]
mod tests {
    use super::{Site, Stack, with_endpoint};

    #[test]
    fn the_page_in_the_repository_can_name_its_endpoint() {
        let html = include_str!("../../../../index.html");
        let filled = with_endpoint(html, "wss://chat.example/prod").unwrap();
        assert!(filled.contains(r#"<meta name="api-url" content="wss://chat.example/prod""#));
    }

    #[test]
    fn a_page_without_the_setting_is_rejected() {
        let error = with_endpoint("<html>", "wss://chat.example/prod").unwrap_err();
        assert!(error.to_string().contains("api-url"), "{error}");
    }

    #[test]
    fn the_endpoint_is_the_stage_on_the_sites_own_origin() {
        let site = Site {
            bucket: "s3://bucket".to_owned(),
            url: "https://chat.example/".to_owned(),
        };
        assert_eq!(
            site.endpoint(&Stack::new("prod")),
            "wss://chat.example/prod"
        );
    }
}
