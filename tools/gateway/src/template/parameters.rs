//! The section `Parameters`: defaults, values from the command line, and the rules for a value.
//!
//! A parameter without a value is a problem only where something that runs reads it: the domain name of a template that is
//! deployed, for instance, has no effect here. Values of what is outside the template, such as the exports of other stacks, come
//! from the command line too.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::Value as Json;

use super::{
    Overrides,
    error::{Error, Problem},
    files::Files,
    yaml::{Entry, Node},
};

/// Values from the command line: of parameters, and of references to other stacks and services.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters {
    declared: BTreeMap<String, Parameter>,
    outside: BTreeMap<String, String>,
}

/// A parameter that the template declares.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) line: usize,
    /// A placeholder if the parameter has no value.
    pub(crate) value: Json,
    pub(crate) missing: Option<Missing>,
}

/// Why a parameter has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It has no default.
    Value,
    /// The value is in Systems Manager, under this name.
    Stored,
}

impl Parameter {
    /// A parameter whose value has been reported.
    fn unknown(declaration: &Entry) -> Self {
        Self {
            line: declaration.line,
            value: placeholder(&declaration.node),
            missing: None,
        }
    }
}

impl Parameters {
    pub(crate) fn get(&self, name: &str) -> Option<&Parameter> {
        self.declared.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().map(String::as_str)
    }

    /// The value that the command line gives for `reference`, for instance `ssm:/prod/key` or `import:other-stack-table`.
    pub(crate) fn outside(&self, reference: &str) -> Option<&str> {
        self.outside.get(reference).map(String::as_str)
    }

    /// All references that start with `kind`, without it, and their values.
    pub(crate) fn all_outside(&self, kind: &str) -> impl Iterator<Item = (&str, &str)> {
        let outside = self.outside.iter();
        outside.filter_map(move |(reference, value)| {
            Some((reference.strip_prefix(kind)?, value.as_str()))
        })
    }
}

/// Whether a name on the command line refers to something outside of the template rather than to a parameter.
fn is_outside(name: &str) -> bool {
    name.contains(':')
}

/// All declared parameters. A parameter with an invalid value is reported and gets a placeholder, so that reading can continue.
/// With `options`, the command line may have other names too, which are options of a `serverless.yml`.
pub(crate) fn read(
    files: &Files,
    section: Option<&Node>,
    given: &Overrides,
    options: bool,
    problems: &mut Vec<Error>,
) -> Parameters {
    let declared = section.map_or(&[][..], Node::entries);
    let mut parameters = Parameters::default();
    for (found, value) in &given.parameters {
        if is_outside(found) {
            parameters.outside.insert(found.clone(), value.clone());
        } else if !options && declared.iter().all(|entry| &entry.key != found) {
            let known = declared.iter().map(|entry| entry.key.clone()).collect();
            let line = section.map_or(1, |node| node.line);
            let found = found.clone();
            problems.push(files.error(line, Problem::ParameterUnknown { found, known }));
        }
    }
    for entry in declared {
        let given = given.parameter(&entry.key);
        let parameter = parameter(files, entry, given).unwrap_or_else(|error| {
            problems.push(error);
            Parameter::unknown(entry)
        });
        parameters.declared.insert(entry.key.clone(), parameter);
    }
    parameters
}

/// The parameters of a nested stack with the values that the template around it gives, by name and with their lines. Those whose
/// values are not known, because they depend on resources, are left out.
pub(crate) fn of_nested(
    files: &Files,
    declared: &[Entry],
    given: &BTreeMap<&str, (usize, Option<Json>)>,
    problems: &mut Vec<Error>,
) -> Parameters {
    let mut parameters = Parameters::default();
    for entry in declared {
        let mut entry = entry.clone();
        let given = given.get(entry.key.as_str());
        let value = match given {
            Some((_, None)) => continue,
            Some((_, Some(Json::Array(items)))) => {
                let items: Vec<_> = items.iter().map(plain).collect();
                Some(items.join(","))
            }
            Some((_, Some(value))) => Some(plain(value)),
            None if entry.node.get("Default").is_none() => continue,
            None => None,
        };
        // Problems with a value are reported where it is given.
        entry.line = given.map_or(entry.line, |(line, _)| *line);
        let parameter = parameter(files, &entry, value.as_ref());
        let parameter = parameter.unwrap_or_else(|error| {
            problems.push(error);
            Parameter::unknown(&entry)
        });
        parameters.declared.insert(entry.key, parameter);
    }
    parameters
}

/// A scalar as text.
pub(super) fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn placeholder(declaration: &Node) -> Json {
    let first = declaration.items_of("AllowedValues").first();
    let first = first.and_then(Node::text);
    let text = first.or_else(|| declaration.get("MinValue")?.text());
    let value = Json::from(text.unwrap_or("1"));
    match declaration.text_of("Type") {
        Some(kind) if is_list(kind) => Json::Array(vec![value]),
        _ => value,
    }
}

fn parameter(files: &Files, entry: &Entry, given: Option<&String>) -> Result<Parameter, Error> {
    let text = |name| entry.node.text_of(name);
    let line = entry.line;
    // The first version of the CDK passes the places of its assets when it deploys; they are beside the template here.
    let asset = || entry.key.starts_with("AssetParameters").then_some("");
    let default = || text("Default").or_else(asset);
    let Some(value) = given.map(String::as_str).or_else(default) else {
        return Ok(Parameter {
            line,
            value: placeholder(&entry.node),
            missing: Some(Missing::Value),
        });
    };
    let kind = text("Type").unwrap_or_default();
    let is_stored = kind.starts_with("AWS::SSM::Parameter::Value<") && given.is_none();
    check(&entry.node, value).map_err(|rule| {
        let wanted = text("ConstraintDescription").map_or(rule, ToOwned::to_owned);
        let of = format!("the parameter {}", entry.key);
        files.error(line, Problem::value(of, value, wanted))
    })?;
    let value = if is_list(kind) {
        let items = value.split(',').map(|item| Json::from(item.trim()));
        items.collect()
    } else {
        Json::from(value)
    };
    let missing = is_stored.then_some(Missing::Stored);
    Ok(Parameter {
        line,
        value,
        missing,
    })
}

/// Whether a value of this type is a list, separated by commas.
pub(crate) fn is_list(kind: &str) -> bool {
    kind == "CommaDelimitedList" || kind.starts_with("List<")
}

/// The rule that `value` breaks, as a phrase.
fn check(declaration: &Node, value: &str) -> Result<(), String> {
    let number = |name| {
        declaration
            .text_of(name)
            .and_then(|text| text.parse::<f64>().ok())
    };
    if let Some(pattern) = declaration.text_of("AllowedPattern") {
        // CloudFormation matches the whole value. A pattern that this engine does not support is left to AWS.
        let whole = Regex::new(&format!("^(?:{pattern})$"));
        if whole.is_ok_and(|whole| !whole.is_match(value)) {
            return Err(format!("it must match {pattern}"));
        }
    }
    let allowed = declaration.items_of("AllowedValues").iter();
    let allowed: Vec<_> = allowed.filter_map(Node::text).collect();
    let is_allowed = |value: &str| allowed.is_empty() || allowed.contains(&value);
    let all_are = if declaration.text_of("Type").is_some_and(is_list) {
        value.split(',').map(str::trim).all(is_allowed)
    } else {
        is_allowed(value)
    };
    if !all_are {
        return Err(format!("it must be one of {}", allowed.join(", ")));
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "no parameter is longer than 4,096 characters"
    )]
    let length = value.chars().count() as f64;
    if number("MinLength").is_some_and(|least| length < least)
        || number("MaxLength").is_some_and(|max| length > max)
    {
        return Err("its length is out of range".to_owned());
    }
    if declaration.text_of("Type") == Some("Number") {
        let parsed: f64 = value
            .parse()
            .map_err(|_| "it must be a number".to_owned())?;
        if number("MinValue").is_some_and(|least| parsed < least)
            || number("MaxValue").is_some_and(|max| parsed > max)
        {
            return Err("it is out of range".to_owned());
        }
    }
    Ok(())
}
