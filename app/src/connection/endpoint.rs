//! The address of the back end.
//!
//! By default, the page's own origin with the stage as the path. A page on plain static hosting sets the address in
//! `<meta name="api-url" content="wss://…">`; on a loopback host, `?api=ws://…` overrides it for one visit. A room other than
//! the default one is added as `?room=`.

use papo_protocol::RoomName;

use crate::browser;

/// The stage of a page that sets no address.
const STAGE: &str = "dev";

/// The parts of a page that determine its back end.
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
        let valid = |address: Option<&str>| {
            address
                .map(str::trim)
                .filter(|it| it.starts_with("ws://") || it.starts_with("wss://"))
                .map(str::to_owned)
        };
        // A link must not redirect a deployed page to another back end.
        let query = self.query.filter(|_| self.is_loopback());
        valid(query)
            .or_else(|| valid(self.meta))
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

/// The address of `room` at the back end.
fn with_room(endpoint: String, room: &RoomName) -> String {
    if *room == RoomName::default() {
        return endpoint;
    }
    let separator = if endpoint.contains('?') { "&" } else { "?" };
    [&endpoint, separator, "room=", room.as_str()].concat()
}

/// The address of `room` at the back end of the current page.
pub fn of_this_page(room: &RoomName) -> String {
    let location = browser::window().location();
    let protocol = location.protocol().unwrap_or_default();
    let host = location.host().unwrap_or_default();
    let meta = browser::meta("api-url");
    let query = browser::query("api");
    let page = Page {
        protocol: &protocol,
        host: &host,
        meta: meta.as_deref(),
        query: query.as_deref(),
    };
    with_room(page.endpoint(), room)
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
    fn a_page_can_set_another_address() {
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
    fn a_room_other_than_the_default_one_is_in_the_address() {
        let equipe = RoomName::parse("equipe").unwrap();
        for (endpoint, room, expected) in [
            ("wss://a/b", &RoomName::default(), "wss://a/b"),
            ("wss://a/b", &equipe, "wss://a/b?room=equipe"),
            ("wss://a/b?c=d", &equipe, "wss://a/b?c=d&room=equipe"),
        ] {
            assert_eq!(with_room(endpoint.to_owned(), room), expected);
        }
    }

    #[test]
    fn a_link_sets_the_address_on_loopback_hosts_only() {
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
