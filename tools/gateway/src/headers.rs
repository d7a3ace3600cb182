//! Headers as functions see them: sorted, with the client's spelling of names.
//!
//! The HTTP library lower-cases names, so `Spelling` reads them from the bytes that the client sent.

use std::{collections::BTreeMap, net::IpAddr};

use http::{HeaderMap, header::CONTENT_TYPE};

/// Header names and values of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(String, String)>);

/// Headers of the connection between client and gateway, which functions do not see.
const HOP_BY_HOP: &[&str] = &["connection", "content-length", "upgrade"];

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}

impl Headers {
    /// The headers of a handshake as the `$connect` event has them: without hop-by-hop headers, with those that the edge
    /// adds (`X-Amzn-Trace-Id`, `X-Forwarded-*`).
    pub(crate) fn forwarded(headers: &HeaderMap, spelling: &Spelling, edge: &Edge<'_>) -> Self {
        let mut all = Vec::with_capacity(headers.len() + 4);
        let mut forwarded_for = String::new();
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            match name.as_str() {
                name if HOP_BY_HOP.contains(&name) => {}
                "x-forwarded-for" => forwarded_for = value + ", ",
                "x-amzn-trace-id" | "x-forwarded-port" | "x-forwarded-proto" => {}
                name => all.push((spelling.of(name), value)),
            }
        }
        all.push(("X-Amzn-Trace-Id".to_owned(), edge.trace_id.to_owned()));
        all.push((
            "X-Forwarded-For".to_owned(),
            format!("{forwarded_for}{}", edge.client),
        ));
        all.push(("X-Forwarded-Port".to_owned(), edge.port.to_string()));
        // API Gateway is reached over TLS only, and authorizers check that.
        all.push(("X-Forwarded-Proto".to_owned(), "https".to_owned()));
        Self(all)
    }

    /// The headers of a handshake as an authorizer sees them: those of [`Self::forwarded`], and the hop-by-hop headers with
    /// the edge's spelling.
    pub(crate) fn with_hop(headers: &HeaderMap, spelling: &Spelling, edge: &Edge<'_>) -> Self {
        const HOP: [(&str, &str); 3] = [
            ("Connection", "upgrade"),
            ("Upgrade", "websocket"),
            ("content-length", "0"),
        ];
        let mut all = Self::forwarded(headers, spelling, edge);
        let hop = HOP.map(|(name, value)| (name.to_owned(), value.to_owned()));
        all.0.extend(hop);
        all
    }

    /// The first value of a header, whatever the case of its name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        let (_, value) = all.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    pub(crate) fn last_values(&self) -> BTreeMap<&str, &str> {
        last_values(&self.0)
    }

    pub(crate) fn all_values(&self) -> BTreeMap<&str, Vec<&str>> {
        all_values(&self.0)
    }
}

/// The last value of each name.
pub(crate) fn last_values(pairs: &[(impl AsRef<str>, impl AsRef<str>)]) -> BTreeMap<&str, &str> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()))
        .collect()
}

/// All values of each name, in order.
pub(crate) fn all_values(
    pairs: &[(impl AsRef<str>, impl AsRef<str>)],
) -> BTreeMap<&str, Vec<&str>> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in pairs {
        values
            .entry(name.as_ref())
            .or_default()
            .push(value.as_ref());
    }
    values
}

/// Whether the body is declared as a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| {
        kind.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    })
}

/// What the edge of the gateway knows about a request.
pub(crate) struct Edge<'a> {
    pub(crate) client: IpAddr,
    pub(crate) port: u16,
    pub(crate) trace_id: &'a str,
}

/// How a client spells its header names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spelling(BTreeMap<String, String>);

impl Spelling {
    /// Reads the names from the recorded head of a request.
    pub(crate) fn of_head(head: &[u8]) -> Self {
        let lines = head.split(|byte| *byte == b'\n').skip(1);
        let names = lines.filter_map(|line| {
            let end = line.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(&line[..end]).ok()?;
            Some((name.to_ascii_lowercase(), name.to_owned()))
        });
        Self(names.collect())
    }

    /// The client's spelling; where it is not known, the usual one (`Sec-Fetch-Mode`).
    fn of(&self, lower: &str) -> String {
        self.0.get(lower).cloned().unwrap_or_else(|| {
            let words = lower.split('-').map(|word| match word.split_at_checked(1) {
                Some((first, rest)) => first.to_ascii_uppercase() + rest,
                None => String::new(),
            });
            words.collect::<Vec<_>>().join("-")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn edge() -> Edge<'static> {
        Edge {
            client: "127.0.0.1".parse().unwrap(),
            port: 3001,
            trace_id: "Root=1-6731ebfc-08e1e656421db73c5d2eef31",
        }
    }

    #[test]
    fn hop_by_hop_headers_are_removed_and_forwarding_headers_added() {
        let map = headers(&[
            ("host", "h"),
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("content-length", "0"),
        ]);
        let forwarded = Headers::forwarded(&map, &Spelling::default(), &edge());
        let names: Vec<_> = forwarded.last_values().into_keys().collect();
        assert_eq!(
            names,
            [
                "Host",
                "X-Amzn-Trace-Id",
                "X-Forwarded-For",
                "X-Forwarded-Port",
                "X-Forwarded-Proto"
            ]
        );
        assert_eq!(forwarded.get("x-forwarded-proto"), Some("https"));
    }

    #[test]
    fn x_forwarded_for_is_extended() {
        let map = headers(&[("x-forwarded-for", "10.0.0.1")]);
        let forwarded = Headers::forwarded(&map, &Spelling::default(), &edge());
        assert_eq!(
            forwarded.last_values().get("X-Forwarded-For"),
            Some(&"10.0.0.1, 127.0.0.1")
        );
    }
}
