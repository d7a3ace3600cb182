//! Variables of `serverless.yml`: `${self:custom.name}`, `${opt:stage, 'dev'}`, `${env:NAME}`, `${sls:stage}`, `${aws:region}`,
//! `${param:name}` and `${file(path):key}`, with defaults and within each other
//! (<https://www.serverless.com/framework/docs/guides/variables>). What lies on AWS (`ssm`, `s3`) is not available; its
//! name stands in for its value. Outputs of stacks (`cf`) are resolved later, when all stacks are known. `syntax` takes variables
//! apart, `source` knows where values come from, and `unused` which are not needed.

mod remedy;
mod source;
mod syntax;
mod unused;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use self::{
    source::{Found, on_aws},
    syntax::{innermost, literal, split},
};
use super::dotenv;
use crate::template::{
    error::Problem,
    resolve::{MAX_DEPTH, Resolver},
    yaml::{
        Node,
        nodes::{quoted, scalar},
    },
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
    /// The stage, from `--stage` or the document.
    name_of_stage: String,
    /// `--parameter`, which stands for any other option.
    parameters: &'v BTreeMap<String, String>,
    /// From `.env` files.
    files: BTreeMap<String, String>,
    /// The contents of files. A program is run once, because its value may be another each time.
    contents: RefCell<BTreeMap<PathBuf, Option<Node>>>,
    /// Placeholders of missing values, so that values that depend on them are not reported too.
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
        let resolved = node
            .text()
            .and_then(|text| self.scalar(text, node.line, depth));
        match resolved {
            Some(resolved) => *node = resolved,
            None => node
                .children_mut()
                .for_each(|child| self.settle(child, depth)),
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

    /// Whether the text contains the placeholder of a missing value.
    fn depends_on_missing(&self, text: &str) -> bool {
        let missing = self.missing.borrow();
        missing.iter().any(|stand_in| text.contains(stand_in))
    }
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
