//! Methods of values, functions of `$util`, and operators in the expressions of mapping templates.

use std::cmp::Ordering;

use data_encoding::BASE64;
use regex_lite::Regex;
use serde_json::Value as Json;

use super::Operator;

/// Methods of values: the methods of Java's strings, lists and maps.
const METHODS: &[&str] = &[
    "contains",
    "containsKey",
    "endsWith",
    "equals",
    "equalsIgnoreCase",
    "get",
    "indexOf",
    "isEmpty",
    "keySet",
    "length",
    "replace",
    "replaceAll",
    "size",
    "split",
    "startsWith",
    "substring",
    "toLowerCase",
    "toString",
    "toUpperCase",
    "trim",
    "values",
];

const UTILITIES: &[&str] = &[
    "base64Decode",
    "base64Encode",
    "escapeJavaScript",
    "parseJson",
    "urlDecode",
    "urlEncode",
];

/// Whether values have the method.
pub(super) fn is_method(name: &str) -> bool {
    METHODS.contains(&name)
}

/// Whether `$util` has the function.
pub(super) fn is_utility(name: &str) -> bool {
    UTILITIES.contains(&name)
}

/// The result of a method; `None` when the value does not have it.
pub(super) fn call(value: &Json, method: &str, arguments: &[Json]) -> Option<Json> {
    let first = arguments.first();
    match (value, method, arguments) {
        (Json::Object(map), "get", [name]) => {
            Some(map.get(name.as_str()?).cloned().unwrap_or_default())
        }
        (Json::Object(map), "containsKey", [name]) => Some(map.contains_key(name.as_str()?).into()),
        (Json::Object(map), "keySet", []) => {
            Some(map.keys().map(|key| Json::from(key.as_str())).collect())
        }
        (Json::Object(map), "values", []) => Some(map.values().cloned().collect()),
        (Json::Object(map), "size", []) => Some(map.len().into()),
        (Json::Object(map), "isEmpty", []) => Some(map.is_empty().into()),
        (Json::Array(items), "get", [index]) => {
            items.get(usize::try_from(index.as_u64()?).ok()?).cloned()
        }
        (Json::Array(items), "contains", [item]) => Some(items.contains(item).into()),
        (Json::Array(items), "size", []) => Some(items.len().into()),
        (Json::Array(items), "isEmpty", []) => Some(items.is_empty().into()),
        (_, "equals", [other]) => Some((value == other).into()),
        (_, "toString", []) => Some(text(value).into()),
        (Json::String(own), _, _) => of_text(own, method, first, arguments.get(1)),
        _ => None,
    }
}

fn of_text(own: &str, method: &str, first: Option<&Json>, second: Option<&Json>) -> Option<Json> {
    let argument = || first.and_then(Json::as_str);
    let index = |argument: Option<&Json>| usize::try_from(argument?.as_u64()?).ok();
    Some(match method {
        "contains" => own.contains(argument()?).into(),
        "endsWith" => own.ends_with(argument()?).into(),
        "equalsIgnoreCase" => own.eq_ignore_ascii_case(argument()?).into(),
        "indexOf" => match own.find(argument()?) {
            Some(at) => own[..at].chars().count().into(),
            None => (-1).into(),
        },
        "isEmpty" => own.is_empty().into(),
        "length" => own.chars().count().into(),
        "replace" => own.replace(argument()?, second?.as_str()?).into(),
        "replaceAll" => {
            let pattern = Regex::new(argument()?).ok()?;
            pattern.replace_all(own, second?.as_str()?).into()
        }
        "split" => {
            let pattern = Regex::new(argument()?).ok()?;
            pattern.split(own).map(Json::from).collect()
        }
        "startsWith" => own.starts_with(argument()?).into(),
        "substring" => {
            let from = index(first)?;
            let to = match second {
                Some(_) => index(second)?,
                None => usize::MAX,
            };
            let characters = own.chars().skip(from).take(to.checked_sub(from)?);
            characters.collect::<String>().into()
        }
        "toLowerCase" => own.to_lowercase().into(),
        "toUpperCase" => own.to_uppercase().into(),
        "trim" => own.trim().into(),
        _ => return None,
    })
}

/// The result of a function of `$util`.
pub(super) fn utility(function: &str, text: &str) -> Result<Json, String> {
    Ok(match function {
        "escapeJavaScript" => {
            let json = Json::from(text).to_string();
            json[1..json.len() - 1].replace('\'', "\\'").into()
        }
        "parseJson" => {
            serde_json::from_str(text).map_err(|error| format!("$util.parseJson: {error}"))?
        }
        "urlEncode" => form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .into(),
        "urlDecode" => {
            let form = format!("x={}", text.replace('&', "%26"));
            let mut pairs = form_urlencoded::parse(form.as_bytes());
            pairs
                .next()
                .map_or_else(String::new, |(_, value)| value.into_owned())
                .into()
        }
        "base64Encode" => BASE64.encode(text.as_bytes()).into(),
        "base64Decode" => {
            let bytes = BASE64.decode(text.as_bytes()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into()
        }
        _ => return Err(format!("$util.{function}")),
    })
}

/// The result of an operator; `None` where the operands have none.
pub(super) fn operate(operator: Operator, left: &Json, right: &Json) -> Option<Json> {
    let is_equal = match (left, right) {
        (Json::Number(_), Json::Number(_)) => compare(left, right) == Some(Ordering::Equal),
        _ => left == right,
    };
    let ordering = || compare(left, right);
    Some(match operator {
        Operator::Equal => is_equal.into(),
        Operator::NotEqual => (!is_equal).into(),
        Operator::Less => ordering()?.is_lt().into(),
        Operator::LessOrEqual => ordering()?.is_le().into(),
        Operator::Greater => ordering()?.is_gt().into(),
        Operator::GreaterOrEqual => ordering()?.is_ge().into(),
        Operator::Add if left.is_string() || right.is_string() => {
            [text(left), text(right)].concat().into()
        }
        _ => return calculate(operator, left, right),
    })
}

fn compare(left: &Json, right: &Json) -> Option<Ordering> {
    match (left, right) {
        (Json::String(left), Json::String(right)) => Some(left.cmp(right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// Integers stay integers, and a division by zero has no result, as in Velocity.
fn calculate(operator: Operator, left: &Json, right: &Json) -> Option<Json> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        let result = match operator {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Divide => left.checked_div(right),
            Operator::Remainder => left.checked_rem(right),
            _ => None,
        };
        return result.map(Json::from);
    }
    let (left, right) = (left.as_f64()?, right.as_f64()?);
    let result = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
        _ => return None,
    };
    result.is_finite().then(|| result.into())
}

/// A value within text, as Java writes it.
pub(super) fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(text).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(map) => {
            let entries: Vec<_> = map
                .iter()
                .map(|(name, value)| format!("{name}={}", text(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}
