//! The names within a nested stack, as they are in the template that contains it.

use std::collections::{BTreeMap, BTreeSet};

use crate::template::{
    error::Problem,
    parameters::is_list,
    transforms::merge,
    yaml::{Entry, Node, Value},
};

/// Types whose properties have defaults in `Globals`, and the sections there.
const GLOBALS: &[(&str, &str)] = &[
    ("AWS::Serverless::Function", "Function"),
    ("AWS::Serverless::SimpleTable", "SimpleTable"),
    ("AWS::Serverless::WebSocketApi", "WebSocketApi"),
];

/// The meaning of names in one nested stack.
pub(super) struct Scope {
    prefix: String,
    parameters: BTreeMap<String, Node>,
    conditions: BTreeSet<String>,
}

impl Scope {
    /// `given` are the values of parameters.
    ///
    /// # Errors
    /// When a parameter has no value.
    pub(super) fn new(
        stack: &str,
        template: &Node,
        given: Option<&Node>,
    ) -> Result<Self, (usize, Problem)> {
        let section = |name| template.get(name).map_or(&[][..], Node::entries);
        let mut parameters = BTreeMap::new();
        for Entry { key, line, node } in section("Parameters") {
            let value = given.and_then(|given| given.get(key));
            let Some(value) = value.or_else(|| node.get("Default")) else {
                let missing = format!("Parameters.{key}");
                let of = stack.to_owned();
                let line = given.map_or(*line, |given| given.line);
                return Err((line, Problem::Missing { missing, of }));
            };
            let is_list = node.get("Type").and_then(Node::text).is_some_and(is_list);
            let value = match &value.value {
                Value::Scalar { text, .. } if is_list => split(*line, text),
                // A plain scalar could be a number where text is expected.
                Value::Scalar { text, .. } => scalar(value.line, text),
                _ => value.clone(),
            };
            parameters.insert(key.clone(), value);
        }
        let conditions = section("Conditions").iter().map(|entry| entry.key.clone());
        Ok(Self {
            prefix: stack.to_owned(),
            parameters,
            conditions: conditions.collect(),
        })
    }

    /// Renames what the template defines and refers to, and replaces its parameters.
    pub(super) fn rename(&self, template: &mut Node) {
        for name in ["Conditions", "Mappings", "Outputs", "Resources"] {
            let Some(Value::Mapping(entries)) = template.get_mut(name).map(|node| &mut node.value)
            else {
                continue;
            };
            for entry in entries {
                if name == "Resources" {
                    self.attributes(&mut entry.node);
                }
                self.node(&mut entry.node);
                if name != "Outputs" {
                    entry.key.insert_str(0, &self.prefix);
                }
            }
        }
    }

    /// `DependsOn` and `Condition` of a resource.
    fn attributes(&self, resource: &mut Node) {
        if let Some(node) = resource.get_mut("DependsOn") {
            match &mut node.value {
                Value::Sequence(items) => items.iter_mut().for_each(|item| self.prefixed(item)),
                _ => self.prefixed(node),
            }
        }
        if let Some(node) = resource.get_mut("Condition") {
            self.condition(node);
        }
    }

    fn node(&self, node: &mut Node) {
        if let Some((function, inner)) = node.intrinsic_mut() {
            match function {
                "Ref" => {
                    if let Some(value) = inner.text().and_then(|name| self.parameters.get(name)) {
                        *node = value.clone();
                    } else {
                        self.prefixed(inner);
                    }
                    return;
                }
                "Condition" => return self.condition(inner),
                "Fn::Sub" => return self.substitution(inner),
                "Fn::GetAtt" | "Fn::FindInMap" | "Fn::If" => {
                    let is_condition = function == "Fn::If";
                    let first = match &mut inner.value {
                        Value::Sequence(items) => items.first_mut(),
                        _ => Some(&mut *inner),
                    };
                    match first {
                        Some(first) if is_condition => self.condition(first),
                        Some(first) => self.prefixed(first),
                        None => {}
                    }
                }
                _ => {}
            }
        }
        match &mut node.value {
            Value::Scalar { .. } => {}
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.node(item)),
            Value::Mapping(entries) => {
                for entry in entries {
                    self.node(&mut entry.node);
                }
            }
        }
    }

    fn prefixed(&self, node: &mut Node) {
        if let Value::Scalar { text, .. } = &mut node.value
            && !text.starts_with("AWS::")
        {
            text.insert_str(0, &self.prefix);
        }
    }

    fn condition(&self, node: &mut Node) {
        if let Value::Scalar { text, .. } = &mut node.value
            && self.conditions.contains(text)
        {
            text.insert_str(0, &self.prefix);
        }
    }

    fn substitution(&self, sub: &mut Node) {
        if let Value::Sequence(items) = &mut sub.value {
            items.iter_mut().skip(1).for_each(|item| self.node(item));
        }
        let mut used = BTreeMap::new();
        rename_variables(sub, |name| {
            if let Some(value) = self.parameters.get(name) {
                used.insert(name.to_owned(), value.clone());
                return None;
            }
            (!name.starts_with("AWS::")).then(|| format!("{}{name}", self.prefix))
        });
        add_variables(sub, used);
    }
}

/// Makes resources depend on the condition of the nested stack too.
pub(super) fn join_condition(template: &mut Node, condition: Option<&Node>) {
    let Some(condition) = condition else {
        return;
    };
    let line = condition.line;
    let both = |own: &Node| {
        let holds = |node: &Node| mapping(line, "Condition", node.clone());
        let all = vec![holds(condition), holds(own)];
        let value = Value::Sequence(all);
        mapping(line, "Fn::And", Node { line, value })
    };
    let mut joined = Vec::new();
    for resource in template.section("Resources") {
        let Value::Mapping(attributes) = &mut resource.node.value else {
            continue;
        };
        let own = attributes.iter_mut().find(|entry| entry.key == "Condition");
        match own {
            Some(own) => {
                let key = format!("{}Condition", resource.key);
                let node = both(&own.node);
                own.node = scalar(line, &key);
                joined.push(Entry { key, line, node });
            }
            None => attributes.push(Entry {
                key: "Condition".to_owned(),
                line,
                node: condition.clone(),
            }),
        }
    }
    template.section("Conditions").extend(joined);
}

/// The sections that become part of the containing template, and the outputs.
pub(super) fn sections(mut template: Node) -> Vec<(&'static str, Vec<Entry>)> {
    ["Conditions", "Mappings", "Resources", "Outputs"]
        .map(|name| (name, std::mem::take(template.section(name))))
        .into()
}

/// Applies the defaults in `Globals` of its own template to each resource, instead of the containing template's.
pub(super) fn bake_globals(template: &mut Node) {
    let globals = template.get("Globals").cloned();
    for resource in template.section("Resources") {
        let kind = resource.node.get("Type").and_then(Node::text);
        let Some((_, section)) = GLOBALS.iter().find(|(of, _)| Some(*of) == kind) else {
            continue;
        };
        if let Some(defaults) = globals.as_ref().and_then(|globals| globals.get(section)) {
            merge(resource.node.section("Properties"), defaults.entries());
        }
        if let Value::Mapping(attributes) = &mut resource.node.value {
            attributes.push(Entry {
                key: "IgnoreGlobals".to_owned(),
                line: resource.line,
                node: scalar(resource.line, "*"),
            });
        }
    }
}

/// Renames the variables of an `Fn::Sub` that it does not define itself. `rename` returns the new name, or `None` to keep the name.
pub(super) fn rename_variables(sub: &mut Node, mut rename: impl FnMut(&str) -> Option<String>) {
    let own: BTreeSet<_> = match sub.items() {
        [_, own] => own
            .entries()
            .iter()
            .map(|entry| entry.key.clone())
            .collect(),
        _ => BTreeSet::new(),
    };
    let text = match &mut sub.value {
        Value::Sequence(items) => items.first_mut().map(|first| &mut first.value),
        value => Some(value),
    };
    let Some(Value::Scalar { text, .. }) = text else {
        return;
    };
    let mut result = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        result.push_str(before);
        let renamed = if name.starts_with('!') || own.contains(name) {
            None
        } else {
            rename(name)
        };
        result.extend(["${", renamed.as_deref().unwrap_or(name), "}"]);
        rest = after;
    }
    result.push_str(rest);
    *text = result;
}

/// Adds variables to an `Fn::Sub`.
pub(super) fn add_variables(sub: &mut Node, variables: impl IntoIterator<Item = (String, Node)>) {
    let line = sub.line;
    let mut added = variables
        .into_iter()
        .map(|(key, node)| Entry { key, line, node });
    let Some(first) = added.next() else {
        return;
    };
    let added = std::iter::once(first).chain(added);
    if let Value::Sequence(items) = &mut sub.value {
        if let Some(Value::Mapping(own)) = items.get_mut(1).map(|node| &mut node.value) {
            own.extend(added);
        }
    } else {
        let text = sub.clone();
        let value = Value::Mapping(added.collect());
        sub.value = Value::Sequence(vec![text, Node { line, value }]);
    }
}

fn scalar(line: usize, text: &str) -> Node {
    let text = text.to_owned();
    let value = Value::Scalar { text, plain: false };
    Node { line, value }
}

fn split(line: usize, text: &str) -> Node {
    let items = text.split(',').map(|item| scalar(line, item.trim()));
    let value = Value::Sequence(items.collect());
    Node { line, value }
}

fn mapping(line: usize, key: &str, node: Node) -> Node {
    let key = key.to_owned();
    let value = Value::Mapping(vec![Entry { key, line, node }]);
    Node { line, value }
}
