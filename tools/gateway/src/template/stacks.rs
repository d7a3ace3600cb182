//! All templates of a run as one. Resources of a nested stack (`AWS::Serverless::Application`, `AWS::CloudFormation::Stack`) whose
//! template is a local file, and of every template after the first, become part of the first template, with the name of their
//! stack before their own. `scope` renames them and what refers to them, and `outputs` replaces references to the outputs of
//! nested stacks. Exports stay outputs, which the resolver finds by their names. Templates at a URL are left out with a remark.

mod outputs;
mod scope;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use self::{outputs::Outputs, scope::Scope};
use super::{
    Overrides,
    document::{self, Document},
    error::{Error, Errors, Noticed, Problem},
    files::{BUILT, Files},
    globals,
    parameters::{self, Parameters},
    resolve::{MAX_DEPTH, Resolver, STACK_NAME, StackOutput},
    resources::{self, Kind},
    sam_config::SamConfig,
    source, transforms,
    yaml::{Entry, Node},
};
use crate::paths::absolute;

/// Maximum number of templates in a run.
const MAX_FILES: usize = 100;
/// Names of template files that say nothing about their stack; the name of the folder does.
const COMMON_NAMES: [&str; 4] = ["packaged", "serverless", "stack", "template"];

/// Reads templates one after the other.
pub(super) struct Stacks<'o> {
    overrides: &'o Overrides,
    whole: Joined,
    outputs: Outputs,
    /// Names of the stacks after the first.
    names: BTreeSet<String>,
}

/// The templates, and what was noticed when they were read.
#[derive(Default)]
pub(super) struct Joined {
    /// The first template, with the resources of the others.
    pub(super) document: Node,
    pub(super) files: Files,
    pub(super) noticed: Noticed,
    /// The outputs of the stacks, without those of nested stacks.
    pub(super) outputs: Vec<StackOutput>,
    /// Whether one is a `serverless.yml`, whose options have values on the command line.
    pub(super) options: bool,
}

impl<'o> Stacks<'o> {
    pub(super) fn new(overrides: &'o Overrides) -> Self {
        Self {
            overrides,
            whole: Joined::default(),
            outputs: Outputs::default(),
            names: BTreeSet::new(),
        }
    }

    /// The templates as one.
    pub(super) fn join(self) -> Joined {
        self.whole
    }

    /// Adds a template with its included files and nested stacks.
    pub(super) fn add(&mut self, file: &Path, source: &str) -> Result<(), Error> {
        let config = SamConfig::of_template(file, self.overrides.environment.as_deref())?;
        let mut document = document::read(file, source, self.overrides)?;
        config.apply(&mut document, &self.overrides.parameters);
        let is_first = self.whole.files.count() == 0;
        // Names of the first template stay as they are.
        let prefix = if is_first {
            String::new()
        } else {
            self.name(file)
        };
        let built = config
            .built
            .unwrap_or_else(|| file.with_file_name("").join(BUILT));
        let first = self.whole.files.add(file.to_owned(), built, prefix.clone());
        let stack_name = config.stack_name.or_else(|| document.service.clone());
        let mut node = self.take(document, first);
        let mut problems = Vec::new();
        let declared = node.get("Parameters");
        // Reported later, when the parameters of all templates are known.
        let parameters = parameters::read(
            &self.whole.files,
            declared,
            self.overrides,
            true,
            &mut problems,
        );
        if let Err(error) = self.inline(&mut node, &parameters, 0) {
            self.whole.noticed.problems.extend(problems);
            return Err(error);
        }
        let shown = if is_first { STACK_NAME } else { &prefix };
        self.record_outputs(&node, stack_name.as_deref().unwrap_or(shown), &prefix);
        let whole = &mut self.whole.document;
        if is_first {
            if let Some(name) = stack_name {
                Scope::first(&name).rename(&mut node);
            }
            *whole = node;
        } else {
            let name = stack_name.unwrap_or_else(|| prefix.clone());
            let is_given = |parameter: &str| self.overrides.parameter(parameter).is_some();
            let scope = Scope::beside(&prefix, &name, &node, whole, is_given);
            scope.adopt(whole, node, None);
        }
        Ok(())
    }

    /// Records the outputs of a stack, whose keys get the stack's prefix when it is joined.
    fn record_outputs(&mut self, template: &Node, stack: &str, prefix: &str) {
        for Entry { key, .. } in template.entries_of("Outputs") {
            self.whole.outputs.push(StackOutput {
                stack: stack.to_owned(),
                name: key.clone(),
                key: format!("{prefix}{key}"),
            });
        }
    }

    /// All problems, when one keeps the others from being found.
    pub(super) fn failed(mut self, error: Error) -> Errors {
        self.whole.noticed.failed(error)
    }

    /// The name of the stack that a file stands for, which none of the others has.
    fn name(&mut self, file: &Path) -> String {
        let file = absolute(file);
        let own = file.file_name().unwrap_or_default().to_string_lossy();
        let own = own.split('.').next().unwrap_or_default();
        let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
        let name = if COMMON_NAMES.contains(&own) {
            folder.to_string_lossy().into_owned()
        } else {
            own.to_owned()
        };
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let names = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}{n}")));
        let mut free = names.filter(|name| self.names.insert(name.clone()));
        free.next().unwrap_or(name)
    }

    /// The content of a document, with line numbers that start after `first`.
    fn take(&mut self, document: Document, first: usize) -> Node {
        self.whole.noticed.add(document.noticed);
        self.whole.options |= document.service.is_some();
        let mut node = document.node;
        node.add_lines(first);
        node
    }

    /// Expands the loops of a template, applies its `Globals`, and adds its nested stacks.
    fn inline(
        &mut self,
        document: &mut Node,
        parameters: &Parameters,
        depth: usize,
    ) -> Result<(), Error> {
        self.expand(document, parameters)?;
        globals::apply(document);
        let resources = document.entries_of("Resources");
        let nested: Vec<_> = resources::of_kind(resources, Kind::Nested)
            .cloned()
            .collect();
        let outer = std::mem::take(&mut self.outputs);
        for stack in &nested {
            let Some(path) = self.location(stack) else {
                continue;
            };
            if depth > MAX_DEPTH || self.whole.files.count() > MAX_FILES {
                let problem = Problem::Circular(stack.key.clone());
                return Err(self.whole.files.error(stack.line, problem));
            }
            let mut inner = self.template(stack, path)?;
            let given = resources::property(stack, "Parameters");
            let values = self.values(&inner, given, parameters, document.get("Mappings"));
            self.inline(&mut inner, &values, depth + 1)?;
            match Scope::within(&stack.key, &inner, given) {
                Ok(scope) => {
                    self.outputs.add(stack, &inner, &scope);
                    scope.adopt(document, inner, stack.node.get("Condition"));
                }
                Err((line, problem)) => {
                    let error = self.whole.files.error(line, problem);
                    self.whole.noticed.problems.push(error);
                }
            }
        }
        if !nested.is_empty() {
            self.outputs.replace(&self.whole.files, document)?;
        }
        // Only the template that contains a stack refers to its outputs.
        self.outputs = outer;
        Ok(())
    }

    /// Expands the loops, whose collections may refer to parameters and mappings.
    fn expand(&mut self, document: &mut Node, parameters: &Parameters) -> Result<(), Error> {
        let mappings = document.get("Mappings").cloned();
        let resolver = Resolver::new(&self.whole.files, parameters.clone(), &[], "")
            .with_mappings(mappings.as_ref());
        let expanded = transforms::expand(&resolver, document);
        self.whole.noticed.add(resolver.collected());
        expanded
    }

    /// The values of a nested stack's parameters, as far as they do not depend on resources. Values that break the rules of the
    /// nested template are reported.
    fn values(
        &mut self,
        inner: &Node,
        given: Option<&Node>,
        outer: &Parameters,
        mappings: Option<&Node>,
    ) -> Parameters {
        let files = &self.whole.files;
        let resolver = Resolver::new(files, outer.clone(), &[], "").with_mappings(mappings);
        let given = given.map_or(&[][..], Node::entries).iter();
        let given = given.map(|Entry { key, line, node }| {
            let value = resolver.json(node).ok().flatten();
            (key.as_str(), (*line, value))
        });
        let problems = &mut self.whole.noticed.problems;
        let declared = inner.entries_of("Parameters");
        parameters::of_nested(files, declared, &given.collect(), problems)
    }

    /// The path of a nested stack's template; `None` for one that is not a file beside the template.
    fn location(&mut self, stack: &Entry) -> Option<PathBuf> {
        let folder = self.whole.files.folder(stack.line).to_owned();
        // `cdk synth` writes the template beside the one that contains it.
        let asset = || resources::metadata(stack, "aws:asset:path")?.text();
        let location = ["Location", "TemplateURL"]
            .into_iter()
            .find_map(|name| resources::property(stack, name));
        let path = location.and_then(Node::text).or_else(asset);
        if let Some(path) = path.filter(|path| !path.contains("://")) {
            return Some(folder.join(path));
        }
        let (file, line) = self.whole.files.locate(stack.line);
        self.whole.noticed.remarks.push(format!(
            "{}:{line}: left out: the nested stack {}, whose template is not a file beside this one",
            file.display(),
            stack.key
        ));
        None
    }

    fn template(&mut self, stack: &Entry, path: PathBuf) -> Result<Node, Error> {
        let source = source::read(&path).map_err(|why| {
            let of = format!("the template of {}", stack.key);
            let problem = Problem::value(of, path.display().to_string(), why);
            self.whole.files.error(stack.line, problem)
        })?;
        let document = document::read(&path, &source, &Overrides::default())?;
        let first = self.whole.files.add_nested(path, stack);
        Ok(self.take(document, first))
    }
}
