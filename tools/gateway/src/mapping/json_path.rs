//! JSON paths as far as mapping templates use them: `$.name`, `['name']`, `[0]` and `[*]`.

use serde_json::Value as Json;

/// Whether `text` is a path that can be followed.
pub(super) fn is_path(text: &str) -> bool {
    steps(text).is_some()
}

/// A path with unsupported operators.
pub(super) struct Unsupported;

/// The value at a path, if there is one.
pub(super) fn follow(json: &Json, path: &str) -> Result<Option<Json>, Unsupported> {
    let steps = steps(path).ok_or(Unsupported)?;
    Ok(value(json, &steps))
}

fn value(json: &Json, steps: &[&str]) -> Option<Json> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(json.clone());
    };
    match json {
        Json::Array(items) if *step == "*" => {
            Some(items.iter().filter_map(|item| value(item, rest)).collect())
        }
        Json::Array(items) => value(items.get(step.parse::<usize>().ok()?)?, rest),
        _ => value(json.get(step)?, rest),
    }
}

/// The names and indices of a path; `None` for a path with other operators.
fn steps(text: &str) -> Option<Vec<&str>> {
    let mut steps = Vec::new();
    let mut rest = text.strip_prefix('$')?;
    while !rest.is_empty() {
        let (step, after) = if let Some(named) = rest.strip_prefix('.') {
            named.split_at(named.find(['.', '[']).unwrap_or(named.len()))
        } else {
            let (step, after) = rest.strip_prefix('[')?.split_once(']')?;
            (step.trim_matches(['\'', '"']), after)
        };
        let is_plain = |c: char| c.is_alphanumeric() || "_- @:".contains(c);
        if step != "*" && (step.is_empty() || !step.chars().all(is_plain)) {
            return None;
        }
        steps.push(step);
        rest = after;
    }
    Some(steps)
}
