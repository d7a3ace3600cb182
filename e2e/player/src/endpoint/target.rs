//! Replaces the addresses in transcripts.

use std::fmt;

use super::Endpoint;

/// The server that replaces the one in a transcript: `--url` and `--base-path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    server: Endpoint,
    /// A prefix of paths, and its replacement.
    base: Option<(String, String)>,
}

/// Why `--url` and `--base-path` do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// The address has a path, and nothing says what it replaces.
    #[error(
        "--url replaces scheme, host and port of the addresses in the files, and {url} has a path too: \
         say which path of the files it replaces, for example --base-path {path}, or leave the path out"
    )]
    Path {
        /// The address.
        url: String,
        /// Its path.
        path: String,
    },
    /// The base path is not a path.
    #[error("--base-path is the beginning of a path, such as /dev, and not \"{0}\"")]
    BasePath(String),
}

impl Target {
    /// `url` replaces scheme, host and port; and its path the beginning `base_path` of paths. Without `base_path` it must not have a
    /// path.
    ///
    /// # Errors
    ///
    /// If the path of `url` has nothing to replace, or `base_path` is not a path.
    pub fn new(url: Endpoint, base_path: Option<&str>) -> Result<Self, InvalidTarget> {
        let own = url.path.trim_end_matches('/').to_owned();
        let base = match base_path {
            Some(path) if !path.starts_with('/') => {
                return Err(InvalidTarget::BasePath(path.to_owned()));
            }
            Some(path) => Some((path.trim_end_matches('/').to_owned(), own)),
            None if own.is_empty() => None,
            None => {
                let path = own;
                return Err(InvalidTarget::Path {
                    url: url.to_string(),
                    path,
                });
            }
        };
        Ok(Self { server: url, base })
    }

    /// The server of `endpoint`; paths stay as they are.
    pub fn server_of(endpoint: &Endpoint) -> Self {
        Self {
            server: endpoint.clone(),
            base: None,
        }
    }

    /// The server's own address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.server
    }

    /// The address that replaces `written`.
    ///
    /// The query is that of `written`, or the server's own if it has none. Credentials are the server's own, or else those of
    /// `written`.
    pub fn apply(&self, written: &Endpoint) -> Endpoint {
        let path = match &self.base {
            Some((from, to)) => match written.path.strip_prefix(from.as_str()) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    let path = format!("{to}{rest}");
                    if path.is_empty() {
                        "/".to_owned()
                    } else {
                        path
                    }
                }
                _ => written.path.clone(),
            },
            None => written.path.clone(),
        };
        let server = &self.server;
        Endpoint {
            is_secure: server.is_secure,
            authority: server.authority.clone(),
            path,
            query: written.query.clone().or_else(|| server.query.clone()),
            credentials: server
                .credentials
                .clone()
                .or_else(|| written.credentials.clone()),
        }
    }
}

/// As given on the command line.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}
