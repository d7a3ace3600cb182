//! Keeps tokens and passwords of a `wscat` command out of a recording, by replacing them with variables.
//!
//! Recognised are the user and password of an address, parameters of its query and headers by their names, and sub-protocols that are
//! JSON Web Tokens.

use super::command::quoted;
use crate::expectation::volatile::words;
use crate::json::Json;
use crate::pattern::{Captures, is_name};
use crate::transcript::words::{Word, split};

/// A parameter or a header is secret if its name contains one of these words.
const SECRET_WORDS: [&str; 16] = [
    "token",
    "jwt",
    "secret",
    "password",
    "passwd",
    "pwd",
    "auth",
    "authorization",
    "apikey",
    "credential",
    "credentials",
    "signature",
    "sig",
    "cookie",
    "ticket",
    "bearer",
];

/// Or if the word before `key` is one of these.
const SECRET_KEYS: [&str; 3] = ["api", "access", "private"];

/// Replaces the secrets of `command` by variables, whose values are added to `variables`.
pub(super) fn hide(command: &str, variables: &mut Captures) -> String {
    let Ok(words) = split(command, 0) else {
        return command.to_owned();
    };
    let mut hidden = Vec::new();
    let mut option = String::new();
    let mut is_unchanged = true;
    for Word { text, .. } in words {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), value),
            _ => (std::mem::take(&mut option), text.as_str()),
        };
        let shown = match name.as_str() {
            "-c" | "--connect" => address(value, variables),
            "-H" | "--header" => header(value, variables),
            "--auth" => variable("auth", value, variables),
            "-s" | "--subprotocol" if is_web_token(value) => variable("token", value, variables),
            _ => value.to_owned(),
        };
        is_unchanged &= shown == value;
        hidden.push(if text.starts_with("--") && text.contains('=') {
            format!("{name}={}", quoted(&shown))
        } else {
            quoted(&shown)
        });
        option = text;
    }
    if is_unchanged {
        return command.to_owned();
    }
    hidden.join(" ")
}

/// Hides `user:password@`, and secret parameters of the query.
fn address(url: &str, variables: &mut Captures) -> String {
    let (begin, query) = url.split_once('?').unwrap_or((url, ""));
    let credentials = begin
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    let begin = match credentials {
        Some((credentials, _)) => {
            let variable = variable("credentials", credentials, variables);
            begin.replacen(credentials, &variable, 1)
        }
        None => begin.to_owned(),
    };
    let parameters = query.split('&').map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if is_secret(name) && !value.is_empty() {
            format!("{name}={}", variable(name, value, variables))
        } else {
            parameter.to_owned()
        }
    });
    let query = parameters.collect::<Vec<_>>().join("&");
    let mark = if url.contains('?') { "?" } else { "" };
    format!("{begin}{mark}{query}")
}

/// Hides the value of a secret header; a scheme such as `Bearer` stays.
fn header(header: &str, variables: &mut Captures) -> String {
    let Some((name, value)) = header.split_once(':').filter(|(name, _)| is_secret(name)) else {
        return header.to_owned();
    };
    let value = value.trim();
    match value.split_once(' ') {
        Some((scheme, token)) if words(name).contains(&"authorization".to_owned()) => {
            format!("{name}: {scheme} {}", variable(name, token, variables))
        }
        _ => format!("{name}: {}", variable(name, value, variables)),
    }
}

/// The variable with this value, named after `name`.
fn variable(name: &str, value: &str, variables: &mut Captures) -> String {
    // It is a variable already.
    if value.starts_with("<$") {
        return value.to_owned();
    }
    let name = words(name).join("_");
    let name = if is_name(&name) {
        name
    } else {
        "secret".to_owned()
    };
    let base = format!("${name}");
    let mut name = base.clone();
    let mut number = 1;
    while let Some(known) = variables.get(&name) {
        if known.text() == value {
            break;
        }
        number += 1;
        name = format!("{base}_{number}");
    }
    variables.insert(&name, Json::from(value), 0);
    format!("<{name}>")
}

fn is_secret(name: &str) -> bool {
    let words = words(name);
    let is_key = |pair: &[String]| pair[1] == "key" && SECRET_KEYS.contains(&pair[0].as_str());
    words
        .iter()
        .any(|word| SECRET_WORDS.contains(&word.as_str()))
        || words.windows(2).any(is_key)
}

/// Three parts in base64, the first of which is a JSON object (RFC 7519 §3).
fn is_web_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn hidden(command: &str, shown: &str, values: &[(&str, &str)]) {
        let mut variables = Captures::default();
        assert_eq!(hide(command, &mut variables), shown);
        let found = variables.iter().map(|(name, value)| (name, value.text()));
        let expected = values
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn secret_parameters_of_the_query_become_variables() {
        hidden(
            "wscat -c ws://a/x?room=1&accessToken=abc%20d&api_key=k&key=1",
            r#"wscat -c "ws://a/x?room=1&accessToken=<$access_token>&api_key=<$api_key>&key=1""#,
            &[("$access_token", "abc%20d"), ("$api_key", "k")],
        );
    }

    #[test]
    fn credentials_and_secret_headers_become_variables() {
        hidden(
            r#"wscat -c ws://me:pw@a/ -H "Authorization: Bearer abc" -H "X-Api-Key: k" -H "X-Room: 1" --auth=me:pw -s chat.v1 -s eyJa.eyJb.c"#,
            r#"wscat -c "ws://<$credentials>@a/" -H "Authorization: Bearer <$authorization>" -H "X-Api-Key: <$x_api_key>" -H "X-Room: 1" --auth="<$auth>" -s chat.v1 -s "<$token>""#,
            &[
                ("$auth", "me:pw"),
                ("$authorization", "abc"),
                ("$credentials", "me:pw"),
                ("$token", "eyJa.eyJb.c"),
                ("$x_api_key", "k"),
            ],
        );
    }

    #[test]
    fn two_values_of_one_name_are_two_variables() {
        let mut variables = Captures::default();
        let one = "wscat -c ws://a/?token=1";
        assert_eq!(
            hide(one, &mut variables),
            r#"wscat -c "ws://a/?token=<$token>""#
        );
        assert_eq!(
            hide("wscat -c ws://a/?token=2", &mut variables),
            r#"wscat -c "ws://a/?token=<$token_2>""#
        );
        assert_eq!(
            hide(one, &mut variables),
            r#"wscat -c "ws://a/?token=<$token>""#
        );
    }

    #[test]
    fn a_variable_and_other_commands_stay() {
        for command in [
            r#"wscat -c "ws://a/?token=<$token>""#,
            r#"wscat -c ws://a/?x=1 -H "A: b""#,
        ] {
            hidden(command, command, &[]);
        }
    }
}
