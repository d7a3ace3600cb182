//! The names within a stack, as they are in the template that its resources become part of.

use std::collections::{BTreeMap, BTreeSet};

use crate::template::{
    error::Problem,
    parameters::is_list,
    yaml::{
        Entry, Node, Value,
        nodes::{entry, intrinsic, mapping, quoted, sequence},
    },
};

/// The meaning of names in one stack.
pub(super) struct Scope {
    prefix: String,
    /// What stands for the parameters.
    parameters: BTreeMap<String, Node>,
    conditions: BTreeSet<String>,
}

impl Scope {
    fn new(prefix: &str, template: &Node, parameters: BTreeMap<String, Node>) -> Self {
        let conditions = template.entries_of("Conditions").iter();
        Self {
            prefix: prefix.to_owned(),
            parameters,
            conditions: conditions.map(|entry| entry.key.clone()).collect(),
        }
    }

    /// The first stack, whose names stay as they are.
    pub(super) fn first(stack_name: &str) -> Self {
        Self {
            prefix: String::new(),
            parameters: own_name(stack_name),
            conditions: BTreeSet::new(),
        }
    }

    /// A nested stack; `given` are the values of its parameters.
    pub(super) fn within(
        stack: &str,
        template: &Node,
        given: Option<&Node>,
    ) -> Result<Self, (usize, Problem)> {
        let mut parameters = BTreeMap::new();
        for Entry { key, line, node } in template.entries_of("Parameters") {
            let value = given.and_then(|given| given.get(key));
            let Some(value) = value.or_else(|| node.get("Default")) else {
                let line = given.map_or(*line, |given| given.line);
                return Err((line, Problem::missing(stack, format!("Parameters.{key}"))));
            };
            let is_list = node.text_of("Type").is_some_and(is_list);
            let value = match &value.value {
                Value::Scalar { text, .. } if is_list => split(*line, text),
                // A plain scalar could be a number where text is expected.
                Value::Scalar { text, .. } => quoted(value.line, text),
                _ => value.clone(),
            };
            parameters.insert(key.clone(), value);
        }
        Ok(Self::new(stack, template, parameters))
    }

    /// A stack beside that of the template `whole`, which gets its parameters. Stacks share a parameter that the command line
    /// gives, or that has the same default in both.
    pub(super) fn beside(
        prefix: &str,
        stack_name: &str,
        template: &Node,
        whole: &mut Node,
        is_given: impl Fn(&str) -> bool,
    ) -> Self {
        let mut parameters = own_name(stack_name);
        let shared = whole.section("Parameters");
        for Entry { key, line, node } in template.entries_of("Parameters") {
            let default = |node: &Node| node.get("Default").cloned().map(|node| node.value);
            let present = shared.iter().find(|present| present.key == *key);
            let name = match present {
                Some(present) if is_given(key) || default(&present.node) == default(node) => {
                    key.clone()
                }
                _ => {
                    let prefix = present.map_or("", |_| prefix);
                    let key = format!("{prefix}{key}");
                    shared.push(entry(*line, &key, node.clone()));
                    key
                }
            };
            parameters.insert(key.clone(), intrinsic(*line, "Ref", quoted(*line, &name)));
        }
        Self::new(prefix, template, parameters)
    }

    /// Adds the content of the stack to the template that it is a part of. The resources depend on `condition` too.
    pub(super) fn adopt(&self, whole: &mut Node, mut template: Node, condition: Option<&Node>) {
        self.rename(&mut template);
        join_condition(&mut template, condition);
        for name in ["Conditions", "Mappings", "Outputs", "Resources"] {
            let entries = std::mem::take(template.section(name));
            whole.section(name).extend(entries);
        }
    }

    /// Renames what the template defines and refers to, and replaces its parameters.
    pub(super) fn rename(&self, template: &mut Node) {
        for name in ["Conditions", "Mappings", "Outputs", "Resources"] {
            let Some(Value::Mapping(entries)) = template.get_mut(name).map(|node| &mut node.value)
            else {
                continue;
            };
            for entry in entries {
                if matches!(name, "Resources" | "Outputs") {
                    self.attributes(&mut entry.node);
                }
                self.node(&mut entry.node);
                entry.key.insert_str(0, &self.prefix);
            }
        }
    }

    /// `DependsOn` and `Condition` of a resource or output.
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

    pub(super) fn node(&self, node: &mut Node) {
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
        node.children_mut().for_each(|child| self.node(child));
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
fn join_condition(template: &mut Node, condition: Option<&Node>) {
    let Some(condition) = condition else {
        return;
    };
    let line = condition.line;
    let both = |own: &Node| {
        let holds = |node: &Node| intrinsic(line, "Condition", node.clone());
        let all = sequence(line, vec![holds(condition), holds(own)]);
        intrinsic(line, "Fn::And", all)
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
                own.node = quoted(line, &key);
                joined.push(Entry { key, line, node });
            }
            None => attributes.push(entry(line, "Condition", condition.clone())),
        }
    }
    template.section("Conditions").extend(joined);
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
        sub.value = Value::Sequence(vec![text, mapping(line, added.collect())]);
    }
}

/// The value of the stack's name, as if it were a parameter.
fn own_name(stack_name: &str) -> BTreeMap<String, Node> {
    BTreeMap::from([("AWS::StackName".to_owned(), quoted(1, stack_name))])
}

fn split(line: usize, text: &str) -> Node {
    let items = text.split(',').map(|item| quoted(line, item.trim()));
    sequence(line, items.collect())
}
