//! The section `Globals`: defaults for the properties of SAM's resources
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>).

use super::yaml::{Entry, Node, Value};

/// Types whose properties have defaults in `Globals`, and the sections there.
const SECTIONS: &[(&str, &str)] = &[
    ("AWS::Serverless::Function", "Function"),
    ("AWS::Serverless::SimpleTable", "SimpleTable"),
    ("AWS::Serverless::WebSocketApi", "WebSocketApi"),
];

/// Adds the defaults to the properties of each resource, and empties the section.
pub(super) fn apply(template: &mut Node) {
    if template.get("Globals").is_some() {
        let globals = std::mem::take(template.section("Globals"));
        complete(template.section("Resources"), &globals);
    }
}

fn complete(resources: &mut [Entry], globals: &[Entry]) {
    for resource in resources {
        if resource.key.starts_with("Fn::ForEach::") {
            if let Value::Sequence(items) = &mut resource.node.value
                && let Some(Value::Mapping(repeated)) = items.get_mut(2).map(|node| &mut node.value)
            {
                complete(repeated, globals);
            }
            continue;
        }
        let kind = resource.node.text_of("Type");
        let section = SECTIONS.iter().find(|(of, _)| Some(*of) == kind);
        let defaults = section.and_then(|(_, section)| {
            let defaults = globals.iter().find(|entry| entry.key == *section)?;
            Some(defaults.node.entries())
        });
        let ignored = resource.node.get("IgnoreGlobals").cloned();
        let is_ignored = |name: &str| {
            let is = |node: &Node| node.text().is_some_and(|text| text == "*" || text == name);
            let mut listed = ignored.iter().flat_map(Node::items);
            ignored.as_ref().is_some_and(is) || listed.any(is)
        };
        let mut defaults = defaults.unwrap_or_default().to_vec();
        defaults.retain(|default| !is_ignored(&default.key));
        if defaults.is_empty() {
            continue;
        }
        match resource.node.get("Properties").map(|node| &node.value) {
            Some(Value::Sequence(_)) => {}
            Some(Value::Scalar { text, .. }) if !text.is_empty() => {}
            _ => merge(resource.node.section("Properties"), &defaults),
        }
    }
}

/// Merges mappings, and puts the default items of a list before the own ones. Any other value of the resource overrides the default.
fn merge(own: &mut Vec<Entry>, defaults: &[Entry]) {
    for default in defaults {
        let Some(own) = own.iter_mut().find(|own| own.key == default.key) else {
            own.push(default.clone());
            continue;
        };
        if own.node.is_intrinsic() || default.node.is_intrinsic() {
            continue;
        }
        match (&mut own.node.value, &default.node.value) {
            (Value::Mapping(own), Value::Mapping(defaults)) => merge(own, defaults),
            (Value::Sequence(own), Value::Sequence(defaults)) => {
                own.splice(0..0, defaults.iter().cloned());
            }
            _ => {}
        }
    }
}
