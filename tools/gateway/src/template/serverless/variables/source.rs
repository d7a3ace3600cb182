//! Where values come from: `self:`, `opt:`, `env:`, `file(…)` and the others.

use std::path::PathBuf;

use super::{Variables, syntax::file};
use crate::template::{
    resolve::{ACCOUNT, MAX_DEPTH, REGION, api_id, domain},
    serverless::{DEFAULT_STAGE, names::API},
    source,
    yaml::{
        Node, Value,
        nodes::{quoted, scalar},
    },
};

/// What a source has.
pub(super) enum Found {
    Value(Node),
    Nothing,
    OnAws,
    /// An output of a stack, which may run here.
    Output,
}

impl Found {
    fn of(node: Option<Node>) -> Self {
        node.map_or(Self::Nothing, Self::Value)
    }
}

pub(super) fn on_aws(source: &str) -> bool {
    ["s3:", "ssm"].iter().any(|kind| source.starts_with(kind))
}

/// Whether a source is an output of a stack: `cf`, or `cf.eu-west-1` or `cf(eu-west-1)` with a region.
fn is_output(kind: &str) -> bool {
    kind.strip_prefix("cf")
        .is_some_and(|region| region.is_empty() || region.starts_with(['.', '(']))
}

impl Variables<'_> {
    pub(super) fn source(&self, source: &str, line: usize, depth: usize) -> Found {
        let text = |text: &str| Found::Value(quoted(line, text));
        if let Some(value) = source.strip_prefix("strToBool(") {
            return match value.trim_end_matches(')') {
                "true" | "1" => Found::Value(scalar(line, "true")),
                "false" | "0" | "" | "null" => Found::Value(scalar(line, "false")),
                _ => Found::Nothing,
            };
        }
        let Some((kind, name)) = source.split_once(':') else {
            return match file(source) {
                Some(path) => self.file(path, "", line, depth),
                None => Found::Nothing,
            };
        };
        if let Some(path) = file(kind) {
            return self.file(path, name, line, depth);
        }
        match (kind, name) {
            ("self", path) => Found::of(self.own(path, depth)),
            ("opt" | "sls", "stage") if self.stage.is_some() => {
                text(self.stage.unwrap_or_default())
            }
            ("sls", "stage") => self
                .path(self.root, "provider.stage", depth)
                .map_or_else(|| text(DEFAULT_STAGE), Found::Value),
            ("sls", "instanceId") => text("local"),
            ("opt" | "aws", "region") => text(REGION),
            ("aws", "accountId") => text(ACCOUNT),
            ("opt" | "param", name) => match self.parameters.get(name) {
                Some(value) => text(value),
                None => Found::of(self.parameter(name, depth)),
            },
            ("env", name) => match std::env::var(name).ok().as_ref().or(self.files.get(name)) {
                Some(value) => text(value),
                None => match name {
                    "AWS_REGION" | "AWS_DEFAULT_REGION" => text(REGION),
                    "AWS_ACCOUNT_ID" => text(ACCOUNT),
                    _ => Found::Nothing,
                },
            },
            _ if on_aws(source) || is_output(kind) => match self.parameters.get(source) {
                Some(value) => text(value),
                // An output that the framework generates: most services mean their own.
                None if name.ends_with(".ServiceEndpointWebsocket") => {
                    let domain = domain(&api_id(API));
                    text(&format!("wss://{domain}/{}", self.name_of_stage))
                }
                None if is_output(kind) => Found::Output,
                None => Found::OnAws,
            },
            _ => Found::Nothing,
        }
    }

    /// A value of the document, or what the framework takes for it where it is missing.
    fn own(&self, path: &str, depth: usize) -> Option<Node> {
        let found = self.path(self.root, path, depth);
        match (path, found) {
            // The older form of a service's name is a mapping, which the framework replaces by the name.
            ("service", Some(service)) => service.get("name").cloned().or(Some(service)),
            ("provider.stage", None) => Some(quoted(1, &self.name_of_stage)),
            ("provider.region", None) => Some(quoted(1, REGION)),
            (_, found) => found,
        }
    }

    /// A parameter of the stage, or of all stages, in the form of version 3 or of version 4 of the framework.
    fn parameter(&self, name: &str, depth: usize) -> Option<Node> {
        [self.name_of_stage.as_str(), "default"]
            .into_iter()
            .flat_map(|stage| [format!("params.{stage}"), format!("stages.{stage}.params")])
            .find_map(|of| self.path(self.root, &format!("{of}.{name}"), depth))
    }

    /// A value in another file. Its problems are reported at the line that includes it.
    fn file(&self, path: &str, key: &str, line: usize, depth: usize) -> Found {
        let path = self.resolver.folder().join(path);
        let read = |path: &PathBuf| source::document(path).ok();
        let mut contents = self.contents.borrow_mut();
        let mut content = contents.entry(path).or_insert_with_key(read).clone();
        drop(contents);
        if let Some(node) = &mut content {
            node.set_line(line);
        }
        match content {
            Some(node) if key.is_empty() => Found::Value(node),
            Some(node) => Found::of(self.path(&node, key, depth)),
            None => Found::Nothing,
        }
    }

    /// The node at a path such as `custom.tables.0`. A variable on the way is resolved first, but not those in its value, which
    /// may refer to one another by the same path.
    pub(super) fn path(&self, root: &Node, path: &str, depth: usize) -> Option<Node> {
        let (mut node, mut depth) = (root.clone(), depth);
        for step in path.split('.').filter(|step| !step.is_empty()) {
            while let Some(text) = node.text()
                && depth <= MAX_DEPTH
                && let Some(resolved) = self.once(text, node.line, depth + 1)
            {
                node = resolved;
                depth += 1;
            }
            // What is missing has no members, and is reported once.
            if node
                .text()
                .is_some_and(|text| self.missing.borrow().contains(text))
            {
                return Some(node);
            }
            node = match &node.value {
                Value::Sequence(items) => items.get(step.parse::<usize>().ok()?)?.clone(),
                _ => node.get(step)?.clone(),
            };
        }
        Some(node)
    }
}
