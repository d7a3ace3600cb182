//! The environment of a function: what Lambda sets, what the template says, and nothing of whoever started the gateway.
//! A function that leans on the developer's own variables fails here, as it would on AWS.
//!
//! Names: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.

use std::{collections::BTreeMap, path::Path};

use crate::template::{Function, resolve::REGION};

/// Where the services are on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    /// `host:port` under which functions reach the gateway.
    pub(crate) gateway: String,
    /// The API's host on AWS, which the template spells into the environment.
    pub(crate) public_domain: String,
    pub(crate) stage: String,
    /// `http://host:port` of DynamoDB.
    pub(crate) dynamodb: String,
}

/// Taken from the gateway's own environment: without them, interpreters and temporary files are not found.
const INHERITED: &[&str] = &[
    "HOME",
    "LD_LIBRARY_PATH",
    "PATH",
    "RUST_BACKTRACE",
    "TMPDIR",
];

/// Everything but `AWS_LAMBDA_RUNTIME_API`, which differs from process to process.
pub(crate) fn of(
    function: &Function,
    folder: &Path,
    addresses: &Addresses,
    own: impl Fn(&str) -> Option<String>,
) -> BTreeMap<String, String> {
    let inherited = INHERITED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), own(name)?)));
    let mut environment: BTreeMap<_, _> = inherited.collect();
    // The SDKs read these by themselves. A template that sets them knows better.
    environment.insert(
        "AWS_ENDPOINT_URL_DYNAMODB".into(),
        addresses.dynamodb.clone(),
    );
    let management = format!("http://{}/{}", addresses.gateway, addresses.stage);
    environment.insert(
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI".into(),
        management,
    );
    environment.insert(
        "AWS_ENDPOINT_URL_LAMBDA".into(),
        format!("http://{}", addresses.gateway),
    );
    for (name, value) in &function.environment {
        environment.insert(name.clone(), localise(value, addresses));
    }
    let memory = function.memory.to_string();
    let (format, level) = (
        function.logging.format.as_deref(),
        function.logging.level.as_deref(),
    );
    let of_lambda: [(&str, &str); 22] = [
        ("_HANDLER", &function.handler),
        // Any key opens the services here; these make it plain in a log that they are not real.
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        // A profile of the developer's could lead to the real services.
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_REGION", REGION),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", format.unwrap_or("Text")),
        ("AWS_LAMBDA_LOG_LEVEL", level.unwrap_or("INFO")),
        (
            "AWS_LAMBDA_LOG_GROUP_NAME",
            &format!("/aws/lambda/{}", function.name),
        ),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local/[$LATEST]"),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
        ("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("LAMBDA_TASK_ROOT", &folder.to_string_lossy()),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
    ];
    for (name, value) in of_lambda {
        environment.insert(name.to_owned(), value.to_owned());
    }
    // Lambda names a level only together with JSON.
    if format != Some("JSON") {
        environment.remove("AWS_LAMBDA_LOG_LEVEL");
    }
    environment
}

/// Puts the gateway's own address in the place of the API's public one.
fn localise(value: &str, addresses: &Addresses) -> String {
    let Addresses {
        gateway,
        public_domain,
        ..
    } = addresses;
    value
        .replace(
            &format!("https://{public_domain}"),
            &format!("http://{gateway}"),
        )
        .replace(
            &format!("wss://{public_domain}"),
            &format!("ws://{gateway}"),
        )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::template::{Code, Logging};

    fn environment(variables: &[(&str, &str)], own: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let function = Function {
            logical_id: "F".into(),
            name: "f".into(),
            code: Code::Bootstrap { folder: "f".into() },
            handler: "bootstrap".into(),
            memory: 256,
            timeout: Duration::from_secs(3),
            reserved_concurrency: None,
            retries: 2,
            environment: pairs(variables),
            logging: Logging::default(),
        };
        let addresses = Addresses {
            gateway: "127.0.0.1:3001".into(),
            public_domain: "abc.execute-api.us-east-1.amazonaws.com".into(),
            stage: "dev".into(),
            dynamodb: "http://127.0.0.1:8000".into(),
        };
        let own = pairs(own);
        of(&function, Path::new("/code"), &addresses, |name| {
            own.get(name).cloned()
        })
    }

    #[test]
    fn the_public_address_becomes_the_gateways_own() {
        let environment = environment(
            &[
                ("A", "https://abc.execute-api.us-east-1.amazonaws.com/dev"),
                ("B", "wss://abc.execute-api.us-east-1.amazonaws.com/dev?x"),
                ("C", "https://other.execute-api.us-east-1.amazonaws.com/dev"),
            ],
            &[],
        );
        assert_eq!(environment["A"], "http://127.0.0.1:3001/dev");
        assert_eq!(environment["B"], "ws://127.0.0.1:3001/dev?x");
        assert_eq!(
            environment["C"],
            "https://other.execute-api.us-east-1.amazonaws.com/dev"
        );
    }

    #[test]
    fn nothing_leaks_in_from_outside() {
        let environment = environment(
            &[],
            &[
                ("PATH", "/bin"),
                ("AWS_PROFILE", "prod"),
                ("AWS_REGION", "eu-west-1"),
                ("SECRET", "x"),
            ],
        );
        assert_eq!(environment["PATH"], "/bin");
        assert_eq!(environment["AWS_REGION"], "us-east-1");
        assert!(!environment.contains_key("AWS_PROFILE") && !environment.contains_key("SECRET"));
    }

    #[test]
    fn what_lambda_runtimes_insist_on_is_there() {
        let environment = environment(&[], &[]);
        for name in ["FUNCTION_NAME", "FUNCTION_MEMORY_SIZE", "FUNCTION_VERSION"] {
            assert!(
                environment.contains_key(&format!("AWS_LAMBDA_{name}")),
                "{name}"
            );
        }
        assert_eq!(
            environment["AWS_ENDPOINT_URL_DYNAMODB"],
            "http://127.0.0.1:8000"
        );
    }

    #[test]
    fn the_template_may_name_its_own_endpoints() {
        let environment = environment(&[("AWS_ENDPOINT_URL_DYNAMODB", "http://elsewhere")], &[]);
        assert_eq!(environment["AWS_ENDPOINT_URL_DYNAMODB"], "http://elsewhere");
    }
}
