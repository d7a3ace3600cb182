//! The query protocol of AWS: requests are forms, responses are XML. SDKs speak it to SNS, and older ones to SQS.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Map, Value as Json};

/// The fields of a form, or of one item of a list in it, whose names then lack `List.N.`.
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads the body of a request.
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The fields that are not part of a list.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.0.iter().filter(|(name, _)| !name.contains('.'));
        fields.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The items of a list, in the order of their numbers.
    pub(crate) fn list(&self, name: &str) -> Vec<Self> {
        let prefix = format!("{name}.");
        let fields = self.0.range(prefix.clone()..);
        let mut items = BTreeMap::<u32, BTreeMap<String, String>>::new();
        let fields = fields.map_while(|(key, value)| Some((key.strip_prefix(&prefix)?, value)));
        for (rest, value) in fields {
            let (number, rest) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                let item = items.entry(number).or_default();
                item.insert(rest.to_owned(), value.clone());
            }
        }
        items.into_values().map(Self).collect()
    }

    /// The message attributes in the list of this name, in the form of the JSON protocol.
    pub(crate) fn attributes(&self, list: &str) -> Map<String, Json> {
        let attributes = self.list(list);
        attributes.into_iter().filter_map(Self::attribute).collect()
    }

    fn attribute(mut self) -> Option<(String, Json)> {
        let name = self.0.remove("Name")?;
        let parts = self.0.into_iter().filter_map(|(key, value)| {
            let key = key.strip_prefix("Value.")?;
            Some((key.to_owned(), Json::from(value)))
        });
        Some((name, Json::from(parts.collect::<Map<_, _>>())))
    }
}

/// The response to a request that failed.
pub(crate) fn error(namespace: &str, code: &str, message: &str, request: &str) -> String {
    let mut xml = format!("<ErrorResponse xmlns=\"{namespace}\">");
    element(&mut xml, "Error", |xml| {
        text(xml, "Type", "Sender");
        text(xml, "Code", code);
        text(xml, "Message", message);
        xml.push_str("<Detail/>");
    });
    text(&mut xml, "RequestId", request);
    xml.push_str("</ErrorResponse>");
    xml
}

/// The response to an action, whose result `content` writes.
pub(crate) fn response(
    namespace: &str,
    action: &str,
    request: &str,
    content: impl FnOnce(&mut String),
) -> String {
    let mut xml = format!("<{action}Response xmlns=\"{namespace}\">");
    content(&mut xml);
    element(&mut xml, "ResponseMetadata", |xml| {
        text(xml, "RequestId", request);
    });
    let _ = write!(xml, "</{action}Response>");
    xml
}

/// Appends an element with other elements in it.
pub(crate) fn element(xml: &mut String, name: &str, content: impl FnOnce(&mut String)) {
    let _ = write!(xml, "<{name}>");
    content(xml);
    let _ = write!(xml, "</{name}>");
}

/// Appends an element with text in it.
pub(crate) fn text(xml: &mut String, name: &str, text: &str) {
    element(xml, name, |xml| {
        for character in text.chars() {
            match character {
                '&' => xml.push_str("&amp;"),
                '<' => xml.push_str("&lt;"),
                '>' => xml.push_str("&gt;"),
                '"' => xml.push_str("&quot;"),
                // Parsers turn it into a line feed otherwise.
                '\r' => xml.push_str("&#xD;"),
                _ => xml.push(character),
            }
        }
    });
}
