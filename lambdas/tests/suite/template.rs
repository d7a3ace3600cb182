//! Reads `template.yaml`.

use serde_json::Value;

/// The template as JSON. Intrinsic functions lose their tags: `!GetAtt Table.Arn` is the text `Table.Arn`.
pub(crate) fn template() -> Value {
    serde_saphyr::from_str(include_str!("../../template.yaml")).unwrap()
}

/// A resource by its logical id.
#[track_caller]
pub(crate) fn resource(id: &str) -> Value {
    let resource = template()["Resources"][id].take();
    assert!(!resource.is_null(), "template.yaml has no resource {id}");
    resource
}

/// The logical ids of all resources of this type.
pub(crate) fn resources_of_type(r#type: &str) -> Vec<String> {
    let template = template();
    let resources = template["Resources"].as_object().unwrap().iter();
    let of_type = resources.filter(|(_, resource)| resource["Type"] == r#type);
    of_type.map(|(id, _)| id.clone()).collect()
}

/// The items of a list, or a single value.
pub(crate) fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        single => vec![single],
    }
}
