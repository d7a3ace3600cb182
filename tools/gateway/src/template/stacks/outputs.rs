//! The outputs of nested stacks, and the references to them in the template that contains the stacks.

use std::collections::BTreeMap;

use super::scope::{self, Scope};
use crate::template::{
    error::{Error, Problem},
    files::Files,
    resolve::MAX_DEPTH,
    yaml::{Entry, Node, Value, nodes::sequence},
};

/// Maximum number of references to outputs. Outputs that refer to other outputs can multiply.
const MAX_OUTPUTS: usize = 10_000;

/// The outputs of the nested stacks of one template.
#[derive(Default)]
pub(super) struct Outputs {
    /// The values, by `Stack.Outputs.Name`.
    values: BTreeMap<String, Node>,
    used: usize,
}

impl Outputs {
    /// Adds the outputs of a nested stack.
    pub(super) fn add(&mut self, stack: &Entry, inner: &Node, scope: &Scope) {
        let prefix = format!("{}.Outputs.", stack.key);
        for Entry { key, node, .. } in inner.entries_of("Outputs") {
            if let Some(value) = node.get("Value") {
                let mut value = value.clone();
                scope.node(&mut value);
                self.values.insert(format!("{prefix}{key}"), value);
            }
        }
        // Marks the stack as a part of the template.
        self.values
            .entry(prefix)
            .or_insert_with(|| sequence(stack.line, Vec::new()));
    }

    /// Replaces all references to outputs.
    pub(super) fn replace(&mut self, files: &Files, node: &mut Node) -> Result<(), Error> {
        self.replace_in(files, node, 0)
    }

    fn replace_in(&mut self, files: &Files, node: &mut Node, depth: usize) -> Result<(), Error> {
        if let Some((function, inner)) = node.intrinsic_mut() {
            match function {
                "Fn::GetAtt" => {
                    let (line, name) = (inner.line, attribute(inner));
                    if let Some(output) = self.output(files, &name, line, depth)? {
                        *node = output;
                        return Ok(());
                    }
                }
                "Fn::Sub" => return self.replace_in_text(files, inner, depth),
                _ => {}
            }
        }
        node.children_mut()
            .try_for_each(|child| self.replace_in(files, child, depth))
    }

    /// Replaces `${Stack.Outputs.Name}` by a variable of the `Fn::Sub`.
    fn replace_in_text(
        &mut self,
        files: &Files,
        sub: &mut Node,
        depth: usize,
    ) -> Result<(), Error> {
        if let Value::Sequence(items) = &mut sub.value {
            let mut variables = items.iter_mut().skip(1);
            variables.try_for_each(|item| self.replace_in(files, item, depth))?;
        }
        let line = sub.line;
        let mut outputs = Vec::new();
        let mut failed = None;
        scope::rename_variables(sub, |name| match self.output(files, name, line, depth) {
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
    fn output(
        &mut self,
        files: &Files,
        name: &str,
        line: usize,
        depth: usize,
    ) -> Result<Option<Node>, Error> {
        let Some((stack, output)) = name.split_once(".Outputs.") else {
            return Ok(None);
        };
        let Some(found) = self.values.get(name) else {
            if self.values.contains_key(&format!("{stack}.Outputs.")) {
                let wanted = format!("the template of {stack} has no output {output}");
                return Err(files.error(line, Problem::value("Fn::GetAtt", name, wanted)));
            }
            return Ok(None);
        };
        self.used += 1;
        if depth > MAX_DEPTH || self.used > MAX_OUTPUTS {
            return Err(files.error(line, Problem::Circular(name.to_owned())));
        }
        let mut value = found.clone();
        self.replace_in(files, &mut value, depth + 1)?;
        Ok(Some(value))
    }
}

/// `Resource.Attribute` of an `Fn::GetAtt`.
fn attribute(node: &Node) -> String {
    let items = node.items().iter().filter_map(Node::text);
    node.text()
        .map_or_else(|| items.collect::<Vec<_>>().join("."), ToOwned::to_owned)
}
