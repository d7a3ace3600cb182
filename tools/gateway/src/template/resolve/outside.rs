//! Values that are not in the template: parameters, exports of other stacks, and dynamic references to parameters and secrets
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>). `--parameter` gives them; where
//! it does not, a name stands in for the value, with a remark that names the option.

use serde_json::Value as Json;

use super::Resolver;
use crate::template::{error::Problem, parameters::Missing};

/// Start of a dynamic reference.
const DYNAMIC: &str = "{{resolve:";

impl Resolver<'_> {
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

    /// The value that another stack exports under `name`.
    pub(super) fn import(&self, name: String, line: usize) -> String {
        let reference = format!("import:{name}");
        if let Some(value) = self.parameters.outside(&reference) {
            return value.to_owned();
        }
        let remark = format!(
            "{name} is exported by another stack, which does not run here; its name stands in for its value, unless you pass \
             --parameter {reference}=VALUE"
        );
        self.remark(line, &remark);
        // Names of exports may have colons; names of resources, such as tables, may not.
        name.replace(':', "-")
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
            result.push_str(self.dynamic_value(reference, line));
            rest = after;
        }
        result.push_str(rest);
        result
    }

    fn dynamic_value<'r>(&'r self, reference: &'r str, line: usize) -> &'r str {
        self.parameters.outside(reference).unwrap_or_else(|| {
            let remark = format!(
                "{reference} is on AWS; its name stands in for its value, unless you pass --parameter {reference}=VALUE"
            );
            self.remark(line, &remark);
            // The service, the name, and an optional version.
            reference.split(':').nth(1).unwrap_or(reference)
        })
    }
}
