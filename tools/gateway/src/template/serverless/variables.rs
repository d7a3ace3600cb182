//! Variables of `serverless.yml`: `${self:custom.name}`, `${opt:stage, 'dev'}`, `${env:NAME}`, `${sls:stage}`, `${aws:region}`,
//! `${param:name}` and `${file(path):key}`, with defaults and within each other
//! (<https://www.serverless.com/framework/docs/guides/variables>). What lies on AWS (`ssm`, `s3`) is not available; its
//! name stands in for its value. Outputs of stacks (`cf`) are resolved later, when all stacks are known. `syntax` takes variables
//! apart, and `unused` knows which need no value.

mod remedy;
mod syntax;
mod unused;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use self::syntax::{file, innermost, literal, split};
use super::{
    dotenv,
    names::API,
    nodes::{quoted, scalar},
};
use crate::template::{
    error::Problem,
    program,
    resolve::{ACCOUNT, MAX_DEPTH, REGION, Resolver, api_id, domain},
    yaml::{self, Node, Value},
};

/// Resolves all variables of the document.
pub(super) fn resolve(
    resolver: &Resolver<'_>,
    document: &mut Node,
    stage: Option<&str>,
    parameters: &BTreeMap<String, String>,
) {
    let root = document.clone();
    let mut variables = Variables {
        resolver,
        root: &root,
        stage,
        name_of_stage: super::DEFAULT_STAGE.to_owned(),
        parameters,
        files: BTreeMap::new(),
        contents: RefCell::default(),
        missing: RefCell::default(),
        is_unused: Cell::new(false),
    };
    // The name of the stage chooses the `.env` files.
    let stage = variables.source("sls:stage", 1, 0);
    let stage = match stage {
        Found::Value(mut node) => {
            variables.settle(&mut node, 0);
            node.text().map(ToOwned::to_owned)
        }
        Found::Nothing | Found::OnAws | Found::Output => None,
    };
    if let Some(stage) = stage {
        variables.name_of_stage = stage;
    }
    variables.files = dotenv::read(resolver, &root, &variables.name_of_stage);
    dotenv::give_to_functions(document, &variables.files);
    variables.settle_sections(document);
}

struct Variables<'v> {
    resolver: &'v Resolver<'v>,
    root: &'v Node,
    /// `--stage`.
    stage: Option<&'v str>,
    /// The stage, from wherever it is.
    name_of_stage: String,
    /// `--parameter`, which stands for any other option.
    parameters: &'v BTreeMap<String, String>,
    /// From `.env` files.
    files: BTreeMap<String, String>,
    /// The contents of files. A program is run once, because its value may be another each time.
    contents: RefCell<BTreeMap<PathBuf, Option<Node>>>,
    /// What stands in for missing values, so that what depends on them is not reported too.
    missing: RefCell<BTreeSet<String>>,
    /// Whether the values have no effect here, so that they may be missing.
    is_unused: Cell<bool>,
}

impl Variables<'_> {
    fn settle(&self, node: &mut Node, depth: usize) {
        if depth > MAX_DEPTH {
            let name = node.text().unwrap_or("a variable").to_owned();
            return self.resolver.report(node.line, Problem::Circular(name));
        }
        match &mut node.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.settle(item, depth)),
            Value::Mapping(entries) => {
                for entry in entries {
                    self.settle(&mut entry.node, depth);
                }
            }
            Value::Scalar { text, .. } => {
                let text = text.clone();
                if let Some(resolved) = self.scalar(&text, node.line, depth) {
                    *node = resolved;
                }
            }
        }
    }

    /// The value of a scalar with variables; `None` when it has none.
    fn scalar(&self, text: &str, line: usize, depth: usize) -> Option<Node> {
        let mut node = self.once(text, line, depth)?;
        self.settle(&mut node, depth + 1);
        Some(node)
    }

    /// A scalar with its innermost variable replaced, whose value may have variables again; `None` when it has none.
    fn once(&self, text: &str, line: usize, depth: usize) -> Option<Node> {
        let (start, end) = innermost(text)?;
        let inner = &text[start + 2..end];
        let mut value = self.variable(inner, line, depth)?;
        if start == 0 && end + 1 == text.len() {
            // The variable is the whole value, which may be a mapping.
            value.line = line;
            return Some(value);
        }
        let Some(found) = value.text() else {
            let problem = Problem::kind(format!("${{{inner}}}"), "text", value.kind());
            self.resolver.report(line, problem);
            return None;
        };
        let replaced = [&text[..start], found, &text[end + 1..]].concat();
        Some(scalar(line, &replaced))
    }

    /// The value of the first source that has one.
    fn variable(&self, inner: &str, line: usize, depth: usize) -> Option<Node> {
        let (mut missing, mut output) = (None, None);
        for source in split(inner) {
            let value = match literal(source) {
                Some(literal) => Found::Value(quoted(line, literal)),
                None => self.source(source, line, depth),
            };
            match value {
                Found::Value(node) => return Some(unless(output, node)),
                Found::Nothing => missing = Some(source),
                Found::OnAws => {
                    missing.get_or_insert(source);
                }
                Found::Output => {
                    output.get_or_insert(source);
                }
            }
        }
        if let Some(output) = output {
            return Some(quoted(line, &dynamic(output)));
        }
        let source = missing?;
        let stand_in = stand_in(source);
        if self.is_unused.get() || self.depends_on_missing(source) {
            return Some(quoted(line, &stand_in));
        }
        if on_aws(source) {
            let remark = format!(
                "{source} is on AWS; its name stands in for its value, unless you pass --parameter {source}=VALUE"
            );
            self.resolver.remark(line, &remark);
        } else {
            let problem = Problem::NoValue {
                variable: source.to_owned(),
                remedy: self.remedy(source),
            };
            self.resolver.report(line, problem);
            self.missing.borrow_mut().insert(stand_in.clone());
            return Some(quoted(line, &stand_in));
        }
        Some(quoted(line, source))
    }

    /// Whether something that is missing is a part of the text.
    fn depends_on_missing(&self, text: &str) -> bool {
        let missing = self.missing.borrow();
        missing.iter().any(|stand_in| text.contains(stand_in))
    }

    fn source(&self, source: &str, line: usize, depth: usize) -> Found {
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
                .map_or_else(|| text(super::DEFAULT_STAGE), Found::Value),
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
        let read = |path: &PathBuf| {
            let source = if program::is_program(path) {
                program::evaluate(path).ok()
            } else {
                std::fs::read_to_string(path).ok()
            };
            source.and_then(|source| yaml::read(&source).ok())
        };
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
    fn path(&self, root: &Node, path: &str, depth: usize) -> Option<Node> {
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

enum Found {
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

fn on_aws(source: &str) -> bool {
    ["s3:", "ssm"].iter().any(|kind| source.starts_with(kind))
}

/// Whether a source is an output of a stack: `cf`, or `cf.eu-west-1` or `cf(eu-west-1)` with a region.
fn is_output(kind: &str) -> bool {
    kind.strip_prefix("cf")
        .is_some_and(|region| region.is_empty() || region.starts_with(['.', '(']))
}

/// The default of an output of a stack. A mapping or list cannot wait until the output is known.
fn unless(output: Option<&str>, default: Node) -> Node {
    match (output, default.text()) {
        (Some(output), Some(text)) if !text.contains("}}") => {
            quoted(default.line, &dynamic(&format!("{output}|{text}")))
        }
        _ => default,
    }
}

/// A reference that is resolved when all stacks are known.
fn dynamic(reference: &str) -> String {
    format!("{{{{resolve:{reference}}}}}")
}

/// A placeholder for a missing value, so that the values that contain it are not reported too.
fn stand_in(source: &str) -> String {
    source.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}
