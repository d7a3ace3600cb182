//! Variables without an effect here: a bucket for deployments, for instance, is not used, so that its name may be missing.

use super::Variables;
use crate::template::{
    serverless::builder::EMULATED,
    yaml::{Entry, Node, Value},
};

/// Sections without an effect here, except for what other sections refer to.
const UNUSED_SECTIONS: &[&str] = &["app", "custom", "org", "package"];
/// Settings of the provider without an effect here.
const UNUSED_SETTINGS: &[&str] = &[
    "apiGateway",
    "apiKeys",
    "deploymentBucket",
    "deploymentPrefix",
    "httpApi",
    "iam",
    "iamRoleStatements",
    "logs",
    "profile",
    "role",
    "stackTags",
    "tags",
    "vpc",
];

/// Settings of a function without an effect here.
const UNUSED_IN_FUNCTIONS: &[&str] = &[
    "description",
    "fileSystemConfig",
    "iamRoleStatements",
    "kmsKeyArn",
    "onError",
    "provisionedConcurrency",
    "role",
    "tags",
    "vpc",
];

impl Variables<'_> {
    /// Resolves the variables of each section.
    pub(super) fn settle_sections(&self, document: &mut Node) {
        let Value::Mapping(sections) = &mut document.value else {
            return;
        };
        for section in sections {
            match (section.key.as_str(), &mut section.node.value) {
                ("provider", Value::Mapping(settings)) => {
                    for setting in settings {
                        self.settle_unless_in(UNUSED_SETTINGS, setting);
                    }
                }
                ("functions", _) => self.settle_functions(&mut section.node),
                _ => self.settle_unless_in(UNUSED_SECTIONS, section),
            }
        }
    }

    /// Resolves the variables of functions, which may be a list of sections.
    fn settle_functions(&self, node: &mut Node) {
        match &mut node.value {
            Value::Scalar { .. } => self.settle(node, 0),
            Value::Sequence(sections) => {
                for section in sections {
                    self.settle_functions(section);
                }
            }
            Value::Mapping(functions) => {
                for function in functions {
                    self.settle_function(&mut function.node);
                }
            }
        }
    }

    fn settle_function(&self, node: &mut Node) {
        let Value::Mapping(settings) = &mut node.value else {
            return self.settle(node, 0);
        };
        for setting in settings {
            match &mut setting.node.value {
                Value::Sequence(events) if setting.key == "events" => {
                    for event in events {
                        self.settle_event(event);
                    }
                }
                _ => self.settle_unless_in(UNUSED_IN_FUNCTIONS, setting),
            }
        }
    }

    /// Resolves the variables of an event, whose only key is its kind.
    fn settle_event(&self, node: &mut Node) {
        let Value::Mapping(kinds) = &mut node.value else {
            return self.settle(node, 0);
        };
        for kind in kinds {
            let is_unused = !EMULATED.contains(&kind.key.as_str());
            self.settle_entry(kind, is_unused);
        }
    }

    fn settle_unless_in(&self, unused: &[&str], entry: &mut Entry) {
        let is_unused = unused.contains(&entry.key.as_str());
        self.settle_entry(entry, is_unused);
    }

    fn settle_entry(&self, entry: &mut Entry, is_unused: bool) {
        self.is_unused.set(is_unused);
        self.settle(&mut entry.node, 0);
        self.is_unused.set(false);
    }
}
