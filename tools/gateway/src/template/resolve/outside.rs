//! Values that are not in the template: parameters, exports and outputs of other stacks, and dynamic references to parameters
//! and secrets (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>). `--parameter` gives them; where
//! it does not, a name stands in for the value, with a remark that names the option.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Resolver, StackOutput};
use crate::template::{
    error::{Error, List, Problem},
    parameters::Missing,
    yaml::Entry,
};

/// Start of a dynamic reference.
const DYNAMIC: &str = "{{resolve:";

impl Resolver<'_> {
    /// What the command line gives for references that start with `kind`, without it.
    pub(crate) fn given_outside(&self, kind: &str) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.all_outside(kind)
    }

    /// The value of a parameter. One without a value is reported.
    pub(super) fn parameter(&self, name: &str) -> Option<Json> {
        let parameter = self.parameters.get(name)?;
        match parameter.missing {
            None => {}
            Some(Missing::Value) => {
                let problem = Problem::ParameterUnset(name.to_owned());
                self.report(parameter.line, problem);
            }
            Some(Missing::Stored) => {
                let stored = parameter.value.as_str().unwrap_or_default();
                let remark = format!(
                    "the parameter {name} has the value of {stored} in Systems Manager, which is not on this machine; its \
                     name stands in, unless you pass --parameter {name}=VALUE"
                );
                self.remark(parameter.line, &remark);
            }
        }
        Some(parameter.value.clone())
    }

    /// The value that one of the stacks here, or another stack, exports under `name`.
    pub(super) fn import(&self, name: String, line: usize) -> Result<Json, Error> {
        let reference = format!("import:{name}");
        if let Some(value) = self.parameters.outside(&reference) {
            return Ok(Json::from(value));
        }
        self.read_exports();
        let exports = self.exports.borrow().clone().unwrap_or_default();
        let exported = exports
            .get(&name)
            .and_then(|index| self.outputs.get(*index));
        if let Some(value) = exported.and_then(|output| output.node.get("Value")) {
            let value = self.deeper(&name, line, || self.text(value, "an export"))?;
            return Ok(Json::from(value.unwrap_or_default()));
        }
        let known: Vec<_> = exports.keys().collect();
        let known = if known.is_empty() {
            String::new()
        } else {
            format!(" (the stacks here export {})", List(&known))
        };
        let remark = format!(
            "{name} is exported by another stack, which does not run here{known}; its name stands in for its value, unless \
             you pass its template with a second --template, or --parameter {reference}=VALUE"
        );
        self.remark(line, &remark);
        // Names of exports may have colons; names of resources, such as tables, may not.
        Ok(Json::from(name.replace(':', "-")))
    }

    /// Resolves the names of exports at the first import, because they may contain parameters without a value.
    fn read_exports(&self) {
        if self.exports.borrow().is_some() {
            return;
        }
        // The name of an export may be an import, which then finds no exports.
        self.exports.replace(Some(BTreeMap::new()));
        let mut exports = BTreeMap::new();
        for (index, Entry { node, .. }) in self.outputs.iter().enumerate() {
            let name = node.get("Export").and_then(|export| export.get("Name"));
            let name = name.and_then(|name| self.text(name, "the name of an export").ok()?);
            if let Some(name) = name {
                exports.entry(name).or_insert(index);
            }
        }
        self.exports.replace(Some(exports));
    }

    /// The text with its dynamic references replaced by their values.
    pub(super) fn dynamic(&self, text: String, line: usize) -> String {
        if !text.contains(DYNAMIC) {
            return text;
        }
        let (mut result, mut rest) = (String::with_capacity(text.len()), text.as_str());
        while let Some((before, after)) = rest.split_once(DYNAMIC) {
            let Some((reference, after)) = after.split_once("}}") else {
                break;
            };
            result.push_str(before);
            result.push_str(&self.dynamic_value(reference, line));
            rest = after;
        }
        result.push_str(rest);
        result
    }

    fn dynamic_value(&self, reference: &str, line: usize) -> String {
        if let Some(value) = self.parameters.outside(reference) {
            return value.to_owned();
        }
        if reference.starts_with("cf") {
            return self.output(reference, line);
        }
        let remark = format!(
            "{reference} is on AWS; its name stands in for its value, unless you pass --parameter {reference}=VALUE"
        );
        self.remark(line, &remark);
        // The service, the name, and an optional version.
        reference.split(':').nth(1).unwrap_or(reference).to_owned()
    }

    /// The output that `${cf:stack.Output}` of `serverless.yml` refers to: of the stack with this name or, because stages give
    /// stacks other names, of the only stack here that has such an output. A default stands behind `|`.
    fn output(&self, reference: &str, line: usize) -> String {
        let (reference, default) = match reference.split_once('|') {
            Some((reference, default)) => (reference, Some(default)),
            None => (reference, None),
        };
        let (_, path) = reference.split_once(':').unwrap_or_default();
        let (stack, name) = path.split_once('.').unwrap_or((path, ""));
        let named = |output: &&StackOutput| output.name == name;
        let exact = self
            .stack_outputs
            .iter()
            .find(|output| output.stack == stack && output.name == name);
        let mut others = self.stack_outputs.iter().filter(named);
        let only = others.next().filter(|_| others.next().is_none());
        let found = exact.or(only).and_then(|output| {
            let entry = self.outputs.iter().find(|entry| entry.key == output.key)?;
            Some((&output.stack, entry.node.get("Value")?))
        });
        if let Some((of, value)) = found {
            if of != stack {
                let remark =
                    format!("{reference} is the output of {of}; no stack here is called {stack}");
                self.remark(line, &remark);
            }
            let value = self.deeper(reference, line, || self.text(value, "an output"));
            return self.keep(value).flatten().unwrap_or_default();
        }
        if let Some(default) = default {
            return default.to_owned();
        }
        let remark = format!(
            "{reference} is an output of another stack, which does not run here; its name stands in for its value, unless you \
             pass its template with a second --template, or --parameter {reference}=VALUE"
        );
        self.remark(line, &remark);
        path.to_owned()
    }
}
