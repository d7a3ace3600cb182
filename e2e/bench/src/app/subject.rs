//! The pages that are measured.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// The protocol of the mock server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// The protocol of the chat: messages with a name and a place in the log.
    Chat,
    /// The protocol of the original, which knows neither.
    Original,
}

/// Where a page comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Files that the mock server serves.
    Site(PathBuf),
    /// Its own server. The page's WebSocket is redirected to the mock server.
    Url(String),
}

/// A page, and how to find its elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) protocol: Protocol,
    /// Selects the element whose children are the messages.
    pub(crate) list: String,
    /// Selects the field for a message.
    pub(crate) field: String,
    /// Selects the field for a name that the page asks for first, if it does.
    pub(crate) name_field: Option<String>,
}

impl Subject {
    /// This repository's app.
    pub(crate) fn papo(site: PathBuf, protocol: Protocol) -> Self {
        let name = match protocol {
            Protocol::Chat => "Papo",
            Protocol::Original => "Papo, original protocol",
        };
        Self {
            name: name.to_owned(),
            source: Source::Site(site),
            protocol,
            list: "[data-testid=timeline] ol".to_owned(),
            field: "[data-testid=composer]".to_owned(),
            name_field: Some("[data-testid=name]".to_owned()),
        }
    }

    /// A React page in the shape of the original.
    pub(crate) fn react(site: PathBuf) -> Self {
        Self {
            name: "React page".to_owned(),
            source: Source::Site(site),
            protocol: Protocol::Original,
            list: "main".to_owned(),
            field: "textarea".to_owned(),
            name_field: None,
        }
    }

    /// A page that shows only the newest message: what remains is the time of the browser.
    pub(crate) fn bare() -> Self {
        Self {
            name: "bare page".to_owned(),
            source: Source::Site(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/bare-page").into()),
            protocol: Protocol::Original,
            list: "main".to_owned(),
            field: "textarea".to_owned(),
            name_field: None,
        }
    }

    /// Any other page that speaks the original's protocol.
    pub(crate) fn peer(url: &str, list: &str, field: &str) -> Result<Self> {
        let address: http::Uri = url.parse().with_context(|| format!("--peer {url}"))?;
        let host = address
            .authority()
            .with_context(|| format!("--peer {url} has no host: expected http://HOST:PORT/"))?;
        Ok(Self {
            name: host.to_string(),
            source: Source::Url(url.to_owned()),
            protocol: Protocol::Original,
            list: list.to_owned(),
            field: field.to_owned(),
            name_field: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Subject;

    #[test]
    fn a_peer_is_named_after_its_host() {
        let peer = Subject::peer("http://127.0.0.1:5173/chat", "main", "input").unwrap();
        assert_eq!(peer.name, "127.0.0.1:5173");
    }

    #[test]
    fn a_peer_without_a_host_is_rejected() {
        for url in ["/chat", "", "not a url"] {
            let error = Subject::peer(url, "main", "input").unwrap_err().to_string();
            assert!(error.starts_with("--peer"), "{url}: {error}");
        }
    }
}
