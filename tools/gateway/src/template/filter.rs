//! Filter patterns of event source mappings: which records a function is invoked with.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>. A pattern has the shape of a record, with
//! a list of accepted values or conditions in the place of each value.

use serde_json::{Map, Value as Json};

/// A pattern, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(Map<String, Json>);

/// Conditions that a list may hold besides values.
const CONDITIONS: &[&str] = &[
    "anything-but",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
];

impl Pattern {
    /// Reads a pattern from the JSON text of `FilterCriteria`.
    ///
    /// # Errors
    /// If the text is not a valid pattern; the error says why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pattern: Json =
            serde_json::from_str(text).map_err(|error| format!("expected JSON: {error}"))?;
        let Json::Object(members) = pattern else {
            return Err("expected a JSON object".to_owned());
        };
        check(&members)?;
        Ok(Self(members))
    }

    /// Whether a record is accepted.
    pub(crate) fn accepts(&self, record: &Json) -> bool {
        accepts_all(&self.0, record)
    }
}

fn check(members: &Map<String, Json>) -> Result<(), String> {
    for (name, pattern) in members {
        match pattern {
            Json::Object(inner) => check(inner)?,
            Json::Array(alternatives) if name == "$or" => {
                for alternative in alternatives {
                    let inner = alternative.as_object().ok_or("$or expects objects")?;
                    check(inner)?;
                }
            }
            Json::Array(alternatives) => {
                for condition in alternatives.iter().filter_map(Json::as_object) {
                    let unknown = condition
                        .keys()
                        .find(|key| !CONDITIONS.contains(&key.as_str()));
                    if let Some(unknown) = unknown {
                        return Err(format!("{unknown} is not supported, only {CONDITIONS:?}"));
                    }
                }
            }
            _ => return Err(format!("expected a list at {name}")),
        }
    }
    Ok(())
}

fn accepts_all(pattern: &Map<String, Json>, value: &Json) -> bool {
    pattern.iter().all(|(name, pattern)| match pattern {
        Json::Array(alternatives) if name == "$or" => alternatives
            .iter()
            .filter_map(Json::as_object)
            .any(|alternative| accepts_all(alternative, value)),
        Json::Array(alternatives) => {
            let found = value.get(name);
            alternatives.iter().any(|wanted| accepts_one(wanted, found))
        }
        Json::Object(inner) => accepts_all(inner, value.get(name).unwrap_or(&Json::Null)),
        _ => false,
    })
}

fn accepts_one(wanted: &Json, found: Option<&Json>) -> bool {
    match (wanted, found) {
        (Json::Object(condition), found) => condition
            .iter()
            .all(|(name, operand)| holds(name, operand, found)),
        // A list in the record is accepted when one of its items is.
        (wanted, Some(Json::Array(items))) => items.contains(wanted),
        (wanted, Some(found)) => wanted == found,
        (_, None) => false,
    }
}

fn holds(condition: &str, operand: &Json, found: Option<&Json>) -> bool {
    let text = found.and_then(Json::as_str);
    let compare = |test: fn(&str, &str) -> bool| {
        text.zip(operand.as_str())
            .is_some_and(|(text, operand)| test(text, operand))
    };
    match condition {
        "exists" => operand.as_bool() == Some(found.is_some()),
        "prefix" => compare(|text, operand| text.starts_with(operand)),
        "suffix" => compare(|text, operand| text.ends_with(operand)),
        "equals-ignore-case" => compare(str::eq_ignore_ascii_case),
        "anything-but" => found.is_some_and(|found| match operand {
            Json::Array(refused) => !refused.contains(found),
            Json::Object(inner) => !inner
                .iter()
                .all(|(name, operand)| holds(name, operand, Some(found))),
            refused => refused != found,
        }),
        "numeric" => operand
            .as_array()
            .zip(number(found))
            .is_some_and(|(comparisons, number)| {
                comparisons.chunks(2).all(|pair| match pair {
                    [Json::String(operator), bound] => {
                        bound.as_f64().is_some_and(|bound| match operator.as_str() {
                            "=" => (number - bound).abs() < f64::EPSILON,
                            "<" => number < bound,
                            "<=" => number <= bound,
                            ">" => number > bound,
                            ">=" => number >= bound,
                            _ => false,
                        })
                    }
                    _ => false,
                })
            }),
        _ => false,
    }
}

/// A number, which DynamoDB's records hold as a string.
fn number(found: Option<&Json>) -> Option<f64> {
    let found = found?;
    found.as_f64().or_else(|| found.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn accepts(pattern: &Json, expected: bool) {
        let record = json!({
            "eventName": "INSERT",
            "dynamodb": { "NewImage": { "kind": { "S": "message" }, "seq": { "N": "7" } } },
        });
        let pattern = Pattern::parse(&pattern.to_string()).unwrap();
        assert_eq!(pattern.accepts(&record), expected, "{pattern:?}");
    }

    #[test]
    fn values_and_conditions_are_compared() {
        let image =
            |name: &str, condition: Json| json!({"dynamodb": {"NewImage": {name: condition}}});
        accepts(&json!({"eventName": ["INSERT", "MODIFY"]}), true);
        accepts(&json!({"eventName": ["REMOVE"]}), false);
        accepts(&image("kind", json!({"S": ["message"]})), true);
        accepts(&image("kind", json!({"S": [{"prefix": "mess"}]})), true);
        accepts(&image("kind", json!({"S": [{"suffix": "mess"}]})), false);
        accepts(
            &image("kind", json!({"S": [{"anything-but": ["head"]}]})),
            true,
        );
        accepts(
            &image("kind", json!({"S": [{"anything-but": {"prefix": "m"}}]})),
            false,
        );
        accepts(
            &image("kind", json!({"S": [{"equals-ignore-case": "MESSAGE"}]})),
            true,
        );
        accepts(
            &image("seq", json!({"N": [{"numeric": [">", 5, "<=", 7]}]})),
            true,
        );
        accepts(&image("seq", json!({"N": [{"numeric": ["<", 7]}]})), false);
        accepts(&image("other", json!({"S": [{"exists": false}]})), true);
        accepts(&image("kind", json!({"S": [{"exists": false}]})), false);
        accepts(
            &json!({"$or": [{"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]}]}),
            true,
        );
    }

    #[test]
    fn patterns_that_cannot_work_are_refused() {
        for wrong in [
            "",
            "[]",
            r#"{"a":1}"#,
            r#"{"a":"x"}"#,
            r#"{"a":[{"cidr":"10.0.0.0/8"}]}"#,
        ] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
