//! `cargo xtask deploy`

use crate::scripts::{Ended, Scripts};

/// The outputs of a stack with a bucket for the app.
const WITH_SITE: &str = r#"{"Stacks":[{"Outputs":[
    {"OutputKey":"endpoint","OutputValue":"wss://api.example/prod"},
    {"OutputKey":"siteBucket","OutputValue":"papo-site"},
    {"OutputKey":"siteUrl","OutputValue":"https://chat.example"},
    {"OutputKey":"siteDomain","OutputValue":"d1.cloudfront.example"},
    {"OutputKey":"siteDistribution","OutputValue":"E123"}]}]}"#;

const WITHOUT_SITE: &str =
    r#"{"Stacks":[{"Outputs":[{"OutputKey":"endpoint","OutputValue":"wss://api.example/dev"}]}]}"#;

/// The outputs of a stack whose users sign in.
const WITH_SIGN_IN: &str = r#"{"Stacks":[{"Outputs":[
    {"OutputKey":"endpoint","OutputValue":"wss://api.example/dev"},
    {"OutputKey":"siteBucket","OutputValue":"papo-site"},
    {"OutputKey":"siteUrl","OutputValue":"https://chat.example"},
    {"OutputKey":"siteDomain","OutputValue":"d1.cloudfront.example"},
    {"OutputKey":"issuer","OutputValue":"https://id.example/pool-1"},
    {"OutputKey":"signInPage","OutputValue":"https://login.example"},
    {"OutputKey":"clientId","OutputValue":"papo"}]}]}"#;

/// The site, as curl prints it, and the issuer's discovery document.
const CURL: &str = r#"echo curl "$@" >> $HERE/calls
case "$*" in
*openid-configuration) echo '{"token_endpoint":"https://login.example/oauth2/token"}';;
*) printf 'HTTP/2 200\r\ncontent-security-policy: frame-ancestors\r\n\r\n'; cat $HERE/target/index.html;;
esac"#;

/// An AWS CLI that records how it is called, in an account with a stack with these outputs. `dynamodb` answers about its tables.
fn aws(outputs: &str, dynamodb: &str) -> String {
    format!(
        "echo aws \"$@\" in $AWS_REGION >> $HERE/calls\ncase $1 in\nsts) echo 123456789012;;\n\
         cloudformation) echo '{outputs}';;\ndynamodb) {dynamodb};;\nesac"
    )
}

/// Tools that record how they are called, and an account with a stack with these outputs.
fn aws_with(outputs: &str) -> Scripts {
    let tables = r#"[ $2 = describe-table ] && echo False || echo '{"Items":[]}'"#;
    let scripts = Scripts::new();
    std::fs::create_dir_all(scripts.path("lib/rustlib/aarch64-unknown-linux-gnu/lib")).unwrap();
    std::fs::create_dir_all(scripts.path("dist")).unwrap();
    std::fs::create_dir_all(scripts.path("app")).unwrap();
    std::fs::write(
        scripts.path("app/csp.txt"),
        "default-src 'self'; connect-src 'self' wss:",
    )
    .unwrap();
    let page = r#"<head><meta name="api-url" content=""><meta name="issuer" content=""><meta name="client-id" content="">
        <link rel="preload" integrity="sha384-x">"#;
    std::fs::write(scripts.path("dist/index.html"), page).unwrap();
    for name in [
        "app-0123456789abcdef.js",
        "app-0123456789abcdef_bg.wasm",
        "sw.js",
        "sign-in_bg.wasm",
    ] {
        std::fs::write(scripts.path("dist").join(name), "").unwrap();
    }
    scripts
        .with("aws", &aws(outputs, tables))
        .with("sam", "echo sam \"$@\" in $AWS_REGION >> $HERE/calls")
        .with("cargo-lambda", "")
        .with("curl", CURL)
        .with_cargo(
            "[ $1 = run ] && echo cargo \"$@\" secret $ORIGIN_SECRET >> $HERE/calls; exit 0",
        )
}

fn deploy(scripts: &Scripts, arguments: &[&str]) -> Ended {
    scripts.run(&[&["deploy"], arguments].concat())
}

/// The page that was uploaded contains these texts.
#[track_caller]
fn assert_page(scripts: &Scripts, texts: &[&str]) {
    let page = std::fs::read_to_string(scripts.path("target/index.html")).unwrap();
    for text in texts {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}

/// The position of the first call that contains all words.
#[track_caller]
fn position(calls: &[String], words: &[&str]) -> usize {
    calls
        .iter()
        .position(|call| words.iter().all(|word| call.contains(word)))
        .unwrap_or_else(|| panic!("no call with {words:?} in {calls:#?}"))
}

/// Fails if a call contains any of these words.
#[track_caller]
fn assert_none(calls: &[String], words: &[&str]) {
    let is_one = |call: &&String| words.iter().any(|word| call.contains(word));
    let found = calls.iter().find(is_one);
    assert_eq!(found, None, "{words:?} in {calls:#?}");
}

#[test]
fn deploys_then_uploads_files_before_the_page_and_prunes_after_the_smoke_test() {
    let scripts = aws_with(WITH_SITE);
    let arguments = [
        "--stage",
        "prod",
        "--region",
        "sa-east-1",
        "--parameter",
        "RetentionDays=7",
    ];
    deploy(&scripts, &arguments)
        .code(0)
        .prints("stack papo-prod in account 123456789012")
        .prints("endpoint: wss://api.example/prod\nopen https://chat.example")
        .prints("the DNS record of chat.example must point to d1.cloudfront.example");
    let calls = scripts.lines("calls");
    let order = [
        position(&calls, &["sam build"]),
        position(&calls, &["papo-minify", "/dist"]),
        position(
            &calls,
            &[
                "sam deploy",
                "--stack-name papo-prod",
                "Stage=prod RetentionDays=\"7\"",
            ],
        ),
        position(&calls, &["_bg.wasm", "application/wasm", "immutable"]),
        position(
            &calls,
            &["--include app-", ".js --only-show-errors", "immutable"],
        ),
        position(&calls, &["--include sw.js", "no-cache"]),
        position(
            &calls,
            &["aws s3 cp", "s3://papo-site/index.html", "no-cache"],
        ),
        position(&calls, &["create-invalidation", "E123", "/index.html"]),
        position(
            &calls,
            &[
                "papagaio",
                "e2e/smoke/anonymous",
                "--url wss://d1.cloudfront.example/prod",
            ],
        ),
        position(&calls, &["curl", "https://d1.cloudfront.example/"]),
        position(&calls, &["aws s3 sync", "--delete", "--exclude index.html"]),
    ];
    assert!(order.is_sorted(), "{order:?} in {calls:#?}");
    let with_region = calls.iter().filter(|call| call.ends_with("in sa-east-1"));
    assert_eq!(
        with_region.count(),
        calls.len() - 4,
        "all but both builds, test and page: {calls:#?}"
    );
    let policy = "connect-src 'self' wss://chat.example\"";
    assert_page(&scripts, &[r#"content="wss://chat.example/prod""#, policy]);
}

#[test]
fn the_page_of_a_stack_with_an_issuer_names_it_and_may_reach_it() {
    let scripts = aws_with(WITH_SIGN_IN);
    deploy(&scripts, &[])
        .code(0)
        .prints("whose client papo must allow the callback address https://chat.example/");
    let page = [
        r#"<meta name="issuer" content="https://id.example/pool-1""#,
        r#"<meta name="client-id" content="papo""#,
        "connect-src 'self' wss://chat.example https://id.example https://login.example\"",
    ];
    assert_page(&scripts, &page);
    let calls = scripts.lines("calls");
    position(&calls, &["papagaio", "e2e/smoke/sign-in"]);
    assert_none(&calls, &["smoke/anonymous"]);
    position(&calls, &["sign-in_bg.wasm", "application/wasm", "no-cache"]);
}

#[test]
fn the_page_may_reach_every_https_address_if_the_issuer_does_not_answer() {
    let scripts = aws_with(WITH_SIGN_IN).with("curl", "exit 6");
    deploy(&scripts, &["--no-smoke-test"]).code(0);
    let policy = "connect-src 'self' wss://chat.example https:\"";
    assert_page(&scripts, &[policy]);
}

#[test]
fn the_smoke_test_of_a_stage_without_a_site_sends_the_secret_of_its_distribution() {
    let scripts = aws_with(WITHOUT_SITE);
    deploy(&scripts, &["--parameter", "OriginSecret=s3cret"]).code(0);
    let calls = scripts.lines("calls");
    let played = position(&calls, &["papagaio", "--url wss://api.example/dev"]);
    assert!(calls[played].ends_with("secret s3cret"), "{calls:#?}");
}

#[test]
fn a_failed_smoke_test_or_a_page_without_its_policies_fails_and_prunes_nothing() {
    let failing = aws_with(WITH_SITE).with_cargo("case $* in *papagaio*) exit 1;; esac");
    let no_header = aws_with(WITH_SITE).with("curl", "cat $HERE/target/index.html");
    for (scripts, reason) in [
        (failing, "failed its smoke test"),
        (no_header, "no Content-Security-Policy in the header"),
    ] {
        deploy(&scripts, &[]).code(1).fails_with(reason);
        assert_none(&scripts.lines("calls"), &["aws s3 sync"]);
    }
}

#[test]
fn a_stack_without_a_bucket_is_deployed_without_the_app() {
    let scripts = aws_with(WITHOUT_SITE);
    deploy(&scripts, &["--no-smoke-test"])
        .code(0)
        .prints("endpoint: wss://api.example/dev");
    assert_none(&scripts.lines("calls"), &["aws s3"]);
}

#[test]
fn the_error_of_a_failed_deployment_does_not_show_its_parameters() {
    let sam = "[ $1 = build ]";
    for more in [&[][..], &["--plan"]] {
        let scripts = aws_with(WITHOUT_SITE).with("sam", sam);
        let arguments = [&["--parameter", "OriginSecret=s3cret"], more].concat();
        deploy(&scripts, &arguments)
            .code(1)
            .fails_with("`sam deploy` failed")
            .warns_nothing_of("s3cret");
    }
}

#[test]
fn a_plan_changes_nothing() {
    let scripts = aws_with(WITHOUT_SITE);
    deploy(&scripts, &["--plan"]).code(0);
    let calls = scripts.lines("calls");
    assert!(
        calls.last().unwrap().contains("--no-execute-changeset"),
        "{calls:#?}"
    );
}

#[test]
fn missing_credentials_are_reported_before_anything_is_built() {
    let scripts =
        aws_with(WITHOUT_SITE).with("aws", "echo 'Unable to locate credentials' >&2; exit 253");
    deploy(&scripts, &[])
        .code(1)
        .fails_with("run `aws configure`");
    assert!(!scripts.path("calls").exists());
}

#[test]
fn deleting_exports_the_messages_first_and_names_what_remains() {
    let scripts = aws_with(WITH_SIGN_IN);
    deploy(&scripts, &["--stage", "prod", "--delete", "--yes"])
        .code(0)
        .prints("bucket papo-site remains")
        .prints("user pool pool-1 remains");
    let calls = scripts.lines("calls");
    let order = [
        position(
            &calls,
            &["dynamodb describe-table", "api-prod-MessagesTable"],
        ),
        position(&calls, &["dynamodb scan", "api-prod-MessagesTable"]),
        position(
            &calls,
            &["sam delete --stack-name papo-prod", "--no-prompts"],
        ),
    ];
    assert!(order.is_sorted(), "{order:?} in {calls:#?}");
    // The template retains the bucket.
    assert_none(&calls, &["aws s3"]);
    let export = std::fs::read_to_string(scripts.path("papo-prod.json")).unwrap();
    assert_eq!(export, "{\"Items\":[]}\n");
}

#[test]
fn a_protected_table_is_reported_before_anything_is_deleted() {
    let scripts = aws_with(WITH_SITE).with("aws", &aws(WITH_SITE, "echo True"));
    let arguments = ["--stage", "prod", "--region", "sa-east-1"];
    deploy(&scripts, &[&arguments[..], &["--delete", "--yes"]].concat())
        .code(1)
        .fails_with("deploy the stage with `--parameter Production=false` first")
        .fails_with("`sam delete --stack-name papo-prod --region sa-east-1`");
    assert_none(&scripts.lines("calls"), &["sam ", " scan "]);
}

#[test]
fn nothing_is_deleted_without_confirmation_or_export() {
    // Standard input is empty.
    let scripts = aws_with(WITH_SITE);
    deploy(&scripts, &["--delete"])
        .code(1)
        .fails_with("not confirmed");
    std::fs::write(scripts.path("papo-dev.json"), "earlier").unwrap();
    deploy(&scripts, &["--delete", "--yes"])
        .code(1)
        .fails_with("move an earlier export away");
    assert_none(&scripts.lines("calls"), &["sam ", " rm "]);
}

#[test]
fn an_export_that_fails_deletes_nothing_and_leaves_no_file() {
    let fails = r#"[ $2 = describe-table ] && echo False || { echo '{"Items":['; exit 254; }"#;
    let scripts = aws_with(WITH_SITE).with("aws", &aws(WITH_SITE, fails));
    deploy(&scripts, &["--delete", "--yes"])
        .code(1)
        .fails_with("cannot export table api-dev-MessagesTable; nothing was deleted");
    assert!(!scripts.path("papo-dev.json").exists());
    assert_none(&scripts.lines("calls"), &["sam "]);
}

#[test]
fn the_files_of_functions_can_be_read_by_other_users() {
    let scripts = aws_with(WITHOUT_SITE).with("sam", "umask > $HERE/umask");
    let xtask = scripts.command(&["deploy", "--plan"]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "umask 077; exec \"$@\"", "sh"]);
    command.arg(xtask.get_program()).args(xtask.get_args());
    let variables = xtask.get_envs();
    command.envs(variables.filter_map(|(name, value)| Some((name, value?))));
    scripts.start_command(command).end().code(0);
    assert_eq!(scripts.lines("umask"), ["0022"]);
}
