//! Nested stacks (`AWS::Serverless::Application`, `AWS::CloudFormation::Stack`) whose template is a local file: their resources
//! become part of the template. Finds the files, and replaces references to outputs. `scope` prefixes the names of the resources with
//! the name of the nested stack, and replaces parameters by their values. Templates at a URL are left out with a remark.

mod scope;

use std::{collections::BTreeMap, path::PathBuf};

use self::scope::Scope;
use super::{
    error::{Error, Problem},
    files::Files,
    parameters::Parameters,
    resolve::{MAX_DEPTH, Resolver},
    resources::{self, Kind},
    source, transforms,
    yaml::{self, Entry, Node, Value},
};

/// Maximum number of templates in one stack.
const MAX_FILES: usize = 100;
/// Maximum number of references to outputs. Outputs that refer to other outputs can multiply.
const MAX_OUTPUTS: usize = 10_000;

/// Reads the nested stacks of a template.
pub(super) struct Reader<'f> {
    files: &'f mut Files,
    /// The outputs, by `Stack.Outputs.Name`.
    outputs: BTreeMap<String, Node>,
    used: usize,
    problems: Vec<Error>,
    remarks: Vec<String>,
}

impl<'f> Reader<'f> {
    pub(super) fn new(files: &'f mut Files) -> Self {
        Self {
            files,
            outputs: BTreeMap::new(),
            used: 0,
            problems: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Inserts included files and the resources of nested stacks.
    ///
    /// # Errors
    /// When a file cannot be read, or includes itself.
    pub(super) fn read(&mut self, document: &mut Node) -> Result<(), Error> {
        self.include(document)?;
        self.inline(document, 0)
    }

    /// All problems and remarks.
    pub(super) fn collected(self) -> (Vec<Error>, Vec<String>) {
        (self.problems, self.remarks)
    }

    fn include(&mut self, document: &mut Node) -> Result<(), Error> {
        let resolver = Resolver::new(self.files, Parameters::default(), &[], "");
        let inserted = transforms::insert(&resolver, document);
        self.remarks.extend(resolver.collected().1);
        inserted
    }

    fn inline(&mut self, document: &mut Node, depth: usize) -> Result<(), Error> {
        let resources = document.get("Resources").map_or(&[][..], Node::entries);
        let nested: Vec<_> = resources::of_kind(resources, Kind::Nested)
            .cloned()
            .collect();
        let outer = std::mem::take(&mut self.outputs);
        for stack in &nested {
            let Some(path) = self.location(stack) else {
                continue;
            };
            if depth > MAX_DEPTH || self.files.count() > MAX_FILES {
                let problem = Problem::Circular(stack.key.clone());
                return Err(self.error(stack.line, problem));
            }
            let mut inner = self.template(stack, path)?;
            self.inline(&mut inner, depth + 1)?;
            self.adopt(document, stack, inner);
        }
        if !nested.is_empty() {
            self.replace_outputs(document, 0)?;
        }
        // Only the template that contains a stack refers to its outputs.
        self.outputs = outer;
        Ok(())
    }

    /// The path of a nested stack's template; `None` for one that is not a file beside the template.
    fn location(&mut self, stack: &Entry) -> Option<PathBuf> {
        let folder = self.files.folder(stack.line).to_owned();
        // `cdk synth` writes the template beside the one that contains it.
        let asset = || stack.node.get("Metadata")?.get("aws:asset:path")?.text();
        let location = ["Location", "TemplateURL"]
            .into_iter()
            .find_map(|name| resources::property(stack, name));
        let path = location.and_then(Node::text).or_else(asset);
        if let Some(path) = path.filter(|path| !path.contains("://")) {
            return Some(folder.join(path));
        }
        let (file, line) = self.files.locate(stack.line);
        self.remarks.push(format!(
            "{}:{line}: left out: the nested stack {}, whose template is not a file beside this one",
            file.display(),
            stack.key
        ));
        None
    }

    fn template(&mut self, stack: &Entry, path: PathBuf) -> Result<Node, Error> {
        let source = source::read(&path).map_err(|why| {
            let (of, found) = (
                format!("the template of {}", stack.key),
                path.display().to_string(),
            );
            let wanted = why;
            self.error(stack.line, Problem::Value { of, found, wanted })
        })?;
        let (mut inner, _) = yaml::read_with_duplicates(&source)
            .map_err(|(line, message)| Error::new(&path, line, Problem::Syntax(message)))?;
        let first = self.files.add(path);
        inner.add_lines(first);
        self.include(&mut inner)?;
        Ok(inner)
    }

    /// Adds the content of a nested stack to the template that contains it.
    fn adopt(&mut self, document: &mut Node, stack: &Entry, mut inner: Node) {
        let given = resources::property(stack, "Parameters").cloned();
        let scope = match Scope::new(&stack.key, &inner, given.as_ref()) {
            Ok(scope) => scope,
            Err((line, problem)) => {
                let error = self.error(line, problem);
                return self.problems.push(error);
            }
        };
        scope::bake_globals(&mut inner);
        scope.rename(&mut inner);
        scope::join_condition(&mut inner, stack.node.get("Condition"));
        for (section, entries) in scope::sections(inner) {
            if section == "Outputs" {
                let outputs = entries.into_iter().filter_map(|Entry { key, node, .. }| {
                    let value = node.get("Value")?.clone();
                    Some((format!("{}.Outputs.{key}", stack.key), value))
                });
                self.outputs.extend(outputs);
            } else {
                document.section(section).extend(entries);
            }
        }
        let prefix = format!("{}.Outputs.", stack.key);
        // Marks the stack as a part of the template.
        self.outputs.entry(prefix).or_insert_with(|| Node {
            line: stack.line,
            value: Value::Sequence(Vec::new()),
        });
    }

    fn replace_outputs(&mut self, node: &mut Node, depth: usize) -> Result<(), Error> {
        if let Some((function, inner)) = node.intrinsic_mut() {
            match function {
                "Fn::GetAtt" => {
                    let (line, name) = (inner.line, attribute(inner));
                    if let Some(output) = self.output(&name, line, depth)? {
                        *node = output;
                        return Ok(());
                    }
                }
                "Fn::Sub" => return self.replace_in_text(inner, depth),
                _ => {}
            }
        }
        match &mut node.value {
            Value::Scalar { .. } => Ok(()),
            Value::Sequence(items) => {
                let mut items = items.iter_mut();
                items.try_for_each(|item| self.replace_outputs(item, depth))
            }
            Value::Mapping(entries) => {
                let mut nodes = entries.iter_mut().map(|entry| &mut entry.node);
                nodes.try_for_each(|node| self.replace_outputs(node, depth))
            }
        }
    }

    /// Replaces `${Stack.Outputs.Name}` by a variable of the `Fn::Sub`.
    fn replace_in_text(&mut self, sub: &mut Node, depth: usize) -> Result<(), Error> {
        if let Value::Sequence(items) = &mut sub.value {
            let mut variables = items.iter_mut().skip(1);
            variables.try_for_each(|item| self.replace_outputs(item, depth))?;
        }
        let line = sub.line;
        let mut outputs = Vec::new();
        let mut failed = None;
        scope::rename_variables(sub, |name| match self.output(name, line, depth) {
            Ok(Some(output)) => {
                let variable = name.replace('.', "");
                outputs.push((variable.clone(), output));
                Some(variable)
            }
            Ok(None) => None,
            Err(error) => {
                failed.get_or_insert(error);
                None
            }
        });
        scope::add_variables(sub, outputs);
        failed.map_or(Ok(()), Err)
    }

    /// The value of an output. `None` for any other attribute.
    fn output(&mut self, name: &str, line: usize, depth: usize) -> Result<Option<Node>, Error> {
        let Some((stack, output)) = name.split_once(".Outputs.") else {
            return Ok(None);
        };
        let Some(found) = self.outputs.get(name) else {
            if self.outputs.contains_key(&format!("{stack}.Outputs.")) {
                let (of, found) = ("Fn::GetAtt".to_owned(), name.to_owned());
                let wanted = format!("the template of {stack} has no output {output}");
                return Err(self.error(line, Problem::Value { of, found, wanted }));
            }
            return Ok(None);
        };
        self.used += 1;
        if depth > MAX_DEPTH || self.used > MAX_OUTPUTS {
            return Err(self.error(line, Problem::Circular(name.to_owned())));
        }
        let mut value = found.clone();
        self.replace_outputs(&mut value, depth + 1)?;
        Ok(Some(value))
    }

    fn error(&self, line: usize, problem: Problem) -> Error {
        let (file, line) = self.files.locate(line);
        Error::new(file, line, problem)
    }
}

/// `Resource.Attribute` of an `Fn::GetAtt`. `None` if it is not text.
fn attribute(node: &Node) -> String {
    let items = node.items().iter().filter_map(Node::text);
    node.text()
        .map_or_else(|| items.collect::<Vec<_>>().join("."), ToOwned::to_owned)
}
