//! Parses the line of JSON that the gateway prints when it is ready (`--ready json`).

use anyhow::{Context as _, Result};
use serde::{Deserialize, Deserializer, de};

use crate::endpoint::Endpoint;

/// The running resources.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Readiness {
    #[serde(deserialize_with = "endpoint")]
    pub(super) endpoint: Endpoint,
    /// The address of the app, if it is served.
    pub(super) site: Option<String>,
    pub(super) tables: Vec<Table>,
    /// Address of DynamoDB's API.
    pub(super) dynamodb: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Table {
    /// The logical ID.
    pub(super) id: String,
    pub(super) name: String,
}

fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Endpoint, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(de::Error::custom)
}

impl Readiness {
    /// Parses the line.
    pub(super) fn parse(line: &str) -> Result<Self> {
        serde_json::from_str(line)
            .with_context(|| format!("the gateway printed \"{line}\" instead of what is ready"))
    }

    /// The name of the table with this logical ID.
    pub(super) fn table(&self, id: &str) -> Option<&str> {
        let table = self.tables.iter().find(|table| table.id == id);
        table.map(|table| table.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_found_by_their_names() {
        let ready = Readiness::parse(
            r#"{"address":"127.0.0.1:3001","endpoint":"ws://127.0.0.1:3001/dev","site":null,"functions":[],"tables":[{"id":"Rooms","name":"dev-Rooms"}],"schedules":[],"dynamodb":"http://127.0.0.1:8000"}"#,
        )
        .unwrap();
        assert_eq!(ready.endpoint.to_string(), "ws://127.0.0.1:3001/dev");
        assert_eq!(ready.site, None);
        assert_eq!(ready.table("Rooms"), Some("dev-Rooms"));
        assert_eq!(ready.table("rooms"), None);
        assert_eq!(ready.dynamodb, "http://127.0.0.1:8000");
    }

    #[test]
    fn any_other_line_and_an_invalid_endpoint_are_shown() {
        let error = Readiness::parse("listening").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the gateway printed \"listening\" instead of what is ready"
        );
        let line = r#"{"endpoint":"ftp://a","tables":[],"dynamodb":"http://b"}"#;
        let error = Readiness::parse(line).unwrap_err();
        assert!(
            format!("{error:#}").contains("begins with ws://"),
            "{error:#}"
        );
    }
}
