//! Variables without an effect here: a bucket for deployments, for instance, is not used, so that its name may be missing.

use super::Variables;
use crate::template::yaml::{Entry, Node, Value};

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
                        self.settle_unless_unused(setting, UNUSED_SETTINGS);
                    }
                }
                _ => self.settle_unless_unused(section, UNUSED_SECTIONS),
            }
        }
    }

    fn settle_unless_unused(&self, entry: &mut Entry, unused: &[&str]) {
        self.is_unused.set(unused.contains(&entry.key.as_str()));
        self.settle(&mut entry.node, 0);
        self.is_unused.set(false);
    }
}
