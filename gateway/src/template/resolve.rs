//! Values of the template: parameters put in, `Ref`, `Fn::Sub` and `Fn::GetAtt` resolved. Only what is asked for is
//! resolved, so an intrinsic that is unknown here does no harm in a policy or an alarm.

use std::{cell::Cell, collections::BTreeMap, path::Path};

use serde_json::Value as Json;

use super::{
    error::{Error, Problem},
    resources::{self, Kind},
    yaml::{Entry, Node, Value},
};

/// Account that appears in ARNs and events; the one that AWS uses in its own examples.
pub(crate) const ACCOUNT: &str = "123456789012";
/// Region of everything here. Functions get it as `AWS_REGION`.
pub(crate) const REGION: &str = "us-east-1";
/// `AWS::StackName`, and the first part of every name that the template does not give.
pub(crate) const STACK_NAME: &str = "local";
/// Names that refer to names, deeper than any template does it.
const MAX_DEPTH: usize = 32;

/// Knows what every name of the template stands for.
pub(crate) struct Resolver<'t> {
    file: &'t Path,
    parameters: BTreeMap<String, Json>,
    resources: &'t [Entry],
    stage: &'t str,
    depth: Cell<usize>,
}

impl<'t> Resolver<'t> {
    pub(crate) fn new(
        file: &'t Path,
        parameters: BTreeMap<String, Json>,
        resources: &'t [Entry],
        stage: &'t str,
    ) -> Self {
        Self {
            file,
            parameters,
            resources,
            stage,
            depth: Cell::new(0),
        }
    }

    pub(crate) fn error(&self, line: usize, problem: Problem) -> Error {
        Error::new(self.file, line, problem)
    }

    /// The folder of the template, which `CodeUri` is relative to.
    pub(crate) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or_else(|| Path::new("."))
    }

    /// The value as JSON; nothing for `!Ref AWS::NoValue`, which stands for an absent property.
    pub(crate) fn json(&self, node: &Node) -> Result<Option<Json>, Error> {
        match &node.value {
            Value::Scalar { text, plain: false } => Ok(Some(Json::from(text.as_str()))),
            Value::Scalar { text, plain: true } => Ok(Some(plain_scalar(text))),
            Value::Sequence(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.json(item)).collect();
                Ok(Some(items?.into_iter().flatten().collect()))
            }
            Value::Mapping(entries) => match entries.as_slice() {
                [only] if is_intrinsic(&only.key) => self.intrinsic(only),
                _ => self.object(entries).map(Some),
            },
        }
    }

    /// The value as text, as CloudFormation turns scalars into strings.
    pub(crate) fn text(&self, node: &Node, of: &str) -> Result<Option<String>, Error> {
        // A plain scalar stays as it was written: 010 is not 10 when a string is wanted.
        if let Value::Scalar { text, .. } = &node.value {
            return Ok(Some(text.clone()));
        }
        match self.json(node)? {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(scalar @ (Json::Bool(_) | Json::Number(_))) => Ok(Some(scalar.to_string())),
            Some(_) => {
                let problem = Problem::Kind {
                    of: of.to_owned(),
                    wanted: "text",
                    found: node.kind(),
                };
                Err(self.error(node.line, problem))
            }
        }
    }

    fn object(&self, entries: &[Entry]) -> Result<Json, Error> {
        let mut object = serde_json::Map::new();
        for entry in entries {
            if let Some(value) = self.json(&entry.node)? {
                object.insert(entry.key.clone(), value);
            }
        }
        Ok(Json::Object(object))
    }

    fn intrinsic(&self, entry: &Entry) -> Result<Option<Json>, Error> {
        let node = &entry.node;
        let bad = |wanted| Problem::Kind {
            of: entry.key.clone(),
            wanted,
            found: node.kind(),
        };
        match (entry.key.as_str(), &node.value) {
            ("Ref", Value::Scalar { text, .. }) => self.reference(text, node.line),
            ("Ref", _) => Err(self.error(node.line, bad("a name"))),
            ("Fn::GetAtt", Value::Scalar { text, .. }) => match text.split_once('.') {
                Some((resource, attribute)) => {
                    self.attribute(resource, attribute, node.line).map(Some)
                }
                None => Err(self.error(node.line, bad("Resource.Attribute"))),
            },
            ("Fn::GetAtt", Value::Sequence(items)) => match items.as_slice() {
                [resource, attribute]
                    if resource.text().is_some() && attribute.text().is_some() =>
                {
                    let (resource, attribute) = (resource.text(), attribute.text());
                    self.attribute(
                        resource.unwrap_or_default(),
                        attribute.unwrap_or_default(),
                        node.line,
                    )
                    .map(Some)
                }
                _ => Err(self.error(node.line, bad("[Resource, Attribute]"))),
            },
            ("Fn::Sub", Value::Scalar { text, .. }) => {
                self.substitute(text, None, node.line).map(Some)
            }
            ("Fn::Sub", Value::Sequence(items)) => match items.as_slice() {
                [
                    Node {
                        value: Value::Scalar { text, .. },
                        ..
                    },
                    Node {
                        value: Value::Mapping(own),
                        ..
                    },
                ] => self.substitute(text, Some(own), node.line).map(Some),
                _ => Err(self.error(node.line, bad("text, or [text, a mapping of variables]"))),
            },
            _ => Err(self.error(
                entry.line,
                Problem::Intrinsic {
                    found: entry.key.clone(),
                },
            )),
        }
    }

    /// `${Name}`, `${Resource.Attribute}`, and `${!Literal}` for a literal `${Literal}`.
    fn substitute(&self, text: &str, own: Option<&[Entry]>, line: usize) -> Result<Json, Error> {
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
                    let problem = Problem::Kind {
                        of: format!("${{{name}}} in !Sub"),
                        wanted: "text",
                        found: "a list or nothing".to_owned(),
                    };
                    return Err(self.error(line, problem));
                }
            }
        }
        result.push_str(rest);
        Ok(Json::String(result))
    }

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
            && self.kind_of(api) == Some(Kind::Api)
        {
            return Ok(Some(Json::from(self.stage)));
        }
        self.physical_name(name, line)
            .map(|name| Some(Json::from(name)))
    }

    fn kind_of(&self, logical_id: &str) -> Option<Kind> {
        let resource = self
            .resources
            .iter()
            .find(|entry| entry.key == logical_id)?;
        resources::kind(resource.node.get("Type")?.text()?)
    }

    /// The name that a resource has once it exists.
    pub(crate) fn physical_name(&self, logical_id: &str, line: usize) -> Result<String, Error> {
        let Some(resource) = self.resources.iter().find(|entry| entry.key == logical_id) else {
            return Err(self.error(line, self.unknown(logical_id)));
        };
        let property = match self.kind_of(logical_id) {
            Some(Kind::Api) => return Ok(api_id(logical_id)),
            Some(Kind::Function) => "FunctionName",
            Some(Kind::Table | Kind::SimpleTable) => "TableName",
            Some(Kind::LeftOut) | None => return Ok(format!("{STACK_NAME}-{logical_id}")),
        };
        let Some(node) = resource
            .node
            .get("Properties")
            .and_then(|properties| properties.get(property))
        else {
            return Ok(format!("{STACK_NAME}-{logical_id}"));
        };
        if self.depth.get() > MAX_DEPTH {
            return Err(self.error(line, Problem::Circular(logical_id.to_owned())));
        }
        self.depth.set(self.depth.get() + 1);
        let name = self.text(node, property);
        self.depth.set(self.depth.get() - 1);
        Ok(name?.unwrap_or_else(|| format!("{STACK_NAME}-{logical_id}")))
    }

    fn attribute(&self, resource: &str, attribute: &str, line: usize) -> Result<Json, Error> {
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
            (Some(Kind::Api), "ApiId") => name,
            (Some(Kind::Api), "ApiEndpoint") => format!("wss://{}", domain(&name)),
            (Some(Kind::Api), _) => return Err(unknown(&["ApiId", "ApiEndpoint"])),
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

fn is_intrinsic(key: &str) -> bool {
    key == "Ref" || key == "Condition" || key.starts_with("Fn::")
}

/// Type of an unquoted scalar, by YAML's core schema.
fn plain_scalar(text: &str) -> Json {
    match text {
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        "null" | "~" | "" => Json::Null,
        _ => text
            .parse::<i64>()
            .map_or_else(|_| Json::from(text), Json::from),
    }
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
