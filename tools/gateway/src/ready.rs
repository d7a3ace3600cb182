//! What is running and where: printed once the gateway serves clients, as text for people or as one line of JSON for programs
//! (`--ready json`).

use std::{fmt, net::SocketAddr};

use serde::{Deserialize, Serialize};

use crate::template::Stack;

/// What is running, and where. `--ready json` prints its JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The address of the gateway, with its actual port.
    pub address: SocketAddr,
    /// Where clients connect, `ws://host:port/stage`.
    pub endpoint: String,
    /// URL of the site, when one is served.
    pub site: Option<String>,
    /// In the order of the template.
    pub functions: Vec<Named>,
    /// In the order of the template.
    pub tables: Vec<Named>,
    /// In the order of the template.
    pub schedules: Vec<Scheduled>,
    /// URL of DynamoDB.
    pub dynamodb: String,
}

/// A resource and its name on AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Logical id.
    pub id: String,
    /// Physical name.
    pub name: String,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// Logical id of the function.
    pub function: String,
    /// As the template writes it.
    pub expression: String,
}

impl Ready {
    pub(crate) fn new(
        stack: &Stack,
        address: SocketAddr,
        dynamodb: SocketAddr,
        has_site: bool,
    ) -> Self {
        let named = |id: &String, name: &String| Named {
            id: id.clone(),
            name: name.clone(),
        };
        Self {
            address,
            endpoint: format!("ws://{address}/{}", stack.api.stage),
            site: has_site.then(|| format!("http://{address}/")),
            functions: stack
                .functions
                .iter()
                .map(|function| named(&function.logical_id, &function.name))
                .collect(),
            tables: stack
                .tables
                .iter()
                .map(|table| named(&table.logical_id, &table.name))
                .collect(),
            schedules: stack
                .schedules
                .iter()
                .map(|schedule| Scheduled {
                    function: schedule.function.clone(),
                    expression: schedule.expression.clone(),
                })
                .collect(),
            dynamodb: format!("http://{dynamodb}"),
        }
    }

    /// One line of JSON.
    pub fn json(&self) -> String {
        // Addresses, strings and lists of strings always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.functions.iter().map(|of| (&of.id, &of.name));
        let tables = self.tables.iter().map(|of| (&of.id, &of.name));
        let schedules = self.schedules.iter();
        let schedules = schedules.map(|of| (&of.function, &of.expression));
        writeln!(f, "endpoint: {}", self.endpoint)?;
        writeln!(f, "console: http://{}/_gateway/", self.address)?;
        if let Some(site) = &self.site {
            writeln!(f, "site: {site}")?;
        }
        list(f, "functions", functions)?;
        list(f, "tables", tables)?;
        list(f, "schedules", schedules)?;
        write!(f, "dynamodb: {}", self.dynamodb)
    }
}

/// A title and a line for each pair, or nothing.
fn list<'r>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    pairs: impl Iterator<Item = (&'r String, &'r String)>,
) -> fmt::Result {
    let mut pairs = pairs.peekable();
    if pairs.peek().is_some() {
        writeln!(f, "{title}:")?;
    }
    pairs.try_for_each(|(name, value)| writeln!(f, "  {name}: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_one_line_with_everything_in_it() {
        let named = |id: &str| Named {
            id: id.to_owned(),
            name: format!("local-{id}"),
        };
        let ready = Ready {
            address: ([127, 0, 0, 1], 3001).into(),
            endpoint: "ws://127.0.0.1:3001/dev".to_owned(),
            site: None,
            functions: vec![named("talk")],
            tables: vec![named("Rooms")],
            schedules: vec![Scheduled {
                function: "talk".to_owned(),
                expression: "rate(1 hour)".to_owned(),
            }],
            dynamodb: "http://127.0.0.1:8000".to_owned(),
        };
        let json = ready.json();
        let wanted = r#"{"address":"127.0.0.1:3001","endpoint":"ws://127.0.0.1:3001/dev","site":null,"functions":[{"id":"talk","name":"local-talk"}],"tables":[{"id":"Rooms","name":"local-Rooms"}],"schedules":[{"function":"talk","expression":"rate(1 hour)"}],"dynamodb":"http://127.0.0.1:8000"}"#;
        assert_eq!(json, wanted);
        assert_eq!(ready.to_string().lines().count(), 9);
    }
}
