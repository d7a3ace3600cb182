//! The environments that functions get.

use super::*;
use crate::template::{Code, Layer, Runtime, Source};

fn environment(variables: &[(&str, &str)], own: &[(&str, &str)]) -> BTreeMap<String, String> {
    environment_with(variables, own, None)
}

fn environment_with(
    variables: &[(&str, &str)],
    own: &[(&str, &str)],
    services: Option<Vec<String>>,
) -> BTreeMap<String, String> {
    let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let code = Code::Bootstrap { folder: "f".into() };
    let function = Function {
        environment: pairs(variables),
        ..Function::with_code("f", code)
    };
    let addresses = Addresses {
        gateway: "127.0.0.1:3001".into(),
        public_domain: "abc.execute-api.us-east-1.amazonaws.com".into(),
        stage: "dev".into(),
        dynamodb: "http://127.0.0.1:8000".into(),
        aws: "127.0.0.1:9000".into(),
        redirected: services,
        files: "/files".into(),
    };
    let own = pairs(own);
    of(&function, Path::new("/code"), &addresses, |name| {
        own.get(name).cloned()
    })
}

#[test]
fn inline_code_finds_the_packages_of_its_project() {
    let code = Code::Managed {
        source: Source::Inline {
            code: String::new(),
            folder: "/project/infra".into(),
        },
        runtime: Runtime::parse("nodejs22.x").unwrap(),
        dependencies: None,
    };
    let mut environment = BTreeMap::new();
    of_managed(&mut environment, &Function::with_code("f", code));
    assert_eq!(
        environment["NODE_PATH"],
        "/project/infra/node_modules:/project/node_modules:/node_modules"
    );
}

fn layer(folder: &str, place: &'static str) -> Layer {
    let folder = folder.into();
    Layer { folder, place }
}

#[test]
fn modules_of_layers_that_sam_builds_are_found_in_their_sources() {
    let layers = [layer("/python", "python"), layer("/node", "nodejs")];
    let found = |name| libraries(&Runtime::parse(name).unwrap(), &layers);
    let python = ["/python/lib/python3.12/site-packages", "/python/"];
    assert_eq!(found("python3.12"), python.map(PathBuf::from));
    let node = ["/node/node22/node_modules", "/node/node_modules"];
    assert_eq!(found("nodejs22.x"), node.map(PathBuf::from));
}

#[test]
fn modules_of_layers_are_found_for_any_version_and_for_one() {
    let layers = ["/first", "/second"].map(|folder| layer(folder, ""));
    let found = |name| libraries(&Runtime::parse(name).unwrap(), &layers);
    assert_eq!(
        found("python3.12"),
        [
            "/second/python/lib/python3.12/site-packages",
            "/first/python/lib/python3.12/site-packages",
            "/second/python",
            "/first/python",
        ]
        .map(PathBuf::from)
    );
    assert_eq!(
        found("nodejs22.x")[..2],
        [
            "/second/nodejs/node22/node_modules",
            "/first/nodejs/node22/node_modules",
        ]
        .map(PathBuf::from)
    );
}

#[test]
fn modules_are_found_from_the_folder_of_the_code_as_on_lambda() {
    let code = |runtime| Code::Managed {
        source: Source::Folder("/project/src".into()),
        runtime: Runtime::parse(runtime).unwrap(),
        dependencies: Some("/project/built".into()),
    };
    let task_root = ("LAMBDA_TASK_ROOT".to_owned(), "/project/src".to_owned());
    let mut environment = BTreeMap::from([task_root]);
    of_managed(
        &mut environment,
        &Function::with_code("f", code("nodejs22.x")),
    );
    assert_eq!(environment["NODE_PATH"], "/project/built:/project/src");
}

#[test]
fn the_public_address_in_any_region_is_replaced_by_the_gateways() {
    let environment = environment(
        &[
            ("A", "https://abc.execute-api.us-east-1.amazonaws.com/dev"),
            ("B", "wss://abc.execute-api.us-east-1.amazonaws.com/dev?x"),
            ("C", "https://other.execute-api.us-east-1.amazonaws.com/dev"),
            ("D", "https://abc.execute-api.sa-east-1.amazonaws.com/dev"),
            ("E", "https://sqs.eu-west-1.amazonaws.com/123456789012/work"),
            ("F", "https://abc.execute-api.example.com"),
        ],
        &[],
    );
    assert_eq!(environment["A"], "http://127.0.0.1:3001/dev");
    assert_eq!(environment["B"], "wss://127.0.0.1:3001/dev?x");
    let other = "https://other.execute-api.us-east-1.amazonaws.com/dev";
    assert_eq!(environment["C"], other);
    assert_eq!(environment["D"], "http://127.0.0.1:3001/dev");
    assert_eq!(environment["E"], "http://127.0.0.1:3001/123456789012/work");
    assert_eq!(environment["F"], "https://abc.execute-api.example.com");
}

#[test]
fn the_environment_of_the_gateway_is_not_inherited() {
    let own = [
        ("PATH", "/bin"),
        ("AWS_PROFILE", "prod"),
        ("AWS_REGION", "eu-west-1"),
        ("SECRET", "x"),
    ];
    let environment = environment(&[], &own);
    assert_eq!(environment["PATH"], "/bin");
    assert_eq!(environment["AWS_REGION"], "us-east-1");
    assert!(!environment.contains_key("AWS_PROFILE") && !environment.contains_key("SECRET"));
}

#[test]
fn variables_that_runtimes_require_are_set() {
    let environment = environment(&[], &[]);
    for name in ["FUNCTION_NAME", "FUNCTION_MEMORY_SIZE", "FUNCTION_VERSION"] {
        let name = format!("AWS_LAMBDA_{name}");
        assert!(environment.contains_key(&name), "{name}");
    }
    let dynamodb = &environment["AWS_ENDPOINT_URL_DYNAMODB"];
    assert_eq!(dynamodb, "http://127.0.0.1:8000");
}

#[test]
fn functions_reach_aws_only_when_they_are_allowed_to() {
    let own = [
        ("AWS_ACCESS_KEY_ID", "real"),
        ("AWS_PROFILE", "dev"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ];
    let closed = environment(&[], &own);
    assert_eq!(closed["AWS_ENDPOINT_URL"], "http://127.0.0.1:9000");
    assert_eq!(closed["AWS_ENDPOINT_URL_SSM"], "http://127.0.0.1:3001");
    assert_eq!(closed["AWS_ACCESS_KEY_ID"], "local");
    assert_eq!(closed["AWS_REGION"], "us-east-1");
    assert!(!closed.contains_key("GATEWAY_AWS_SERVICES"));
    let services = vec!["dynamodb".to_owned(), "sqs".to_owned()];
    let open = environment_with(&[], &own, Some(services));
    assert_eq!(open["GATEWAY_AWS_SERVICES"], "dynamodb,sqs");
    assert_eq!(open["AWS_ACCESS_KEY_ID"], "real");
    assert_eq!(open["AWS_PROFILE"], "dev");
    assert_eq!(open["AWS_REGION"], "eu-west-1");
    assert_eq!(open["AWS_DEFAULT_REGION"], "eu-west-1");
    assert!(!open.contains_key("AWS_ENDPOINT_URL"));
    assert!(!open.contains_key("AWS_ENDPOINT_URL_SSM"));
    assert!(!open.contains_key("AWS_SHARED_CREDENTIALS_FILE"));
}

#[test]
fn hooks_are_added_to_the_options_of_the_template() {
    let environment = environment(&[("NODE_OPTIONS", "--enable-source-maps")], &[]);
    let options = "--enable-source-maps --require /files/network.cjs";
    assert_eq!(environment["NODE_OPTIONS"], options);
    assert_eq!(environment["PYTHONPATH"], "/files/python-path");
    assert_eq!(environment["NODE_EXTRA_CA_CERTS"], "/files/authority.pem");
    assert_eq!(environment["AWS_CA_BUNDLE"], "/files/authorities.pem");
}

#[test]
fn the_template_may_set_its_own_endpoints_and_proxy() {
    assert_eq!(
        environment(&[], &[])["HTTPS_PROXY"],
        "http://127.0.0.1:9000"
    );
    for name in ["AWS_ENDPOINT_URL_DYNAMODB", "HTTPS_PROXY"] {
        let environment = environment(&[(name, "http://elsewhere")], &[]);
        assert_eq!(environment[name], "http://elsewhere");
    }
}
