//! Uploads the app in an order in which every page that a browser may hold finds its files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use xtask_lib::names::has_hash;
use xtask_lib::page::{self, SignIn};

use super::issuer;
use super::stack::{Outputs, Stack};
use crate::process;
use crate::tools::aws::Aws;
use crate::workspace::Workspace;

/// For files whose names contain a hash of their content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// For files that keep their names: browsers ask whether their copy is still current.
const REVALIDATE: &str = "no-cache";

/// The app in its bucket.
#[derive(Debug)]
pub(super) struct Site {
    bucket: String,
    url: String,
    /// The host name of the distribution, which works before a DNS record points to it.
    distribution: String,
}

/// Uploads the files, then the page that refers to them. `None` if the stack has no bucket.
pub(super) fn upload(
    workspace: &Workspace,
    aws: &Aws,
    stack: &Stack,
    outputs: &Outputs,
) -> Result<Option<Site>> {
    let [bucket, url, distribution] =
        ["siteBucket", "siteUrl", "siteDomain"].map(|name| outputs.get(name));
    let (Some(bucket), Some(url), Some(distribution)) = (bucket, url, distribution) else {
        return Ok(None);
    };
    let site = Site {
        bucket: format!("s3://{bucket}"),
        url: url.to_owned(),
        distribution: distribution.to_owned(),
    };
    let sign_in = outputs.sign_in();
    let page = write_page(workspace, &site, stack, sign_in.as_ref())?;
    let names = names(workspace)?;
    let is_module = |name: &str| Path::new(name).extension().is_some_and(|it| it == "wasm");
    // The AWS CLI guesses all other types from the name.
    let wasm = ["--content-type", "application/wasm"];
    let html = ["--content-type", "text/html; charset=utf-8"];
    let upload = Upload {
        workspace,
        aws,
        site: &site,
    };
    for (hashed, cache) in [(true, IMMUTABLE), (false, REVALIDATE)] {
        for (module, options) in [(true, &wasm[..]), (false, &[])] {
            let chosen = |name: &&String| {
                *name != "index.html" && has_hash(name) == hashed && is_module(name) == module
            };
            upload.files(names.iter().filter(chosen), cache, options)?;
        }
    }
    upload.file(&page, "index.html", REVALIDATE, &html)?;
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

/// The names of the built files. Trunk puts all of them into one directory.
fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let dist = workspace.root().join("dist");
    let mut names = Vec::new();
    for entry in fs::read_dir(&dist).with_context(|| format!("cannot read {}", dist.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Copies files into the bucket.
struct Upload<'a> {
    workspace: &'a Workspace,
    aws: &'a Aws,
    site: &'a Site,
}

impl Upload<'_> {
    /// Copies files of `dist`, if there are any.
    fn files<'n>(
        &self,
        names: impl Iterator<Item = &'n String>,
        cache: &str,
        more: &[&str],
    ) -> Result<()> {
        let mut names = names.peekable();
        if names.peek().is_none() {
            return Ok(());
        }
        let mut copy = self.aws.aws(self.workspace, &["s3", "cp", "dist"]);
        copy.arg(&self.site.bucket)
            .args(["--recursive", "--exclude", "*"]);
        for name in names {
            copy.args(["--include", name]);
        }
        run(copy, cache, more)
    }

    fn file(&self, from: &Path, name: &str, cache: &str, more: &[&str]) -> Result<()> {
        let mut copy = self.aws.aws(self.workspace, &["s3", "cp"]);
        copy.arg(from).arg(format!("{}/{name}", self.site.bucket));
        run(copy, cache, more)
    }
}

fn run(mut copy: Command, cache: &str, more: &[&str]) -> Result<()> {
    copy.args(["--only-show-errors", "--cache-control", cache]);
    process::run(copy.args(more)).context("cannot upload the app")
}

/// A copy of the built page that names its endpoint and, if the stack has one, the issuer of its users, and may connect to
/// these only. The page itself has no integrity hash.
fn write_page(
    workspace: &Workspace,
    site: &Site,
    stack: &Stack,
    sign_in: Option<&SignIn>,
) -> Result<PathBuf> {
    let page = workspace.root().join("dist/index.html");
    let html =
        fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let mut html = page::set(&html, "api-url", &site.endpoint(stack))?;
    let mut sources = vec![site.origin()];
    if let Some(sign_in) = sign_in {
        html = page::set_sign_in(&html, sign_in)?;
        sources.extend(issuer::origins(workspace, &sign_in.issuer));
    }
    let html = page::connect_only_to(&html, &sources)?;
    let copy = workspace.target().join("index.html");
    fs::write(&copy, html).with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(copy)
}

impl Site {
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn distribution(&self) -> &str {
        &self.distribution
    }

    /// What makes a custom domain lead to the distribution.
    pub(super) fn dns_record(&self) -> Option<String> {
        let host = self.url.trim_end_matches('/').rsplit('/').next()?;
        let distribution = &self.distribution;
        (host != distribution)
            .then(|| format!("the DNS record of {host} must point to {distribution}"))
    }

    /// The site's own origin, for WebSockets.
    fn origin(&self) -> String {
        self.url.trim_end_matches('/').replacen("http", "ws", 1)
    }

    /// The site forwards the stage's path to the API.
    fn endpoint(&self, stack: &Stack) -> String {
        format!("{}/{}", self.origin(), stack.stage())
    }

    /// The same without the custom domain, whose DNS record may not exist yet.
    pub(super) fn distribution_endpoint(&self, stack: &Stack) -> String {
        format!("wss://{}/{}", self.distribution, stack.stage())
    }

    /// Deletes the files of earlier versions, whose pages have been replaced by now.
    pub(super) fn prune(&self, workspace: &Workspace, aws: &Aws) -> Result<()> {
        let mut sync = aws.aws(workspace, &["s3", "sync", "dist", &self.bucket]);
        sync.args(["--delete", "--size-only", "--exclude", "index.html"]);
        process::run(sync.arg("--only-show-errors")).context("cannot delete old files of the app")
    }
}

#[cfg(test)]
mod tests {
    use super::{Site, Stack};

    #[test]
    fn the_endpoint_is_the_stage_on_the_sites_own_origin() {
        let site = Site {
            bucket: "s3://bucket".to_owned(),
            url: "https://chat.example/".to_owned(),
            distribution: "d1.cloudfront.example".to_owned(),
        };
        assert_eq!(
            site.endpoint(&Stack::new("prod")),
            "wss://chat.example/prod"
        );
    }
}
