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
    let service = document.get("service");
    let service = service.and_then(|node| node.text().or_else(|| node.text_of("name")));
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
    for layer in document.entries_of("layers") {
        builder.layer(layer);
    }
    let mut template = Node::default();
    for node in sections(document.get("resources")) {
        add_section(node, &mut builder, &mut template);
    }
    let parameters = template.entries_of("Parameters").iter();
    let parameters = parameters.map(|entry| entry.key.clone()).collect();
    plugins::stand_ins(&document, &parameters, &mut builder);
    let stack_name = text(&["provider", "stackName"]).unwrap_or(builder.prefix);
    *template.section("Resources") = builder.resources;
    Ok(Service {
        template,
        stack_name,
    })
}

/// Adds a section of `resources`: the resources themselves to `builder`, everything else to `template`.
fn add_section(section: &Node, builder: &mut Builder<'_>, template: &mut Node) {
    for Entry { key, node, .. } in section.entries() {
        match key.as_str() {
            "Resources" => merge(&mut builder.resources, node.entries()),
            "extensions" => {
                for extension in node.entries() {
                    let Entry { key, line, .. } = extension;
                    if builder.resources.iter().any(|known| known.key == *key) {
                        merge(&mut builder.resources, std::slice::from_ref(extension));
                    } else {
                        let what = format!("the extension of {key}, which is not generated here");
                        builder.resolver.left_out(*line, &what);
                    }
                }
            }
            name @ ("Conditions" | "Mappings" | "Outputs" | "Parameters") => {
                merge(template.section(name), node.entries());
            }
            _ => {}
        }
    }
}

/// Whether the function has a `websocket` event. Without one in any function, the framework generates no API.
fn has_websocket(function: &Entry) -> bool {
    let mut events = function.node.items_of("events").iter();
    events.any(|event| event.get("websocket").is_some())
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
