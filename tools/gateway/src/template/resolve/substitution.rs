//! `Fn::Sub`: variables within a text.

use serde_json::Value as Json;

use super::Resolver;
use crate::template::{
    error::{Error, Problem},
    yaml::Entry,
};

impl Resolver<'_> {
    /// `${Name}`, `${Resource.Attribute}`, and `${!Literal}` for a literal `${Literal}`.
    pub(super) fn substitute(
        &self,
        text: &str,
        own: Option<&[Entry]>,
        line: usize,
    ) -> Result<Json, Error> {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let Some(length) = rest[start..].find('}') else {
                break;
            };
            let name = &rest[start + 2..start + length];
            rest = &rest[start + length + 1..];
            if let Some(literal) = name.strip_prefix('!') {
                result.extend(["${", literal, "}"]);
                continue;
            }
            let variable = own.and_then(|own| own.iter().find(|entry| entry.key == name));
            let value = match (variable, name.split_once('.')) {
                (Some(entry), _) => self.json(&entry.node)?,
                (None, Some((resource, attribute))) if !name.starts_with("AWS::") => {
                    Some(self.attribute(resource, attribute, line)?)
                }
                _ => self.reference(name, line)?,
            };
            match value {
                Some(Json::String(value)) => result.push_str(&value),
                Some(value @ (Json::Bool(_) | Json::Number(_))) => {
                    result.push_str(&value.to_string());
                }
                _ => {
                    let of = format!("${{{name}}} in !Sub");
                    let problem = Problem::kind(of, "text", "a list or nothing");
                    return Err(self.error(line, problem));
                }
            }
        }
        result.push_str(rest);
        self.bounded(result, line)
    }
}
