//! What a function answers, read as Lambda proxy integration reads it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

/// A function's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Value of `Sec-WebSocket-Protocol`, the only header that ever reaches a client.
    pub protocol: Option<String>,
    /// Sent to the sender of a message when the route is a two-way one.
    pub body: Option<String>,
}

/// A result that is no proxy response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the function's result is no proxy response such as {{\"statusCode\":200}}: {0}")]
pub struct Malformed(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status_code: Status,
    #[serde(default)]
    headers: Option<BTreeMap<String, Json>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<Json>>>,
    #[serde(default)]
    body: Option<Json>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// A number, or its text.
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
    /// When it has no status code that HTTP knows, or a member of the wrong type.
    pub fn parse(result: &[u8]) -> Result<Self, Malformed> {
        let malformed = |reason: &str| {
            let start: String = String::from_utf8_lossy(result).chars().take(100).collect();
            Malformed(format!("{reason} in {start}"))
        };
        let response: Response =
            serde_json::from_slice(result).map_err(|error| malformed(&error.to_string()))?;
        let status = match response.status_code {
            Status::Number(status) => Some(status),
            Status::Text(text) => text.parse().ok(),
        };
        // Informational statuses cannot end a request.
        let status = status
            .filter(|status| (200..=599).contains(status))
            .ok_or_else(|| malformed("no status code"))?;
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
            Some(Json::String(text)) if response.is_base64_encoded == Some(true) => {
                let bytes = data_encoding::BASE64
                    .decode(text.as_bytes())
                    .map_err(|_| malformed("no base64"))?;
                Some(String::from_utf8(bytes).map_err(|_| malformed("a body that is no text"))?)
            }
            Some(Json::String(text)) => Some(text),
            Some(_) => return Err(malformed("a body that is no text")),
        };
        Ok(Self {
            status,
            protocol,
            body,
        })
    }

    /// Whether `$connect` lets the client in.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_all_that_is_needed() {
        let answer = Answer::parse(br#"{"statusCode":200}"#).unwrap();
        assert_eq!(
            answer,
            Answer {
                status: 200,
                protocol: None,
                body: None
            }
        );
        assert_eq!(
            Answer::parse(br#"{"statusCode":"403","body":null,"x":1}"#)
                .unwrap()
                .status,
            403
        );
    }

    #[test]
    fn the_protocol_is_found_however_it_is_spelt() {
        for headers in [
            r#""headers":{"sec-websocket-protocol":"a"}"#,
            r#""multiValueHeaders":{"Sec-WebSocket-Protocol":["a"]}"#,
        ] {
            let answer =
                Answer::parse(format!(r#"{{"statusCode":200,{headers}}}"#).as_bytes()).unwrap();
            assert_eq!(answer.protocol.as_deref(), Some("a"));
        }
    }

    #[test]
    fn a_body_may_be_base64() {
        let answer =
            Answer::parse(br#"{"statusCode":200,"body":"b2k=","isBase64Encoded":true}"#).unwrap();
        assert_eq!(answer.body.as_deref(), Some("oi"));
    }

    #[test]
    fn anything_else_is_malformed() {
        let wrong = [
            "",
            "null",
            "200",
            "\"ok\"",
            "{}",
            r#"{"statusCode":"ok"}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":101}"#,
            r#"{"statusCode":1000}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":200,"headers":[]}"#,
        ];
        for result in wrong {
            assert!(Answer::parse(result.as_bytes()).is_err(), "{result}");
        }
    }
}
