//! The environment of a function: the variables that Lambda and the template set. The gateway's own environment is not
//! passed on, so a function that depends on the developer's variables fails here as it would on AWS.
//!
//! Names: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::runtime;
use crate::{
    paths::absolute,
    template::{
        Code, Function, Language, Layer, Runtime,
        resolve::{REGION, service_of},
    },
};

/// Where the services are on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    /// `host:port` under which functions reach the gateway.
    pub(crate) gateway: String,
    /// The API's host on AWS, which templates put into environment variables.
    pub(crate) public_domain: String,
    pub(crate) stage: String,
    /// `http://host:port` of DynamoDB.
    pub(crate) dynamodb: String,
    /// `host:port` of the stand-in for AWS.
    pub(crate) aws: String,
    /// The services whose hosts are redirected there; `None` for all of AWS.
    pub(crate) redirected: Option<Vec<String>>,
    /// Folder with the files of [`super::runtime`].
    pub(crate) files: PathBuf,
}

/// Taken from the gateway's own environment: without them, interpreters and temporary files are not found.
const INHERITED: &[&str] = &[
    "HOME",
    "LD_LIBRARY_PATH",
    "PATH",
    "RUST_BACKTRACE",
    "TMPDIR",
];

/// Taken from the gateway's own environment when functions may reach AWS.
const CREDENTIALS: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_PROFILE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
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
    endpoints(&mut environment, addresses);
    // A template may override those above.
    for (name, value) in &function.environment {
        environment.insert(name.clone(), localise(value, addresses));
    }
    of_lambda(&mut environment, function, folder);
    if addresses.redirected.is_some() {
        of_developer(&mut environment, own);
    }
    of_managed(&mut environment, function);
    redirect(&mut environment, function, addresses);
    require_layers(&mut environment, function, addresses);
    environment
}

/// The addresses of the services, which the SDKs read.
fn endpoints(environment: &mut BTreeMap<String, String>, addresses: &Addresses) {
    let gateway = format!("http://{}", addresses.gateway);
    let management = format!("{gateway}/{}", addresses.stage);
    let mut endpoint = |service, url| {
        environment.insert(format!("AWS_ENDPOINT_URL{service}"), url);
    };
    endpoint("_DYNAMODB", addresses.dynamodb.clone());
    endpoint("_APIGATEWAYMANAGEMENTAPI", management);
    for service in ["_LAMBDA", "_SNS", "_SQS"] {
        endpoint(service, gateway.clone());
    }
    let services = addresses.redirected.as_ref();
    if services.is_none_or(|services| services.iter().any(|service| service == "ssm")) {
        endpoint("_SSM", gateway);
    }
    if addresses.redirected.is_none() {
        // Requests to services that are not emulated.
        endpoint("", format!("http://{}", addresses.aws));
    }
}

/// The variables that Lambda sets.
fn of_lambda(environment: &mut BTreeMap<String, String>, function: &Function, folder: &Path) {
    let memory = function.memory.to_string();
    let log_group = format!("/aws/lambda/{}", function.name);
    let format = function.logging.format.as_deref();
    let level = function.logging.level.as_deref();
    let of_lambda: [(&str, &str); 22] = [
        ("_HANDLER", &function.handler),
        // The services here accept any key; these are recognisably not real.
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        // A profile of the developer could lead to the real services.
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
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
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
    // Lambda sets a level only together with JSON.
    if format != Some("JSON") {
        environment.remove("AWS_LAMBDA_LOG_LEVEL");
    }
}

/// The credentials and the region of the developer, with which functions reach AWS.
fn of_developer(environment: &mut BTreeMap<String, String>, own: impl Fn(&str) -> Option<String>) {
    for name in CREDENTIALS {
        environment.remove(*name);
        environment.extend(own(name).map(|value| ((*name).to_owned(), value)));
    }
    // Functions reach the services in the developer's region.
    if let Some(region) = own("AWS_REGION").or_else(|| own("AWS_DEFAULT_REGION")) {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            environment.insert(name.to_owned(), region.clone());
        }
    }
}

/// The variables of a managed runtime.
fn of_managed(environment: &mut BTreeMap<String, String>, function: &Function) {
    let Code::Managed {
        runtime,
        source,
        dependencies,
    } = &function.code
    else {
        return;
    };
    let execution = format!("AWS_Lambda_{}", runtime.name);
    environment.insert("AWS_EXECUTION_ENV".to_owned(), execution);
    let mut libraries = libraries(runtime, &function.layers);
    libraries.extend(dependencies.clone());
    if runtime.language == Language::Node {
        let folders = source.project().into_iter().flat_map(Path::ancestors);
        libraries.extend(folders.map(|folder| folder.join("node_modules")));
        // The code itself comes last, so that `require('src/lib')` works without `./`.
        libraries.extend(environment.get("LAMBDA_TASK_ROOT").map(PathBuf::from));
    }
    let name = match runtime.language {
        Language::Node => "NODE_PATH",
        Language::Python => "PYTHONPATH",
    };
    prepend(environment, name, &libraries);
    if runtime.language == Language::Node {
        // Suppresses the SDK's warning in every process; the log states the versions once.
        let name = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";
        environment.insert(name.to_owned(), "true".to_owned());
    }
    if runtime.language == Language::Python {
        // Folders of code are read-only on Lambda.
        environment.insert("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned());
        environment.insert("PYTHONUNBUFFERED".to_owned(), "1".to_owned());
    }
}

/// Makes functions trust the gateway's certificates, and sends their connections to AWS hosts to the stand-in.
fn redirect(
    environment: &mut BTreeMap<String, String>,
    function: &Function,
    addresses: &Addresses,
) {
    let file = |name| addresses.files.join(name).to_string_lossy().into_owned();
    // These replace the authorities that a program trusts, except NODE_EXTRA_CA_CERTS, which adds to them.
    for name in [
        "AWS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
    ] {
        let authorities = file(runtime::AUTHORITIES);
        environment.entry(name.to_owned()).or_insert(authorities);
    }
    let authority = file(runtime::AUTHORITY);
    environment
        .entry("NODE_EXTRA_CA_CERTS".to_owned())
        .or_insert(authority);
    environment.insert("GATEWAY_AWS_ADDRESS".to_owned(), addresses.aws.clone());
    if let Some(services) = &addresses.redirected {
        environment.insert("GATEWAY_AWS_SERVICES".to_owned(), services.join(","));
    }
    if !matches!(function.code, Code::Managed { .. }) {
        // Which language it is, and so whether a hook works, is not known. Most HTTP clients take a proxy from these variables.
        let proxy = format!("http://{}", addresses.aws);
        for (name, value) in [
            ("HTTPS_PROXY", &*proxy),
            ("NO_PROXY", "localhost,127.0.0.1,::1"),
        ] {
            environment
                .entry(name.to_owned())
                .or_insert(value.to_owned());
        }
    }
    require(environment, &addresses.files.join(runtime::NODE_HOOK));
    let hook = addresses.files.join(runtime::PYTHON_HOOK);
    prepend(environment, "PYTHONPATH", &[hook]);
}

/// Makes modules of layers known to Node.js by their paths on Lambda, which begin with `/opt`.
fn require_layers(
    environment: &mut BTreeMap<String, String>,
    function: &Function,
    addresses: &Addresses,
) {
    let Code::Managed { runtime, .. } = &function.code else {
        return;
    };
    if runtime.language != Language::Node || function.layers.is_empty() {
        return;
    }
    // A later layer overrides an earlier one.
    let layers = function.layers.iter().rev().map(|layer| {
        let folder = absolute(&layer.folder);
        // Without the slash that `join` ends with where it adds nothing.
        let place = Path::new("/opt").join(layer.place);
        (place.components().collect::<PathBuf>(), folder)
    });
    let layers = serde_json::json!(layers.collect::<Vec<_>>());
    environment.insert("GATEWAY_LAYERS".to_owned(), layers.to_string());
    require(environment, &addresses.files.join(runtime::LAYERS_HOOK));
}

/// Loads a module into every process of a function in Node.js.
fn require(environment: &mut BTreeMap<String, String>, module: &Path) {
    let hook = format!("--require {}", module.display());
    let options = environment.get("NODE_OPTIONS");
    let options = options.map_or(hook.clone(), |own| format!("{own} {hook}"));
    environment.insert("NODE_OPTIONS".to_owned(), options);
}

/// Where the modules of layers are
/// (<https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html#packaging-layers-paths>).
fn libraries(runtime: &Runtime, layers: &[Layer]) -> Vec<PathBuf> {
    let version = runtime.version();
    let folders = match runtime.language {
        Language::Node => [
            format!("nodejs/node{version}/node_modules"),
            "nodejs/node_modules".to_owned(),
        ],
        Language::Python => [
            format!("python/lib/python{version}/site-packages"),
            "python".to_owned(),
        ],
    };
    let layers = || layers.iter().rev();
    folders
        .iter()
        // A later layer overrides an earlier one.
        .flat_map(|folder| layers().filter_map(move |layer| layer.path(folder)))
        .collect()
}

/// Adds folders in front of a search path.
fn prepend(environment: &mut BTreeMap<String, String>, name: &str, folders: &[PathBuf]) {
    let own = environment.get(name).filter(|own| !own.is_empty());
    let folders = folders
        .iter()
        .map(|folder| absolute(folder).to_string_lossy().into_owned());
    let path: Vec<_> = folders.chain(own.cloned()).collect();
    if !path.is_empty() {
        environment.insert(name.to_owned(), path.join(":"));
    }
}

/// Replaces the public addresses of the API and of SQS, in any region, with the gateway's own.
///
/// `wss` remains, because code that posts to connections strips it from the address or replaces it by `https`.
pub(crate) fn localise(value: &str, addresses: &Addresses) -> String {
    let gateway = &addresses.gateway;
    let api = service_of(&addresses.public_domain).unwrap_or_default();
    let (http, wss) = (format!("http://{gateway}"), format!("wss://{gateway}"));
    let value = replace_host(value, &format!("https://{api}."), &http);
    let value = replace_host(&value, &format!("wss://{api}."), &wss);
    replace_host(&value, "https://sqs.", &http)
}

/// Replaces every `start`, region and `.amazonaws.com`.
fn replace_host(text: &str, start: &str, to: &str) -> String {
    const END: &str = ".amazonaws.com";
    let is_region = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(start) {
        replaced.push_str(before);
        match after.split_once(END) {
            Some((region, remainder)) if is_region(region) => {
                replaced.push_str(to);
                rest = remainder;
            }
            _ => {
                replaced.push_str(start);
                rest = after;
            }
        }
    }
    replaced.push_str(rest);
    replaced
}

#[cfg(test)]
mod tests;
