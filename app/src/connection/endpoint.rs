//! Where the back end is.
//!
//! Without any setting: the page's own origin, with the stage as the path. A page on plain static hosting names the
//! address in `<meta name="api-url" content="wss://…">`; on a loopback host, `?api=ws://…` does it for one visit.

use crate::browser;

/// The stage of a page that names no address.
const STAGE: &str = "dev";

/// What a page says about its back end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// `http:` or `https:`.
    pub protocol: &'a str,
    /// Host and port.
    pub host: &'a str,
    /// The content of `<meta name="api-url">`.
    pub meta: Option<&'a str>,
    /// The value of `?api=`.
    pub query: Option<&'a str>,
}

impl Page<'_> {
    /// The address of the back end.
    pub fn endpoint(&self) -> String {
        let named = |address: Option<&str>| {
            address
                .map(str::trim)
                .filter(|it| it.starts_with("ws://") || it.starts_with("wss://"))
                .map(str::to_owned)
        };
        // Anybody can send somebody a link, so a link must not choose where a real page connects.
        let query = self.query.filter(|_| self.is_loopback());
        named(query)
            .or_else(|| named(self.meta))
            .unwrap_or_else(|| {
                let scheme = if self.protocol == "https:" {
                    "wss"
                } else {
                    "ws"
                };
                format!("{scheme}://{}/{STAGE}", self.host)
            })
    }

    fn is_loopback(&self) -> bool {
        let name = self
            .host
            .rsplit_once(':')
            .map_or(self.host, |(name, _)| name);
        matches!(name, "localhost" | "127.0.0.1" | "[::1]")
    }
}

/// The address of the back end of the page that is open.
pub fn of_this_page() -> String {
    let location = browser::window().location();
    let protocol = location.protocol().unwrap_or_default();
    let host = location.host().unwrap_or_default();
    let meta = browser::meta("api-url");
    let query = browser::query("api");
    Page {
        protocol: &protocol,
        host: &host,
        meta: meta.as_deref(),
        query: query.as_deref(),
    }
    .endpoint()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn connects(page: Page<'_>, to: &str) {
        assert_eq!(page.endpoint(), to);
    }

    const LOCAL: Page<'_> = Page {
        protocol: "http:",
        host: "127.0.0.1:8080",
        meta: None,
        query: None,
    };
    const PUBLIC: Page<'_> = Page {
        protocol: "https:",
        host: "papo.example",
        meta: None,
        query: None,
    };

    #[test]
    fn a_page_connects_to_its_own_origin() {
        connects(LOCAL, "ws://127.0.0.1:8080/dev");
        connects(PUBLIC, "wss://papo.example/dev");
    }

    #[test]
    fn a_page_can_name_another_address() {
        connects(
            Page {
                meta: Some(" wss://api.example/prod "),
                ..PUBLIC
            },
            "wss://api.example/prod",
        );
        connects(
            Page {
                meta: Some(""),
                ..PUBLIC
            },
            "wss://papo.example/dev",
        );
    }

    #[test]
    fn a_link_chooses_the_address_only_on_this_machine() {
        let query = Some("ws://127.0.0.1:9/x");
        connects(Page { query, ..LOCAL }, "ws://127.0.0.1:9/x");
        connects(Page { query, ..PUBLIC }, "wss://papo.example/dev");
        connects(
            Page {
                host: "localhost.evil.example",
                query,
                ..LOCAL
            },
            "ws://localhost.evil.example/dev",
        );
    }
}
