//! What the names of a template stand for: parameters, pseudo parameters, resources and their attributes.

use serde_json::Value as Json;

use super::{ACCOUNT, MAX_DEPTH, REGION, Resolver, STACK_NAME};
use crate::template::{
    error::{Error, Problem},
    resources::{self, Kind, Part},
    sam,
};

impl Resolver<'_> {
    /// What `Ref` gives: a parameter's value, a pseudo parameter, or the physical name of a resource.
    pub(crate) fn reference(&self, name: &str, line: usize) -> Result<Option<Json>, Error> {
        let pseudo = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::Region" => Some(REGION),
            "AWS::StackName" => Some(STACK_NAME),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(Some(Json::from(value)));
        }
        if name == "AWS::StackId" {
            let id = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/local");
            return Ok(Some(Json::from(id)));
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        // SAM gives every API the referable property `Stage`.
        if let Some((api, "Stage")) = name.split_once('.')
            && self.kind_of(api) == Some(Kind::SamApi)
        {
            return Ok(Some(Json::from(self.stage)));
        }
        self.physical_name(name, line)
            .map(|name| Some(Json::from(name)))
    }

    pub(crate) fn kind_of(&self, logical_id: &str) -> Option<Kind> {
        let resource = self
            .resources
            .iter()
            .find(|entry| entry.key == logical_id)?;
        resources::kind(resource.node.get("Type")?.text()?)
    }

    /// The name that a resource has once it exists.
    pub(crate) fn physical_name(&self, logical_id: &str, line: usize) -> Result<String, Error> {
        let generated = generated(logical_id);
        let Some(resource) = self.resources.iter().find(|entry| entry.key == logical_id) else {
            if sam::generates(self.resources, logical_id) {
                return Ok(generated);
            }
            return Err(self.error(line, self.unknown(logical_id)));
        };
        let property = match self.kind_of(logical_id) {
            Some(Kind::SamApi | Kind::V2(Part::Api)) => return Ok(api_id(logical_id)),
            Some(Kind::V2(Part::Stage)) => return Ok(self.stage.to_owned()),
            Some(Kind::Function) => "FunctionName",
            Some(Kind::Table | Kind::SimpleTable) => "TableName",
            Some(Kind::V2(_) | Kind::LeftOut) | None => return Ok(generated),
        };
        let Some(node) = resource
            .node
            .get("Properties")
            .and_then(|properties| properties.get(property))
        else {
            return Ok(generated);
        };
        if self.depth.get() > MAX_DEPTH {
            return Err(self.error(line, Problem::Circular(logical_id.to_owned())));
        }
        self.depth.set(self.depth.get() + 1);
        let name = self.text(node, property);
        self.depth.set(self.depth.get() - 1);
        Ok(name?.unwrap_or(generated))
    }

    pub(super) fn attribute(
        &self,
        resource: &str,
        attribute: &str,
        line: usize,
    ) -> Result<Json, Error> {
        let name = self.physical_name(resource, line)?;
        let unknown = |known| {
            let (resource, attribute) = (resource.to_owned(), attribute.to_owned());
            self.error(
                line,
                Problem::Attribute {
                    resource,
                    attribute,
                    known,
                },
            )
        };
        let value = match (self.kind_of(resource), attribute) {
            (Some(Kind::Function), "Arn") => function_arn(&name),
            (Some(Kind::Table | Kind::SimpleTable), "Arn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
            }
            (Some(Kind::Function | Kind::Table | Kind::SimpleTable), _) => {
                return Err(unknown(&["Arn"]));
            }
            (Some(Kind::SamApi | Kind::V2(Part::Api)), "ApiId") => name,
            (Some(Kind::SamApi | Kind::V2(Part::Api)), "ApiEndpoint") => {
                format!("wss://{}", domain(&name))
            }
            (Some(Kind::SamApi | Kind::V2(Part::Api)), _) => {
                return Err(unknown(&["ApiId", "ApiEndpoint"]));
            }
            // The only attribute that the other parts of an API have is their id.
            (Some(Kind::V2(_)), _) => name,
            // Nothing stands behind it here; the name says so wherever it turns up.
            (Some(Kind::LeftOut) | None, _) => format!("{name}.{attribute}"),
        };
        Ok(Json::from(value))
    }

    fn unknown(&self, found: &str) -> Problem {
        let names = self
            .parameters
            .keys()
            .chain(self.resources.iter().map(|entry| &entry.key));
        let near = names
            .filter(|name| resembles(name, found))
            .min_by_key(|name| name.len().abs_diff(found.len()));
        Problem::UnknownName {
            found: found.to_owned(),
            near: near.cloned(),
        }
    }
}

/// The name that a resource has when the template gives none.
pub(crate) fn generated(logical_id: &str) -> String {
    format!("{STACK_NAME}-{logical_id}")
}

/// A function's ARN, by its physical name.
pub(crate) fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The host of an API's public address.
pub(crate) fn domain(api_id: &str) -> String {
    format!("{api_id}.execute-api.{REGION}.amazonaws.com")
}

/// Ten characters of the shape that API Gateway gives, the same for one logical id at every start.
fn api_id(logical_id: &str) -> String {
    // FNV-1a: the standard library's hashes promise no stability between versions.
    let mut hash = logical_id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (0..10)
        .map(|_| {
            let digit = u32::try_from(hash % 36).unwrap_or(0);
            hash /= 36;
            char::from_digit(digit, 36).unwrap_or('0')
        })
        .collect()
}

/// Equal but for case, or one letter more, less or other.
fn resembles(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let same_start = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let same_end = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count();
    a == b || same_start + same_end + 1 >= a.len().max(b.len())
}
