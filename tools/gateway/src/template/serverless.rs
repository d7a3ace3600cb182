//! `serverless.yml` of the Serverless Framework, turned into the CloudFormation template that it stands for: functions with
//! `websocket` and `schedule` events, layers, and `resources`. Logical ids are those that the framework generates, because
//! `resources` and environment variables refer to them
//! (<https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml>).
//!
//! Nodes keep the lines of `serverless.yml`, so problems are reported there. `variables` resolves `${self:…}` and the like.

mod variables;

use std::collections::BTreeSet;

use super::{
    error::{Error, Problem},
    resolve::Resolver,
    yaml::{Entry, Node, Value},
};

/// The framework's default.
const DEFAULT_STAGE: &str = "dev";
/// The framework's default.
const SELECTION: &str = "$request.body.action";
/// The framework's default, in seconds.
const DEFAULT_TIMEOUT: &str = "6";
/// The framework's default, in megabytes.
const DEFAULT_MEMORY: &str = "1024";
/// Logical id of the API.
const API: &str = "WebsocketsApi";

/// Whether a document is a `serverless.yml`.
pub(crate) fn is_serverless(document: &Node) -> bool {
    document.get("service").is_some() && document.get("provider").is_some()
}

/// The template that the document stands for. Problems and remarks are collected by `resolver`, which knows no parameters
/// and resources.
///
/// # Errors
/// When the document has no functions.
pub(crate) fn convert(
    resolver: &Resolver<'_>,
    mut document: Node,
    stage: Option<&str>,
    parameters: &std::collections::BTreeMap<String, String>,
) -> Result<Node, Error> {
    variables::resolve(resolver, &mut document, stage, parameters);
    let text = |path: &[&str]| {
        let found = path.iter().try_fold(&document, |node, key| node.get(key));
        found.and_then(Node::text).map(ToOwned::to_owned)
    };
    let service = match document.get("service") {
        Some(node) => node.text().or_else(|| node.get("name")?.text()),
        None => None,
    };
    let stage = stage
        .map(ToOwned::to_owned)
        .or_else(|| text(&["provider", "stage"]))
        .unwrap_or_else(|| DEFAULT_STAGE.to_owned());
    let Some(Node {
        value: Value::Mapping(functions),
        ..
    }) = document.get("functions")
    else {
        let (missing, of) = ("functions".to_owned(), "serverless.yml".to_owned());
        return Err(resolver.error(1, Problem::Missing { missing, of }));
    };
    let mut builder = Builder {
        resolver,
        provider: document.get("provider"),
        prefix: format!("{}-{stage}", service.unwrap_or("service")),
        resources: Vec::new(),
    };
    let selection = text(&["provider", "websocketsApiRouteSelectionExpression"]);
    builder.api(&selection.unwrap_or_else(|| SELECTION.to_owned()), &stage);
    for function in functions {
        builder.function(function);
    }
    if let Some(Node {
        value: Value::Mapping(layers),
        ..
    }) = document.get("layers")
    {
        for layer in layers {
            builder.layer(layer);
        }
    }
    let mut sections = Vec::new();
    for node in own_resources(&document) {
        let Value::Mapping(entries) = &node.value else {
            continue;
        };
        for entry in entries {
            match (entry.key.as_str(), &entry.node.value) {
                ("Resources", Value::Mapping(resources)) => {
                    builder.resources.extend(resources.iter().cloned());
                }
                ("Conditions" | "Mappings" | "Parameters", _) => sections.push(entry.clone()),
                _ => {}
            }
        }
    }
    sections.push(entry(1, "Resources", mapping(1, builder.resources)));
    Ok(mapping(1, sections))
}

/// `resources`, which may be a list of such sections.
fn own_resources(document: &Node) -> Vec<&Node> {
    match document.get("resources") {
        Some(Node {
            value: Value::Sequence(items),
            ..
        }) => items.iter().collect(),
        Some(node) => vec![node],
        None => Vec::new(),
    }
}

struct Builder<'b> {
    resolver: &'b Resolver<'b>,
    provider: Option<&'b Node>,
    /// Start of the names of functions.
    prefix: String,
    resources: Vec<Entry>,
}

impl Builder<'_> {
    fn add(&mut self, line: usize, id: &str, kind: &str, properties: Vec<Entry>) {
        let resource = vec![
            entry(line, "Type", scalar(line, kind)),
            entry(line, "Properties", mapping(line, properties)),
        ];
        self.resources
            .push(entry(line, id, mapping(line, resource)));
    }

    fn api(&mut self, selection: &str, stage: &str) {
        let line = self.provider.map_or(1, |provider| provider.line);
        let properties = vec![
            entry(line, "ProtocolType", scalar(line, "WEBSOCKET")),
            entry(line, "RouteSelectionExpression", scalar(line, selection)),
        ];
        self.add(line, API, "AWS::ApiGatewayV2::Api", properties);
        let properties = vec![
            api_id(line),
            entry(line, "StageName", scalar(line, stage)),
            entry(line, "AutoDeploy", scalar(line, "true")),
        ];
        self.add(
            line,
            "WebsocketsDeploymentStage",
            "AWS::ApiGatewayV2::Stage",
            properties,
        );
        self.add(line, "IamRoleLambdaExecution", "AWS::IAM::Role", Vec::new());
    }

    fn layer(&mut self, layer: &Entry) {
        let line = layer.line;
        if let Some(path) = layer.node.get("path") {
            let id = format!("{}LambdaLayer", normalised(&layer.key));
            let properties = vec![entry(line, "ContentUri", path.clone())];
            self.add(line, &id, "AWS::Serverless::LayerVersion", properties);
        }
    }

    fn function(&mut self, function: &Entry) {
        let Entry { key, line, node } = function;
        let line = *line;
        let id = function_id(key);
        let own = |name: &str| node.get(name);
        let setting = |name: &str| own(name).or_else(|| self.provider?.get(name)).cloned();
        let name = own("name")
            .cloned()
            .unwrap_or_else(|| scalar(line, &format!("{}-{key}", self.prefix)));
        let mut properties = vec![
            entry(line, "FunctionName", name),
            entry(line, "CodeUri", scalar(line, ".")),
            entry(
                line,
                "Timeout",
                setting("timeout").unwrap_or_else(|| scalar(line, DEFAULT_TIMEOUT)),
            ),
            entry(
                line,
                "MemorySize",
                setting("memorySize").unwrap_or_else(|| scalar(line, DEFAULT_MEMORY)),
            ),
        ];
        let settings = [
            ("Runtime", setting("runtime")),
            ("Handler", own("handler").cloned()),
            ("Layers", setting("layers")),
            (
                "ReservedConcurrentExecutions",
                own("reservedConcurrency").cloned(),
            ),
        ];
        for (name, value) in settings {
            properties.extend(value.map(|value| entry(value.line, name, value)));
        }
        if own("image").is_some() {
            properties.push(entry(line, "PackageType", scalar(line, "Image")));
        }
        let environment = self.environment(node);
        if !environment.is_empty() {
            let variables = vec![entry(line, "Variables", mapping(line, environment))];
            properties.push(entry(line, "Environment", mapping(line, variables)));
        }
        let mut schedules = Vec::new();
        if let Some(Node {
            value: Value::Sequence(events),
            ..
        }) = own("events")
        {
            for (index, event) in events.iter().enumerate() {
                self.event(key, index, event, &mut schedules);
            }
        }
        if !schedules.is_empty() {
            properties.push(entry(line, "Events", mapping(line, schedules)));
        }
        self.add(line, &id, "AWS::Serverless::Function", properties);
    }

    /// The provider's variables, overridden by the function's own.
    fn environment(&self, function: &Node) -> Vec<Entry> {
        let of = |node: Option<&Node>| match node.and_then(|node| node.get("environment")) {
            Some(Node {
                value: Value::Mapping(entries),
                ..
            }) => entries.clone(),
            _ => Vec::new(),
        };
        let mut variables = of(Some(function));
        let own: BTreeSet<_> = variables.iter().map(|entry| entry.key.clone()).collect();
        let shared = of(self.provider).into_iter();
        variables.extend(shared.filter(|entry| !own.contains(&entry.key)));
        variables
    }

    fn event(&mut self, function: &str, index: usize, event: &Node, schedules: &mut Vec<Entry>) {
        let Value::Mapping(entries) = &event.value else {
            return;
        };
        for Entry { key, line, node } in entries {
            match key.as_str() {
                "websocket" => self.websocket(function, *line, node),
                "schedule" => schedules.extend(schedule(index, *line, node)),
                other => {
                    let what = format!("the event {other} of {function} is not emulated");
                    self.resolver.left_out(*line, &what);
                }
            }
        }
    }

    fn websocket(&mut self, function: &str, line: usize, node: &Node) {
        let route = node.text().or_else(|| node.get("route")?.text());
        let Some(route) = route.map(ToOwned::to_owned) else {
            let (missing, of) = (
                "route".to_owned(),
                format!("a websocket event of {function}"),
            );
            return self.resolver.report(line, Problem::Missing { missing, of });
        };
        let base = normalised(
            &route
                .replace('$', "S")
                .replace(|c: char| !c.is_alphanumeric(), ""),
        );
        let integration = format!("{}WebsocketsIntegration{base}", normalised(function));
        let properties = vec![
            api_id(line),
            entry(line, "IntegrationType", scalar(line, "AWS_PROXY")),
            // The framework adds the permission.
            entry(line, "CredentialsArn", scalar(line, "generated")),
            entry(line, "IntegrationUri", uri(line, &get_arn(function))),
        ];
        self.add(
            line,
            &integration,
            "AWS::ApiGatewayV2::Integration",
            properties,
        );
        let id = format!("{base}WebsocketsRoute");
        let mut properties = vec![
            api_id(line),
            entry(line, "RouteKey", scalar(line, &route)),
            entry(
                line,
                "Target",
                sub(line, &format!("integrations/${{{integration}}}")),
            ),
        ];
        if let Some(expression) = node.get("routeResponseSelectionExpression") {
            let name = "RouteResponseSelectionExpression";
            properties.push(entry(line, name, expression.clone()));
            let response = vec![
                api_id(line),
                entry(line, "RouteId", reference(line, &id)),
                entry(line, "RouteResponseKey", scalar(line, "$default")),
            ];
            let name = format!("{base}WebsocketsRouteResponse");
            self.add(line, &name, "AWS::ApiGatewayV2::RouteResponse", response);
        }
        if let Some(authorizer) = node.get("authorizer") {
            properties.extend(self.authorizer(line, authorizer));
        }
        self.add(line, &id, "AWS::ApiGatewayV2::Route", properties);
    }

    /// The properties of a route with an authorizer: the name of a function, or a mapping with `name` or `arn`.
    fn authorizer(&mut self, line: usize, node: &Node) -> Vec<Entry> {
        if node
            .text()
            .is_some_and(|text| text.eq_ignore_ascii_case("aws_iam"))
        {
            return vec![entry(line, "AuthorizationType", scalar(line, "AWS_IAM"))];
        }
        let name = node.text().or_else(|| node.get("name")?.text());
        let arn = match (name, node.get("arn")) {
            (Some(name), None) => get_arn(name),
            (_, Some(arn)) => arn.clone(),
            (None, None) => return Vec::new(),
        };
        let id = format!(
            "{}WebsocketsAuthorizer",
            normalised(name.unwrap_or("custom"))
        );
        let default = || {
            let header = scalar(line, "route.request.header.Auth");
            Node {
                line,
                value: Value::Sequence(vec![header]),
            }
        };
        let identity = node.get("identitySource").cloned().unwrap_or_else(default);
        let properties = vec![
            api_id(line),
            entry(line, "AuthorizerType", scalar(line, "REQUEST")),
            entry(line, "AuthorizerUri", uri(line, &arn)),
            entry(line, "IdentitySource", identity),
        ];
        self.add(line, &id, "AWS::ApiGatewayV2::Authorizer", properties);
        vec![
            entry(line, "AuthorizationType", scalar(line, "CUSTOM")),
            entry(line, "AuthorizerId", reference(line, &id)),
        ]
    }
}

/// A schedule in SAM's form, one for each expression.
fn schedule(index: usize, line: usize, node: &Node) -> Vec<Entry> {
    let expressions = match node.get("rate").unwrap_or(node) {
        Node {
            value: Value::Sequence(items),
            ..
        } => items.iter().collect(),
        single => vec![single],
    };
    let mut schedules = Vec::new();
    for (number, expression) in expressions.into_iter().enumerate() {
        let mut properties = vec![entry(expression.line, "Schedule", expression.clone())];
        properties.extend(
            node.get("enabled")
                .map(|enabled| entry(enabled.line, "Enabled", enabled.clone())),
        );
        if let Some(input) = node.get("input") {
            let text = to_json(input).to_string();
            let text = input.text().unwrap_or(&text);
            properties.push(entry(input.line, "Input", quoted(input.line, text)));
        }
        let event = vec![
            entry(line, "Type", scalar(line, "Schedule")),
            entry(line, "Properties", mapping(line, properties)),
        ];
        let name = format!("Schedule{}", index + number + 1);
        schedules.push(entry(line, &name, mapping(line, event)));
    }
    schedules
}

fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Scalar { text, plain } => plain
            .then(|| serde_json::from_str(text).ok())
            .flatten()
            .unwrap_or_else(|| serde_json::Value::from(text.as_str())),
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.node)))
            .collect(),
    }
}

/// The logical id of a function.
fn function_id(name: &str) -> String {
    format!("{}LambdaFunction", normalised(name))
}

/// A name as it appears in logical ids.
fn normalised(name: &str) -> String {
    let name = name.replace('-', "Dash").replace('_', "Underscore");
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => name,
    }
}

fn scalar(line: usize, text: &str) -> Node {
    let (text, plain) = (text.to_owned(), true);
    let value = Value::Scalar { text, plain };
    Node { line, value }
}

fn quoted(line: usize, text: &str) -> Node {
    let (text, plain) = (text.to_owned(), false);
    let value = Value::Scalar { text, plain };
    Node { line, value }
}

fn mapping(line: usize, entries: Vec<Entry>) -> Node {
    let value = Value::Mapping(entries);
    Node { line, value }
}

fn entry(line: usize, key: &str, node: Node) -> Entry {
    let key = key.to_owned();
    Entry { key, line, node }
}

fn reference(line: usize, name: &str) -> Node {
    mapping(line, vec![entry(line, "Ref", scalar(line, name))])
}

fn sub(line: usize, text: &str) -> Node {
    mapping(line, vec![entry(line, "Fn::Sub", scalar(line, text))])
}

fn api_id(line: usize) -> Entry {
    entry(line, "ApiId", reference(line, API))
}

fn get_arn(function: &str) -> Node {
    let arn = format!("{}.Arn", function_id(function));
    mapping(1, vec![entry(1, "Fn::GetAtt", scalar(1, &arn))])
}

/// The URI under which API Gateway invokes the function with this ARN.
fn uri(line: usize, arn: &Node) -> Node {
    let path =
        "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations";
    let variables = mapping(line, vec![entry(line, "Arn", arn.clone())]);
    let value = Value::Sequence(vec![scalar(line, path), variables]);
    mapping(line, vec![entry(line, "Fn::Sub", Node { line, value })])
}
