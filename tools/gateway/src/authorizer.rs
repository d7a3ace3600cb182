//! Evaluates the result of an authorizer: whether its policy allows `$connect`, and the context for later events. No I/O:
//! `admission` invokes the function.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html>; format of
//! the result: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value as Json;

/// Largest result of an authorizer, in bytes
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>).
const MAX_ANSWER: usize = 8 * 1024;
/// The action that a policy must allow.
const ACTION: &str = "execute-api:Invoke";

/// What an authorizer knows about a client: strings, and nulls, which AWS passes on
/// (<https://github.com/DefinitelyTyped/DefinitelyTyped/pull/69823> has a response with one).
pub(crate) type Context = BTreeMap<String, Option<String>>;

/// The decision of an authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The client may connect; every event of the connection contains this under `requestContext.authorizer`.
    Allow(Context),
    /// A statement denies the connection, or none allows it.
    Deny,
}

/// An invalid result; the client gets 500.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the authorizer's result is invalid: {0}; expected \
     {{\"principalId\":\"…\",\"policyDocument\":{{\"Version\":\"2012-10-17\",\"Statement\":[…]}},\"context\":{{…}}}}"
)]
pub(crate) struct Malformed(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    principal_id: String,
    policy_document: Policy,
    #[serde(default)]
    context: Option<BTreeMap<String, Json>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    statement: OneOrMany<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    #[serde(default, rename = "Sid")]
    _sid: Option<String>,
}

#[derive(Deserialize, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Evaluates the result for the method with this ARN.
pub(crate) fn decide(result: &[u8], method_arn: &str) -> Result<Decision, Malformed> {
    if result.len() > MAX_ANSWER {
        return Err(Malformed(format!(
            "it has {} bytes, {MAX_ANSWER} are allowed",
            result.len()
        )));
    }
    let answer: Answer =
        serde_json::from_slice(result).map_err(|error| Malformed(error.to_string()))?;
    let applies = |statement: &&Statement| {
        let mut actions = statement.action.as_slice().iter();
        let mut resources = statement.resource.as_slice().iter();
        let action = ACTION.to_ascii_lowercase();
        actions.any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
            && resources.any(|pattern| matches(pattern, method_arn))
    };
    let statements = answer.policy_document.statement.as_slice().iter();
    let effects: Vec<_> = statements.filter(applies).map(|s| &s.effect).collect();
    let mut context = BTreeMap::new();
    for (key, value) in answer.context.unwrap_or_default() {
        let text = match value {
            Json::Null => None,
            Json::String(text) => Some(text),
            Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
            Json::Array(_) | Json::Object(_) => {
                let reason = format!("{key} in its context is an array or an object");
                return Err(Malformed(reason));
            }
        };
        context.insert(key, text);
    }
    context.insert("principalId".to_owned(), Some(answer.principal_id));
    let allowed = effects.contains(&&Effect::Allow) && !effects.contains(&&Effect::Deny);
    Ok(if allowed {
        Decision::Allow(context)
    } else {
        Decision::Deny
    })
}

/// Whether the whole of `text` matches a pattern with `*` for any text and `?` for one character.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let any = regex_lite::escape(pattern).replace(r"\*", ".*");
    let regex = Regex::new(&format!("(?s)^{}$", any.replace(r"\?", ".")));
    regex.is_ok_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/dev/$connect";

    fn answer(effect: &str, action: &Json, resource: &Json) -> Json {
        let statement = json!([{"Effect": effect, "Action": action, "Resource": resource}]);
        json!({"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": statement}})
    }

    #[track_caller]
    fn allows(answer: &Json, wanted: bool) {
        let decision = decide(answer.to_string().as_bytes(), ARN).unwrap();
        assert_eq!(decision != Decision::Deny, wanted, "{answer}");
    }

    #[test]
    fn a_policy_must_allow_the_method() {
        let (invoke, arn) = (json!("execute-api:Invoke"), json!(ARN));
        let resource = |path: &str| json!(format!("arn:aws:execute-api:*:*:abc/{path}"));
        let both = (json!(["a:b", "EXECUTE-API:*"]), json!(["x", "*"]));
        allows(&answer("Allow", &invoke, &arn), true);
        allows(&answer("Deny", &invoke, &arn), false);
        allows(&answer("Allow", &both.0, &both.1), true);
        allows(&answer("Allow", &invoke, &resource("dev/$conn?ct")), true);
        allows(&answer("Allow", &invoke, &resource("prod/*")), false);
        // What helpers for REST APIs write: a method and a path (powertools-lambda-python#5800).
        allows(&answer("Allow", &invoke, &resource("dev/*/*")), false);
        let other = json!("execute-api:ManageConnections");
        allows(&answer("Allow", &other, &arn), false);
        let mut none = answer("Allow", &invoke, &arn);
        none["policyDocument"]["Statement"] = json!([]);
        allows(&none, false);
    }

    #[test]
    fn a_deny_overrides_an_allow() {
        let mut both = answer("Allow", &json!("*"), &json!("*"));
        let denial = json!({"Effect": "Deny", "Action": "*", "Resource": ARN});
        both["policyDocument"]["Statement"]
            .as_array_mut()
            .unwrap()
            .push(denial);
        allows(&both, false);
    }

    /// `numberKey: 1` becomes `"1"`, as in the guide's mapping template reference.
    #[test]
    fn context_values_become_strings_and_null_stays() {
        let mut given = answer("Allow", &json!("*"), &json!("*"));
        given["context"] = json!({
            "stringKey": "v", "numberKey": 123, "half": 0.5, "booleanKey": true, "nullKey": null,
        });
        let wanted = [
            ("booleanKey", Some("true")),
            ("half", Some("0.5")),
            ("nullKey", None),
            ("numberKey", Some("123")),
            ("principalId", Some("me")),
            ("stringKey", Some("v")),
        ];
        let wanted = wanted.map(|(key, value)| (key.to_owned(), value.map(str::to_owned)));
        assert_eq!(
            decide(given.to_string().as_bytes(), ARN),
            Ok(Decision::Allow(wanted.into()))
        );
    }

    #[test]
    fn other_results_are_invalid() {
        let good = answer("Allow", &json!("*"), &json!("*"));
        let changed = |pointer: &str, value: Json| {
            let mut answer = good.clone();
            *answer.pointer_mut(pointer).unwrap() = value;
            answer
        };
        let mut nested = good.clone();
        nested["context"] = json!({"a": {"b": 1}});
        let mut list = good.clone();
        list["context"] = json!({"a": []});
        let mut conditional = good.clone();
        conditional["policyDocument"]["Statement"][0]["Condition"] = json!({});
        let mut large = good.clone();
        large["context"] = json!({"a": "x".repeat(MAX_ANSWER)});
        let wrong = [
            Json::Null,
            json!({}),
            json!("Allow"),
            json!({"statusCode": 401}),
            json!({"isAuthorized": true}),
            json!({"principalId": "me"}),
            changed("/principalId", Json::Null),
            changed("/policyDocument/Statement/0/Effect", json!("allow")),
            nested,
            list,
            conditional,
            large,
        ];
        for answer in wrong {
            let decision = decide(answer.to_string().as_bytes(), ARN);
            assert!(decision.is_err(), "{answer}");
        }
    }
}
