//! `serverless.yml` of the Serverless Framework, turned into the CloudFormation template that it stands for: functions with
//! their events, layers, and `resources`, which also change what the framework generates
//! (<https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml>).
//!
//! `variables` resolves `${self:…}` and the like, with `.env` files read by `dotenv`, and `pseudo_parameters` the `#{…}` of a
//! plugin; `builder` makes resources, with `websocket` for routes, `events` for other events, and `bundler` for what its
//! plugins build. Nodes keep the lines of `serverless.yml`, so problems are reported there.

mod builder;
mod bundler;
mod dotenv;
mod events;
mod names;
mod plugins;
mod pseudo_parameters;
mod variables;
mod websocket;

use self::builder::Builder;
use super::{
    error::{Error, Problem},
    resolve::Resolver,
    yaml::{Entry, Node, Value},
};

/// The framework's default.
const DEFAULT_STAGE: &str = "dev";
/// The framework's default.
const SELECTION: &str = "$request.body.action";

/// Whether a document is a `serverless.yml`.
pub(crate) fn is_serverless(document: &Node) -> bool {
    document.get("service").is_some() && document.get("provider").is_some()
}

/// A converted `serverless.yml`.
pub(crate) struct Service {
    pub(crate) template: Node,
    /// The name that the framework gives to the stack.
    pub(crate) stack_name: String,
}

/// The template that the document stands for. Problems and remarks are collected by `resolver`, which knows no parameters
/// and resources.
pub(crate) fn convert(
    resolver: &Resolver<'_>,
    mut document: Node,
    stage: Option<&str>,
    parameters: &std::collections::BTreeMap<String, String>,
) -> Result<Service, Error> {
    variables::resolve(resolver, &mut document, stage, parameters);
    pseudo_parameters::replace(&mut document);
    plugins::rewrite(&mut document);
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
    let functions: Vec<_> = sections(document.get("functions"))
        .iter()
        .flat_map(Node::entries)
        .collect();
    if functions.is_empty() {
        return Err(resolver.error(1, Problem::missing("serverless.yml", "functions")));
    }
    let mut builder = Builder {
        resolver,
        provider: document.get("provider"),
        prefix: format!("{}-{stage}", service.unwrap_or("service")),
        artifact: builder::artifact(&document),
        build: bundler::properties(&document),
        resources: Vec::new(),
    };
    let selection = text(&["provider", "websocketsApiRouteSelectionExpression"]);
    if functions.iter().any(|function| has_websocket(function)) {
        builder.api(&selection.unwrap_or_else(|| SELECTION.to_owned()), &stage);
    }
    builder.generated(&document, &functions);
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
    let mut others = Node::default();
    for node in self::sections(document.get("resources")) {
        for entry in node.entries() {
            match (entry.key.as_str(), &entry.node.value) {
                ("Resources", Value::Mapping(resources)) => {
                    merge(&mut builder.resources, resources);
                }
                ("extensions", Value::Mapping(resources)) => {
                    let (known, unknown) =
                        resources.iter().cloned().partition::<Vec<_>, _>(|own| {
                            builder
                                .resources
                                .iter()
                                .any(|resource| resource.key == own.key)
                        });
                    merge(&mut builder.resources, &known);
                    for Entry { key, line, .. } in unknown {
                        let what = format!("the extension of {key}, which is not generated here");
                        resolver.left_out(line, &what);
                    }
                }
                (name @ ("Conditions" | "Mappings" | "Outputs" | "Parameters"), _) => {
                    merge(others.section(name), entry.node.entries());
                }
                _ => {}
            }
        }
    }
    let parameters = others.section("Parameters").iter();
    let parameters = parameters.map(|entry| entry.key.clone()).collect();
    plugins::stand_ins(&document, &parameters, &mut builder);
    let stack_name = text(&["provider", "stackName"]).unwrap_or(builder.prefix);
    *others.section("Resources") = builder.resources;
    Ok(Service {
        template: others,
        stack_name,
    })
}

/// Whether the function has a `websocket` event. Without one in any function, the framework generates no API.
fn has_websocket(function: &Entry) -> bool {
    let events = function.node.get("events").map_or(&[][..], Node::items);
    events.iter().any(|event| event.get("websocket").is_some())
}

/// `functions` or `resources`, which may be a list of such sections.
fn sections(node: Option<&Node>) -> &[Node] {
    node.map_or(&[], Node::one_or_more)
}

/// Adds entries to those of a mapping. Where both have a mapping under a key, they are merged; any other value is replaced,
/// as the framework does with `resources` that have the logical id of a resource that it generates.
fn merge(into: &mut Vec<Entry>, from: &[Entry]) {
    for entry in from {
        match into.iter_mut().find(|existing| existing.key == entry.key) {
            None => into.push(entry.clone()),
            Some(existing) => match (&mut existing.node.value, &entry.node.value) {
                (Value::Mapping(into), Value::Mapping(from)) => merge(into, from),
                (value, from) => {
                    *value = from.clone();
                    existing.node.line = entry.node.line;
                }
            },
        }
    }
}
