//! Intrinsics on lists and mappings: `Fn::Join`, `Fn::Split`, `Fn::Select`, `Fn::FindInMap`, `Fn::GetAZs`, `Fn::Base64`, and
//! those of the transform `AWS::LanguageExtensions`: `Fn::Length`, `Fn::ToJsonString`.

use serde_json::Value as Json;

use super::{REGION, Resolver};
use crate::template::{
    error::{Error, Problem},
    yaml::{Entry, Node},
};

/// The availability zones of a region, by default of this one. Most regions have at least three.
fn zones(region: &str) -> Json {
    let region = if region.is_empty() { REGION } else { region };
    ["a", "b", "c"]
        .iter()
        .map(|zone| Json::from(format!("{region}{zone}")))
        .collect()
}

impl Resolver<'_> {
    /// Evaluates the intrinsics of this module; `None` for any other.
    pub(super) fn list_intrinsic(&self, entry: &Entry) -> Option<Result<Option<Json>, Error>> {
        let (of, node) = (entry.key.as_str(), &entry.node);
        Some(match (of, node.items()) {
            ("Fn::Join", [separator, values]) => self.join(of, separator, values).map(Some),
            ("Fn::Split", [separator, text]) => self.split(of, separator, text).map(Some),
            ("Fn::Select", [index, values]) => self.select(of, index, values).map(Some),
            ("Fn::FindInMap", [map, first, second]) => {
                self.find_in_map(of, [map, first, second], None)
            }
            ("Fn::FindInMap", [map, first, second, options]) => {
                self.find_in_map(of, [map, first, second], options.get("DefaultValue"))
            }
            ("Fn::Base64", _) => self
                .text(node, of)
                .map(|text| text.map(|text| data_encoding::BASE64.encode(text.as_bytes()).into())),
            ("Fn::GetAZs", _) => self
                .text(node, of)
                .map(|region| Some(zones(&region.unwrap_or_default()))),
            ("Fn::Length", _) => self.list(of, node).map(|values| Some(values.len().into())),
            ("Fn::ToJsonString", _) => self
                .json(node)
                .map(|value| value.map(|value| value.to_string().into())),
            _ => return None,
        })
    }

    /// Values joined by a separator.
    fn join(&self, of: &str, separator: &Node, values: &Node) -> Result<Json, Error> {
        let line = values.line;
        let separator = self.text(separator, of)?.unwrap_or_default();
        let texts: Vec<_> = self
            .list(of, values)?
            .into_iter()
            .map(|value| match value {
                Json::String(text) => text,
                other => other.to_string(),
            })
            .collect();
        self.bounded(texts.join(&separator), line)
    }

    fn split(&self, of: &str, separator: &Node, text: &Node) -> Result<Json, Error> {
        let separator = self.text(separator, of)?.unwrap_or_default();
        let text = self.text(text, of)?.unwrap_or_default();
        Ok(text.split(&separator).map(Json::from).collect())
    }

    fn select(&self, of: &str, index: &Node, values: &Node) -> Result<Json, Error> {
        let found = self.text(index, of)?.unwrap_or_default();
        let mut values = self.list(of, values)?;
        match found.parse::<usize>() {
            Ok(index) if index < values.len() => Ok(values.swap_remove(index)),
            _ => {
                let wanted = format!("the list has {} values, counted from 0", values.len());
                let problem = Problem::value("the index of Fn::Select", found, wanted);
                Err(self.error(index.line, problem))
            }
        }
    }

    fn find_in_map(
        &self,
        of: &str,
        keys: [&Node; 3],
        default: Option<&Node>,
    ) -> Result<Option<Json>, Error> {
        let mut names = Vec::with_capacity(keys.len());
        for key in keys {
            names.push(self.text(key, of)?.unwrap_or_default());
        }
        let found = self
            .mappings
            .and_then(|mappings| names.iter().try_fold(mappings, |node, name| node.get(name)))
            .or(default);
        found.map_or_else(
            || {
                let wanted = "the section Mappings has no such value";
                let problem = Problem::value(of, names.join("."), wanted);
                Err(self.error(keys[0].line, problem))
            },
            |node| self.json(node),
        )
    }

    fn list(&self, of: &str, node: &Node) -> Result<Vec<Json>, Error> {
        if let Some(Json::Array(values)) = self.json(node)? {
            return Ok(values);
        }
        let problem = Problem::kind(of, "a list of values", node.kind());
        Err(self.error(node.line, problem))
    }
}
