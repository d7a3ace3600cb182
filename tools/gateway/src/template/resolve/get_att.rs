//! `Fn::GetAtt`, in its two forms.

use serde_json::Value as Json;

use super::Resolver;
use crate::template::{
    error::{Error, Problem},
    yaml::{Entry, Value},
};

impl Resolver<'_> {
    /// `Resource.Attribute`, or `[Resource, Attribute]`.
    pub(super) fn get_att(&self, entry: &Entry) -> Result<Json, Error> {
        let Entry { key, node, .. } = entry;
        let bad = |wanted| self.error(node.line, Problem::kind(key, wanted, node.kind()));
        match &node.value {
            Value::Scalar { text, .. } => {
                let (resource, attribute) = text
                    .split_once('.')
                    .ok_or_else(|| bad("Resource.Attribute"))?;
                self.attribute(resource, attribute, node.line)
            }
            Value::Sequence(items) => {
                let [resource, attribute] = items.as_slice() else {
                    return Err(bad("[Resource, Attribute]"));
                };
                let resource = self.text(resource, key)?.unwrap_or_default();
                let attribute = self.text(attribute, key)?.unwrap_or_default();
                self.attribute(&resource, &attribute, node.line)
            }
            Value::Mapping(_) => {
                let found = key.clone();
                Err(self.error(entry.line, Problem::Intrinsic { found }))
            }
        }
    }
}
