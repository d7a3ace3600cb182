//! Functions, layers and the API, as resources of a template.

use std::collections::BTreeSet;

use super::{
    events,
    names::{API, GENERATED, function_id, layer_id, log_group_id, topic_id},
};
use crate::template::{
    function::{ARTIFACT, ONLY_HTTP, SERVERLESS},
    resolve::Resolver,
    yaml::{
        Entry, Node, Value,
        nodes::{entry, mapping, reference, scalar},
    },
};

/// The framework's default, in seconds.
const DEFAULT_TIMEOUT: &str = "6";
/// The default of version 4; those of other versions are other versions of Node.js.
const DEFAULT_RUNTIME: &str = "nodejs20.x";
/// The framework's default, in megabytes.
const DEFAULT_MEMORY: &str = "1024";

/// The events that have an effect here.
pub(super) const EMULATED: &[&str] = &[
    "eventBridge",
    "schedule",
    "sns",
    "sqs",
    "stream",
    "websocket",
];

/// The events that are HTTP requests.
const HTTP: &[&str] = &["alb", "http", "httpApi"];

/// Collects resources.
pub(super) struct Builder<'b> {
    pub(super) resolver: &'b Resolver<'b>,
    pub(super) provider: Option<&'b Node>,
    /// Start of the names of functions.
    pub(super) prefix: String,
    /// The archive of functions that do not name their own.
    pub(super) artifact: Option<&'b Node>,
    /// Build properties of all functions.
    pub(super) build: Vec<Entry>,
    pub(super) resources: Vec<Entry>,
}

impl Builder<'_> {
    pub(super) fn add(&mut self, line: usize, id: &str, kind: &str, properties: Vec<Entry>) {
        let resource = vec![
            entry(line, "Type", scalar(line, kind)),
            entry(line, "Properties", mapping(line, properties)),
        ];
        self.resources
            .push(entry(line, id, mapping(line, resource)));
    }

    pub(super) fn api(&mut self, selection: &str, stage: &str) {
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
        let (id, kind) = ("WebsocketsDeploymentStage", "AWS::ApiGatewayV2::Stage");
        self.add(line, id, kind, properties);
    }

    /// Adds the role, and the other resources that the framework generates, where the document refers to them.
    pub(super) fn generated(&mut self, document: &Node, functions: &[&Entry]) {
        self.add(1, "IamRoleLambdaExecution", "AWS::IAM::Role", Vec::new());
        let generated = GENERATED.iter().map(|(id, kind)| ((*id).to_owned(), *kind));
        let log_groups = functions
            .iter()
            .map(|function| (log_group_id(&function.key), "AWS::Logs::LogGroup"));
        for (id, kind) in generated.chain(log_groups) {
            if refers_to(document, &id) {
                self.add(1, &id, kind, Vec::new());
            }
        }
    }

    pub(super) fn layer(&mut self, layer: &Entry) {
        let line = layer.line;
        let path = layer.node.get("path").or_else(|| artifact(&layer.node));
        if let Some(path) = path {
            let id = layer_id(&layer.key);
            let properties = vec![entry(line, "ContentUri", path.clone())];
            self.add(line, &id, "AWS::Serverless::LayerVersion", properties);
        }
    }

    pub(super) fn function(&mut self, function: &Entry) {
        let Entry { key, line, node } = function;
        let line = *line;
        let mut properties = self.properties(function);
        let mut own_events = Vec::new();
        let events = node.items_of("events");
        let only_http = !events.is_empty() && events.iter().all(is_http);
        if !only_http {
            for (index, event) in events.iter().enumerate() {
                self.event(key, index, event, &mut own_events);
            }
        }
        if !own_events.is_empty() {
            properties.push(entry(line, "Events", mapping(line, own_events)));
        }
        let (id, kind) = (function_id(key), "AWS::Serverless::Function");
        self.add(line, &id, kind, properties);
        let artifact = artifact(node).or(self.artifact);
        let mut build = self.build.clone();
        build.extend(artifact.map(|path| entry(path.line, ARTIFACT, path.clone())));
        if only_http {
            build.push(entry(line, ONLY_HTTP, scalar(line, "true")));
        }
        if let Some(resource) = self.resources.last_mut() {
            resource.node.section("Metadata").extend([
                entry(line, "BuildMethod", scalar(line, SERVERLESS)),
                entry(line, "BuildProperties", mapping(line, build)),
            ]);
        }
    }

    /// The properties of a function except its events.
    fn properties(&self, function: &Entry) -> Vec<Entry> {
        let Entry { key, line, node } = function;
        let line = *line;
        let own = |name: &str| node.get(name).cloned();
        let setting = |name: &str| own(name).or_else(|| self.provider?.get(name).cloned());
        let default = |text: &str| Some(scalar(line, text));
        let name = format!("{}-{key}", self.prefix);
        // A container image has neither a handler nor a runtime.
        let default_runtime = || own("handler").and_then(|_| default(DEFAULT_RUNTIME));
        let image = own("image").map(|_| scalar(line, "Image"));
        let settings = [
            ("FunctionName", own("name").or_else(|| default(&name))),
            ("CodeUri", Some(self.code(node, line))),
            (
                "Timeout",
                setting("timeout").or_else(|| default(DEFAULT_TIMEOUT)),
            ),
            (
                "MemorySize",
                setting("memorySize").or_else(|| default(DEFAULT_MEMORY)),
            ),
            ("Runtime", setting("runtime").or_else(default_runtime)),
            ("Handler", own("handler")),
            ("Layers", setting("layers")),
            ("ReservedConcurrentExecutions", own("reservedConcurrency")),
            ("PackageType", image),
        ];
        let settings = settings
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let settings = settings.map(|(name, value)| entry(value.line, name, value));
        let mut properties: Vec<_> = settings.collect();
        let environment = self.environment(node);
        if !environment.is_empty() {
            let variables = vec![entry(line, "Variables", mapping(line, environment))];
            properties.push(entry(line, "Environment", mapping(line, variables)));
        }
        properties
    }

    /// The folder of a function's code: the project, or for an executable that is packaged by hand, the folder of the
    /// package, beside which the executable is built.
    fn code(&self, function: &Node, line: usize) -> Node {
        let runtime = function
            .get("runtime")
            .or_else(|| self.provider?.get("runtime"));
        let is_executable = runtime
            .and_then(Node::text)
            .is_some_and(|name| name.starts_with("provided"));
        let folder = artifact(function)
            .and_then(Node::text)
            .and_then(|path| path.rsplit_once('/'))
            .filter(|_| is_executable)
            .map_or(".", |(folder, _)| folder);
        scalar(line, folder)
    }

    /// The provider's variables, overridden by the function's own.
    fn environment(&self, function: &Node) -> Vec<Entry> {
        let mut variables = function.entries_of("environment").to_vec();
        let own: BTreeSet<_> = variables.iter().map(|entry| entry.key.clone()).collect();
        let shared = self
            .provider
            .map_or(&[][..], |node| node.entries_of("environment"));
        let shared = shared.iter().filter(|entry| !own.contains(&entry.key));
        variables.extend(shared.cloned());
        variables
    }

    /// The event of a topic, and the topic where the event does not name one by its ARN.
    fn sns(&mut self, index: usize, line: usize, node: &Node, own: &mut Vec<Entry>) {
        let arn = match (node.get("arn"), node.text()) {
            (Some(arn), _) => Some(arn.clone()),
            (None, Some(text)) if text.starts_with("arn:") => Some(node.clone()),
            _ => None,
        };
        let name = node.text().or_else(|| node.get("topicName")?.text());
        let arn = match (arn, name) {
            (Some(arn), _) => arn,
            (None, Some(name)) => {
                let id = topic_id(name);
                if self.resources.iter().all(|resource| resource.key != id) {
                    let properties = vec![entry(line, "TopicName", scalar(line, name))];
                    self.add(line, &id, "AWS::SNS::Topic", properties);
                }
                reference(line, &id)
            }
            // An intrinsic that gives the ARN.
            (None, None) => node.clone(),
        };
        own.push(events::sns(index, line, node, arn));
    }

    fn event(&mut self, function: &str, index: usize, event: &Node, own: &mut Vec<Entry>) {
        let Value::Mapping(entries) = &event.value else {
            return;
        };
        // What is not indented below the event's name does not belong to it. The framework ignores such an event, but not
        // another one in the same mapping.
        let is_event = |entry: &&Entry| EMULATED.contains(&entry.key.as_str());
        let (empty, mut events): (Vec<_>, Vec<_>) = entries
            .iter()
            .partition(|entry| is_event(entry) && is_null(&entry.node) && entries.len() > 1);
        for Entry { key, line, .. } in &empty {
            let what = format!(
                "the event {key} of {function}, which has no value; indent the lines below it further than `{key}:`"
            );
            self.resolver.left_out(*line, &what);
        }
        if !empty.is_empty() {
            events.retain(is_event);
        }
        for Entry { key, line, node } in events {
            match key.as_str() {
                "websocket" => self.websocket(function, *line, node),
                "schedule" => own.extend(events::schedule(index, *line, node)),
                "eventBridge" if node.get("schedule").is_some() => {
                    own.extend(events::schedule(index, *line, node));
                }
                "sqs" => own.push(events::sqs(index, *line, node)),
                "sns" => self.sns(index, *line, node, own),
                "stream" if events::stream(index, *line, node).is_some() => {
                    own.extend(events::stream(index, *line, node));
                }
                other => {
                    let what = format!("the event {other} of {function} is not emulated");
                    self.resolver.left_out(*line, &what);
                }
            }
        }
    }
}

/// The archive with the code of a service, a function or a layer, which the framework then does not package.
pub(super) fn artifact(node: &Node) -> Option<&Node> {
    node.get("package")?.get("artifact")
}

/// Whether an event is an HTTP request: `http: …`, or `httpApi` alone.
fn is_http(event: &Node) -> bool {
    let key = match event.entries() {
        [only] => Some(only.key.as_str()),
        _ => event.text(),
    };
    key.is_some_and(|key| HTTP.contains(&key))
}

fn is_null(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar { text, plain: true } if ["", "~", "null"].contains(&text.as_str()))
}

/// The property `ApiId` with the API of the document.
pub(super) fn api_id(line: usize) -> Entry {
    entry(line, "ApiId", reference(line, API))
}

/// Whether `Ref`, `Fn::GetAtt` or `Fn::Sub` somewhere in the node names the resource.
fn refers_to(node: &Node, id: &str) -> bool {
    match &node.value {
        Value::Scalar { text, .. } => {
            let names = |text: &str| text.split('.').next() == Some(id);
            names(text)
                || text
                    .split("${")
                    .skip(1)
                    .filter_map(|rest| rest.split('}').next())
                    .any(names)
        }
        _ => node.children().any(|child| refers_to(child, id)),
    }
}
