//! The section `Conditions`, and what it decides: which resources exist, and which branch of an `Fn::If` applies.
//! Evaluated first, so that the rest of the reader meets neither.
//!
//! A condition that the template does not define stays where it is: in a part that is not read it does no harm, and a
//! reader of the part reports it.

use std::{cell::RefCell, collections::BTreeMap};

use super::{
    error::{Error, Problem},
    resolve::{MAX_DEPTH, Resolver},
    yaml::{Entry, Node, Value},
};

/// The value of every condition. The resolver knows parameters and mappings; conditions cannot refer to resources.
pub(crate) fn evaluate(
    resolver: &Resolver<'_>,
    entries: &[Entry],
) -> Result<BTreeMap<String, bool>, Error> {
    let conditions = Conditions {
        resolver,
        entries,
        known: RefCell::default(),
    };
    for entry in entries {
        conditions.named(entry, 0)?;
    }
    Ok(conditions.known.into_inner())
}

struct Conditions<'c> {
    resolver: &'c Resolver<'c>,
    entries: &'c [Entry],
    /// Values so far. Without them, conditions that refer to others twice would take exponential time.
    known: RefCell<BTreeMap<String, bool>>,
}

impl Conditions<'_> {
    fn named(&self, entry: &Entry, depth: usize) -> Result<bool, Error> {
        if let Some(holds) = self.known.borrow().get(&entry.key) {
            return Ok(*holds);
        }
        let holds = self.holds(&entry.node, depth)?;
        self.known.borrow_mut().insert(entry.key.clone(), holds);
        Ok(holds)
    }

    fn holds(&self, node: &Node, depth: usize) -> Result<bool, Error> {
        let wanted = "Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition";
        let bad = || Problem::kind("a condition", wanted, node.kind());
        let error = |problem| self.resolver.error(node.line, problem);
        let Value::Mapping(entries) = &node.value else {
            return Err(error(bad()));
        };
        let [
            Entry {
                key, node: inner, ..
            },
        ] = entries.as_slice()
        else {
            return Err(error(bad()));
        };
        match (key.as_str(), &inner.value) {
            ("Condition", Value::Scalar { text, .. }) => {
                if depth > MAX_DEPTH {
                    return Err(error(Problem::Circular(text.clone())));
                }
                let named = self.entries.iter().find(|entry| entry.key == *text);
                let named =
                    named.ok_or_else(|| error(Problem::undefined_condition("Condition", text)))?;
                self.named(named, depth + 1)
            }
            ("Fn::Equals", Value::Sequence(items)) => match items.as_slice() {
                [one, other] => {
                    let text = |node| self.resolver.text(node, "a value of Fn::Equals");
                    Ok(text(one)? == text(other)?)
                }
                _ => Err(error(bad())),
            },
            ("Fn::Not", Value::Sequence(items)) => match items.as_slice() {
                [only] => Ok(!self.holds(only, depth)?),
                _ => Err(error(bad())),
            },
            ("Fn::And" | "Fn::Or", Value::Sequence(items)) => {
                let all: Result<Vec<_>, _> =
                    items.iter().map(|item| self.holds(item, depth)).collect();
                let all = all?;
                Ok(if key == "Fn::And" {
                    all.iter().all(|holds| *holds)
                } else {
                    all.contains(&true)
                })
            }
            _ => Err(error(bad())),
        }
    }
}

/// Removes resources and outputs whose condition is false, and replaces every `Fn::If` by the branch that applies.
pub(crate) fn apply(document: &mut Node, conditions: &BTreeMap<String, bool>) {
    let Value::Mapping(sections) = &mut document.value else {
        return;
    };
    for section in sections {
        if let ("Resources" | "Outputs", Value::Mapping(entries)) =
            (section.key.as_str(), &mut section.node.value)
        {
            entries.retain_mut(|entry| exists(entry, conditions));
        }
        settle(&mut section.node, conditions);
    }
}

fn exists(entry: &mut Entry, conditions: &BTreeMap<String, bool>) -> bool {
    let holds = |node: &Node| conditions.get(node.get("Condition")?.text()?).copied();
    let Some(holds) = holds(&entry.node) else {
        return true;
    };
    if let Value::Mapping(beside) = &mut entry.node.value {
        beside.retain(|entry| entry.key != "Condition");
    }
    holds
}

fn settle(node: &mut Node, conditions: &BTreeMap<String, bool>) {
    while let Some(branch) = branch(node, conditions) {
        *node = branch.clone();
    }
    node.children_mut()
        .for_each(|child| settle(child, conditions));
    // A key whose value is `AWS::NoValue` stays: it overrides the same key of `Globals`.
    if let Value::Sequence(items) = &mut node.value {
        items.retain(|item| !item.is_nothing());
    }
}

fn branch<'n>(node: &'n Node, conditions: &BTreeMap<String, bool>) -> Option<&'n Node> {
    let Value::Sequence(items) = &node.get("Fn::If")?.value else {
        return None;
    };
    let [condition, yes, no] = items.as_slice() else {
        return None;
    };
    let holds = conditions.get(condition.text()?)?;
    Some(if *holds { yes } else { no })
}
