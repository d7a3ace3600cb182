//! Reads the result of a function as the Lambda proxy integration does.
//!
//! The format is documented for REST APIs
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>). A key besides
//! these five makes the response malformed (`middyjs/middy#1219`, `nitrojs/nitro#504`); none of the five is required
//! (`test_lambda_aws_proxy_response_format` of `LocalStack`, validated against AWS for REST APIs).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

/// Status of a response that has none.
const DEFAULT_STATUS: u16 = 200;

/// A proxy response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Value of `Sec-WebSocket-Protocol`, the only header that reaches a client.
    pub protocol: Option<String>,
    /// Sent to the sender of a message if the route is a two-way route.
    pub body: Option<String>,
}

/// A result that is not a proxy response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed proxy response, expected an object such as {{\"statusCode\": 200}}: {0}")]
pub(crate) struct Malformed(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Response {
    #[serde(default)]
    status_code: Option<Status>,
    #[serde(default)]
    headers: Option<BTreeMap<String, Json>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<Json>>>,
    #[serde(default)]
    body: Option<Json>,
    #[serde(default)]
    is_base64_encoded: Option<Flag>,
}

/// A boolean, also as a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Boolean(bool),
    Text(String),
}

impl Flag {
    fn is_true(&self) -> bool {
        match self {
            Self::Boolean(flag) => *flag,
            Self::Text(text) => text == "true",
        }
    }
}

/// A number, also as a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Status {
    Number(u16),
    Text(String),
}

impl Answer {
    /// Reads the result of a function.
    ///
    /// # Errors
    /// When it is not an object, or has a key that is unknown or of the wrong type.
    pub(crate) fn parse(result: &[u8]) -> Result<Self, Malformed> {
        let malformed = |reason: &str| {
            let result = String::from_utf8_lossy(result);
            Malformed(format!("{reason} in {:?}", excerpt(&result)))
        };
        // A structure could be read from a list too.
        if !result.trim_ascii_start().starts_with(b"{") {
            return Err(malformed("not an object"));
        }
        let response: Response =
            serde_json::from_slice(result).map_err(|error| malformed(&error.to_string()))?;
        let status = match response.status_code {
            Some(Status::Number(status)) => Some(status),
            Some(Status::Text(text)) => text.parse().ok(),
            None => Some(DEFAULT_STATUS),
        };
        // A response cannot end with an informational status.
        let status = status
            .filter(|status| (200..=599).contains(status))
            .ok_or_else(|| malformed("statusCode is not an HTTP status from 200 to 599"))?;
        let single = response.headers.unwrap_or_default();
        let single = single
            .iter()
            .map(|(name, value)| (name.as_str(), Some(value)));
        let multi = response.multi_value_headers.unwrap_or_default();
        let multi = multi
            .iter()
            .map(|(name, values)| (name.as_str(), values.first()));
        let is_protocol = |name: &str| name.eq_ignore_ascii_case("sec-websocket-protocol");
        let protocol = single
            .chain(multi)
            .filter(|(name, _)| is_protocol(name))
            .find_map(|(_, value)| value?.as_str());
        let protocol = protocol.map(ToOwned::to_owned);
        let body = match response.body {
            None | Some(Json::Null) => None,
            Some(Json::String(text))
                if response
                    .is_base64_encoded
                    .as_ref()
                    .is_some_and(Flag::is_true) =>
            {
                let bytes = data_encoding::BASE64
                    .decode(text.as_bytes())
                    .map_err(|_| malformed("the body is not base64"))?;
                Some(String::from_utf8(bytes).map_err(|_| malformed("the body is not UTF-8"))?)
            }
            Some(Json::String(text)) => Some(text),
            Some(_) => return Err(malformed("the body is not a string")),
        };
        Ok(Self {
            status,
            protocol,
            body,
        })
    }

    /// Whether the status is 2xx; `$connect` then admits the client.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The start of a text that may be long, for the log.
pub(crate) fn excerpt(text: &str) -> String {
    first_chars(text, 500)
}

/// The first `count` characters of `text`, and an ellipsis for the rest.
pub(crate) fn first_chars(text: &str, count: usize) -> String {
    match text.char_indices().nth(count) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_code_is_sufficient() {
        let answer = Answer::parse(br#"{"statusCode":200}"#).unwrap();
        let wanted = Answer {
            status: 200,
            protocol: None,
            body: None,
        };
        assert_eq!(answer, wanted);
        let text = Answer::parse(br#"{"statusCode":"403","body":null}"#);
        assert_eq!(text.unwrap().status, 403);
    }

    #[test]
    fn a_response_without_a_status_code_is_a_success() {
        for result in [
            "{}",
            r#"{"body":"","headers":{}}"#,
            r#"{"statusCode":null}"#,
        ] {
            let answer = Answer::parse(result.as_bytes()).unwrap();
            assert!(answer.is_success(), "{result}");
        }
    }

    #[test]
    fn the_protocol_header_is_case_insensitive() {
        for headers in [
            r#""headers":{"sec-websocket-protocol":"a"}"#,
            r#""multiValueHeaders":{"Sec-WebSocket-Protocol":["a"]}"#,
        ] {
            let result = format!(r#"{{"statusCode":200,{headers}}}"#);
            let answer = Answer::parse(result.as_bytes()).unwrap();
            assert_eq!(answer.protocol.as_deref(), Some("a"));
        }
    }

    #[test]
    fn a_base64_body_is_decoded() {
        for (flag, body) in [
            ("true", "oi"),
            (r#""true""#, "oi"),
            ("false", "b2k="),
            (r#""false""#, "b2k="),
            ("null", "b2k="),
        ] {
            let result = format!(r#"{{"statusCode":200,"body":"b2k=","isBase64Encoded":{flag}}}"#);
            let answer = Answer::parse(result.as_bytes()).unwrap();
            assert_eq!(answer.body.as_deref(), Some(body), "{flag}");
        }
    }

    #[test]
    fn other_results_are_malformed() {
        let wrong = [
            "",
            "null",
            "200",
            "\"ok\"",
            "[]",
            "[200]",
            r#"{"statusCode":"ok"}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":101}"#,
            r#"{"statusCode":1000}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":200,"headers":[]}"#,
            r#"{"statusCode":200,"body":"","extra":1}"#,
            r#"{"statusCode":200,"cookies":[]}"#,
        ];
        for result in wrong {
            assert!(Answer::parse(result.as_bytes()).is_err(), "{result}");
        }
    }
}
