//! `cargo xtask deploy`

use crate::scripts::{Ended, Scripts};

/// The outputs of a stack with a bucket for the app.
const WITH_SITE: &str = r#"{"Stacks":[{"Outputs":[
    {"OutputKey":"endpoint","OutputValue":"wss://api.example/prod"},
    {"OutputKey":"siteBucket","OutputValue":"papo-site"},
    {"OutputKey":"siteUrl","OutputValue":"https://chat.example"},
    {"OutputKey":"siteDistribution","OutputValue":"E123"}]}]}"#;

const WITHOUT_SITE: &str =
    r#"{"Stacks":[{"Outputs":[{"OutputKey":"endpoint","OutputValue":"wss://api.example/dev"}]}]}"#;

/// The outputs of a stack whose users sign in.
const WITH_SIGN_IN: &str = r#"{"Stacks":[{"Outputs":[
    {"OutputKey":"endpoint","OutputValue":"wss://api.example/dev"},
    {"OutputKey":"siteBucket","OutputValue":"papo-site"},
    {"OutputKey":"siteUrl","OutputValue":"https://chat.example"},
    {"OutputKey":"issuer","OutputValue":"https://id.example"},
    {"OutputKey":"clientId","OutputValue":"papo"}]}]}"#;

/// Tools that record how they are called, and an account with a stack with these outputs.
fn aws_with(outputs: &str) -> Scripts {
    let aws = format!(
        "echo aws \"$@\" in $AWS_REGION >> $HERE/calls\ncase $1 in\nsts) echo 123456789012;;\ncloudformation) echo '{outputs}';;\n\
         dynamodb) echo '{{\"Items\":[]}}';;\nesac"
    );
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
        .with("aws", &aws)
        .with("sam", "echo sam \"$@\" in $AWS_REGION >> $HERE/calls")
        .with("cargo-lambda", "")
        .with_cargo("[ $1 = run ] && echo papagaio \"$@\" >> $HERE/calls; exit 0")
}

fn deploy(scripts: &Scripts, arguments: &[&str]) -> Ended {
    scripts.run(&[&["deploy"], arguments].concat())
}

/// The position of the first call that contains all words.
#[track_caller]
fn position(calls: &[String], words: &[&str]) -> usize {
    calls
        .iter()
        .position(|call| words.iter().all(|word| call.contains(word)))
        .unwrap_or_else(|| panic!("no call with {words:?} in {calls:#?}"))
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
        .prints("endpoint: wss://api.example/prod\nopen https://chat.example");
    let calls = scripts.lines("calls");
    let order = [
        position(&calls, &["sam build"]),
        position(
            &calls,
            &[
                "sam deploy",
                "--stack-name papo-prod",
                "Stage=prod RetentionDays=7",
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
        position(&calls, &["papagaio", "--url wss://api.example/prod"]),
        position(&calls, &["aws s3 sync", "--delete", "--exclude index.html"]),
    ];
    assert!(order.is_sorted(), "{order:?} in {calls:#?}");
    let with_region = calls.iter().filter(|call| call.ends_with("in sa-east-1"));
    assert_eq!(
        with_region.count(),
        calls.len() - 2,
        "all but build and test: {calls:#?}"
    );
    let page = std::fs::read_to_string(scripts.path("target/index.html")).unwrap();
    assert!(
        page.contains(r#"content="wss://chat.example/prod""#),
        "{page}"
    );
}

#[test]
fn the_page_of_a_stack_with_an_issuer_names_it_and_may_reach_it() {
    let scripts = aws_with(WITH_SIGN_IN);
    deploy(&scripts, &[])
        .code(0)
        .prints("the transcripts are not played, because people must sign in")
        .prints("whose client papo must allow the callback address https://chat.example/");
    let page = std::fs::read_to_string(scripts.path("target/index.html")).unwrap();
    for expected in [
        r#"<meta name="issuer" content="https://id.example""#,
        r#"<meta name="client-id" content="papo""#,
        "connect-src 'self' https: wss:",
    ] {
        assert!(page.contains(expected), "{page}");
    }
    let calls = scripts.lines("calls");
    assert!(!calls.iter().any(|call| call.contains("papagaio")));
    position(&calls, &["sign-in_bg.wasm", "application/wasm", "no-cache"]);
}

#[test]
fn a_stack_without_a_bucket_is_deployed_without_the_app() {
    let scripts = aws_with(WITHOUT_SITE);
    deploy(&scripts, &["--no-smoke-test"])
        .code(0)
        .prints("endpoint: wss://api.example/dev");
    assert!(
        !scripts
            .lines("calls")
            .iter()
            .any(|call| call.contains("aws s3"))
    );
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
fn deleting_exports_the_messages_and_empties_the_bucket_first() {
    let scripts = aws_with(WITH_SITE);
    deploy(&scripts, &["--stage", "prod", "--delete", "--yes"]).code(0);
    let calls = scripts.lines("calls");
    let order = [
        position(&calls, &["dynamodb scan", "api-prod-MessagesTable"]),
        position(&calls, &["aws s3 rm s3://papo-site --recursive"]),
        position(
            &calls,
            &["sam delete --stack-name papo-prod", "--no-prompts"],
        ),
    ];
    assert!(order.is_sorted(), "{order:?} in {calls:#?}");
    let export = std::fs::read_to_string(scripts.path("papo-prod.json")).unwrap();
    assert_eq!(export, "{\"Items\":[]}\n");
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
    let calls = scripts.lines("calls");
    assert!(
        !calls
            .iter()
            .any(|call| call.starts_with("sam") || call.contains(" rm ")),
        "{calls:#?}"
    );
}
