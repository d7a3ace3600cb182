//! The transforms of a template that CloudFormation itself applies: `AWS::Include` inserts files, and `AWS::LanguageExtensions`
//! expands loops (`Fn::ForEach`). Applied first, so that the rest of the reader meets neither. SAM's own transform is what the
//! other modules emulate, and macros of an account are left out with a remark.

mod for_each;
mod include;

pub(super) use self::{for_each::expand, include::insert};
use super::yaml::Node;

/// Whether the section `Transform` names the transform.
fn names(document: &Node, transform: &str) -> bool {
    let is = |node: &Node| node.text().or_else(|| node.get("Name")?.text()) == Some(transform);
    document
        .get("Transform")
        .is_some_and(|node| node.one_or_more().iter().any(is))
}
