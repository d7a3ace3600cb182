//! The steps of `cargo xtask test`, in order. Each installs the tools that it needs.

use std::process::Command;

use anyhow::{Context, Result};

use super::checks::{self, Check};
use super::{mock_stack, prose};
use crate::build::{self, SiteTools};
use crate::interrupt::Interrupted;
use crate::output::say;
use crate::process;
use crate::tools::cache::Cache;
use crate::tools::path::SearchPath;
use crate::tools::{
    aws, axe, browser, cargo_deny, checkov, dynamodb_local, firefox, rust_target, template_lint,
    third_parties, wasm_bindgen,
};
use crate::workspace::{IntegrationTest, Workspace};

/// The steps of `--quick`, which need nothing but the Rust toolchain.
pub(super) const QUICK: [&str; 5] = ["fmt", "prose", "clippy", "clippy-wasm", "test"];

/// The packages whose integration tests need the whole chat: a browser and the built app, or fault injection.
const END_TO_END: [&str; 2] = ["papo-reliability", "papo-e2e"];

/// The integration tests of the gateway and of the chat that need Python and Node.
const CLIENTS: &str = "clients";

/// The size of the tabs in Firefox, so that every flow is tested at the size of a laptop and at that of a phone.
const PHONE: &str = "390x844";

/// The integration tests of the chat in a browser.
const BROWSER: &str = "browser";

/// The integration tests of `papagaio` that need servers from npm and PyPI.
const SERVERS: &str = "servers";

/// The template that is deployed, and those of the gateway's examples.
const TEMPLATES: [&str; 3] = [
    "lambdas/template.yaml",
    "tools/gateway/examples/python/template.yaml",
    "tools/gateway/examples/node/template.yaml",
];

/// How long one file of browser tests may take, in seconds. The runner's default of 20 is too short for starting Chromium
/// on a busy machine with two cores.
const BROWSER_TESTS_LIMIT: &str = "120";

/// A step of the command.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// Selects it with `--only`.
    pub(super) name: &'static str,
    /// What it checks, for the output.
    pub(super) title: &'static str,
    /// Runs before the first step.
    pub(super) check: Check,
    /// Runs it. Returns a remark for the summary, such as what was skipped.
    pub(super) action: Action,
}

type Action = fn(&Workspace) -> Result<Option<String>>;

/// All steps, in order.
pub(super) const ALL: [Step; 14] = [
    step("fmt", "the formatting", fmt),
    step("prose", "wording, and links and paths in documents", prose).with_check(checks::git),
    step(
        "deny",
        "licences, sources and advisories of dependencies",
        deny,
    ),
    step("clippy", "lints for this machine", clippy),
    step("clippy-wasm", "lints for the browser", clippy_wasm),
    step("docs", "links and code in the documentation", docs),
    step("template", "the SAM templates", template).with_check(checks::tools_in_python),
    step(
        "mock-stack",
        "the stack on a mock of AWS: deployed, updated, deleted",
        mock_stack,
    ).with_check(checks::tools_in_python),
    step("test", "tests that run on this machine", test).with_check(|_| Ok(checks::dynamodb())),
    step(
        "clients",
        "the gateway with third-party clients, papagaio with third-party servers, the chat with a client in Python",
        clients,
    ).with_check(checks::clients),
    step("test-wasm", "tests that run in a browser", test_wasm).with_check(checks::browser),
    step(
        "dist",
        "the app as deployed, and the size of its download",
        dist,
    ),
    step(
        "e2e",
        "transcripts, browser tests and fault injection against the whole chat",
        e2e,
    ).with_check(checks::page),
    step(
        "firefox",
        "browser tests in Firefox, in tabs as small as a phone",
        firefox,
    ).with_check(|_| Ok(checks::firefox())),
];

const fn step(name: &'static str, title: &'static str, action: Action) -> Step {
    Step {
        name,
        title,
        check: |_| Ok(None),
        action,
    }
}

impl Step {
    const fn with_check(mut self, check: Check) -> Self {
        self.check = check;
        self
    }
}

/// Prints and runs a command, for steps without a remark.
fn run(command: &mut Command) -> Result<Option<String>> {
    say!("$ {}", process::line(command));
    process::run(command)?;
    Ok(None)
}

fn fmt(workspace: &Workspace) -> Result<Option<String>> {
    run(&mut workspace.cargo(["fmt", "--all", "--check"]))
}

fn prose(workspace: &Workspace) -> Result<Option<String>> {
    let remark = checks::git(workspace)?;
    if remark.is_none() {
        prose::check(workspace)?;
    }
    Ok(remark)
}

/// Licences, bans and sources; and advisories, where their database can be fetched from GitHub.
fn deny(workspace: &Workspace) -> Result<Option<String>> {
    let deny = cargo_deny::provide(workspace, &Cache::of_this_user()?)?;
    let policy = ["check", "licenses", "bans", "sources"];
    run(&mut deny.command(workspace, &policy)?)?;
    match process::output(&mut deny.command(workspace, &["fetch", "db"])?) {
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(_) => {
            let remark = "without advisories, because their database cannot be fetched";
            Ok(Some(remark.to_owned()))
        }
        Ok(_) => {
            let advisories = ["check", "--disable-fetch", "advisories"];
            run(&mut deny.command(workspace, &advisories)?)
        }
    }
}

fn clippy(workspace: &Workspace) -> Result<Option<String>> {
    run(&mut workspace.cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn clippy_wasm(workspace: &Workspace) -> Result<Option<String>> {
    rust_target::require(workspace, rust_target::WASM)?;
    let mut command = workspace.cargo([
        "clippy",
        "-p",
        "papo-protocol",
        "-p",
        "papo-app",
        "-p",
        "papo-sign-in",
        "--lib",
        "--bins",
        "--tests",
    ]);
    command.args(["--target", rust_target::WASM, "--", "-D", "warnings"]);
    run(&mut command)
}

fn docs(workspace: &Workspace) -> Result<Option<String>> {
    let mut command = workspace.cargo([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    // `--examples` makes cargo resolve features as for tests, so that it reuses the dependencies checked by the lints.
    command.args(["--lib", "--bins", "--examples"]);
    // clap's help texts are documentation too, and their <PLACEHOLDERS> are not HTML. Private items are documented here, so
    // links to them work.
    let flags = "-D warnings -A rustdoc::invalid-html-tags -A rustdoc::private-intra-doc-links";
    run(command.env("RUSTDOCFLAGS", flags))
}

fn template(workspace: &Workspace) -> Result<Option<String>> {
    let lint = template_lint::provide(&Cache::of_this_user()?)?;
    for template in TEMPLATES {
        process::run(&mut lint.lint(workspace, template))
            .with_context(|| format!("cfn-lint rejects {template}"))?;
        say!("{template}: cfn-lint has no findings");
        process::run(&mut lint.translate(workspace, template))
            .with_context(|| format!("{template} is not a valid SAM template"))?;
    }
    let cache = Cache::of_this_user()?;
    // The region of the names in its messages; it does not connect to AWS.
    let sam = aws::provide(&cache, Some("us-east-1".to_owned()))?;
    let validate = ["validate", "--lint", "--template", TEMPLATES[0]];
    process::run(&mut sam.sam(workspace, &validate)).context("`sam validate` rejects it")?;
    process::run(&mut checkov::command(workspace, &cache, TEMPLATES[0])?)
        .context("checkov finds insecure settings: change them, or skip the check with its reason in lambdas/.checkov.yaml")?;
    Ok(None)
}

fn mock_stack(workspace: &Workspace) -> Result<Option<String>> {
    mock_stack::check(workspace)?;
    Ok(None)
}

fn test(workspace: &Workspace) -> Result<Option<String>> {
    let mut command = cargo_test(workspace, |test| {
        !is_end_to_end(test) && !needs_third_parties(test)
    });
    command.args(["--lib", "--bins"]);
    let remark = checks::dynamodb();
    if remark.is_none() {
        command.env(
            dynamodb_local::VARIABLE,
            dynamodb_local::provide(&Cache::of_this_user()?)?,
        );
    }
    run(&mut command)?;
    run(&mut workspace.cargo(["test", "--workspace", "--doc"]))?;
    // Builds papagaio from its package: a path dependency or a missing file would only be noticed when it is published.
    run(&mut workspace.cargo(["package", "-p", "papagaio", "--allow-dirty"]))?;
    Ok(remark)
}

fn needs_third_parties(test: &IntegrationTest) -> bool {
    [CLIENTS, SERVERS].contains(&test.name.as_str())
}

fn is_end_to_end(test: &IntegrationTest) -> bool {
    END_TO_END.contains(&test.package.as_str()) && !needs_third_parties(test)
}

fn clients(workspace: &Workspace) -> Result<Option<String>> {
    let mut command = cargo_test(workspace, needs_third_parties);
    third_parties::provide(&Cache::of_this_user()?, &mut command)?;
    run(&mut command)
}

/// `cargo test` with the selected integration tests.
///
/// Packages are not selected with `-p`, because cargo would then rebuild dependencies with the features of just those
/// packages, among them a hundred crates of the AWS SDK.
fn cargo_test(workspace: &Workspace, which: impl Fn(&IntegrationTest) -> bool) -> Command {
    let mut command = workspace.cargo(["test", "--workspace"]);
    for test in workspace
        .integration_tests()
        .iter()
        .filter(|test| which(test))
    {
        command.args(["--test", &test.name]);
    }
    command
}

fn test_wasm(workspace: &Workspace) -> Result<Option<String>> {
    let browser = browser::provide()?;
    let cache = Cache::of_this_user()?;
    rust_target::require(workspace, rust_target::WASM)?;
    let mut path = SearchPath::default();
    path.add_directory_of(&wasm_bindgen::provide(workspace, &cache)?);
    let settings = workspace.target().join("webdriver.json");
    std::fs::write(&settings, browser.capabilities())
        .with_context(|| format!("cannot write {}", settings.display()))?;
    let mut command = workspace.cargo([
        "test",
        "-p",
        "papo-protocol",
        "-p",
        "papo-app",
        "--target",
        rust_target::WASM,
        // Without the examples, which are programs for the host.
        "--lib",
        "--bins",
        "--tests",
    ]);
    path.apply(&mut command)?;
    command.env("CHROMEDRIVER", &browser.driver);
    command.env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_TESTS_LIMIT);
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &settings);
    run(&mut command)
}

fn dist(workspace: &Workspace) -> Result<Option<String>> {
    let tools = SiteTools::provide(workspace, &Cache::of_this_user()?)?;
    let bytes = build::site(workspace, &tools)?;
    Ok(Some(format!("the download is {bytes} bytes")))
}

fn e2e(workspace: &Workspace) -> Result<Option<String>> {
    let browser = browser::provide()?;
    let mut command = cargo_test(workspace, is_end_to_end);
    command
        .env("CHROMIUM", &browser.chromium)
        .env("CHROMEDRIVER", &browser.driver);
    let remark = provide_axe(&mut command)?;
    run(&mut command)?;
    Ok(remark)
}

/// Tells the browser tests where axe is; returns a remark if it cannot be installed.
fn provide_axe(tests: &mut Command) -> Result<Option<String>> {
    let remark = checks::axe();
    if remark.is_none() {
        tests.env(axe::VARIABLE, axe::provide(&Cache::of_this_user()?)?);
    }
    Ok(remark)
}

fn firefox(workspace: &Workspace) -> Result<Option<String>> {
    let Some(browser) = firefox::provide(workspace, &Cache::of_this_user()?)? else {
        return Ok(checks::firefox());
    };
    let mut command = cargo_test(workspace, |test| test.name == BROWSER);
    command
        .env("PAPO_BROWSER", "firefox")
        .env("PAPO_WINDOW", PHONE)
        .env("FIREFOX", &browser.firefox)
        .env("GECKODRIVER", &browser.driver);
    let remark = provide_axe(&mut command)?;
    run(&mut command)?;
    Ok(remark)
}
