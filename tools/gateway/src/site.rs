//! The built web app of `--site`, on the port of the API.

use std::path::Path;

use http::{HeaderValue, Request, StatusCode, header::CACHE_CONTROL};
use http_body_util::BodyExt;
use tower_http::services::ServeDir;

use crate::respond::{self, Response};

/// Files of one folder.
#[derive(Debug, Clone)]
pub(crate) struct Site(ServeDir);

impl Site {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(
            ServeDir::new(folder)
                .precompressed_br()
                .precompressed_gzip(),
        )
    }

    /// Answers `GET` and `HEAD`.
    pub(crate) async fn answer<B: Send + 'static>(&self, request: Request<B>) -> Response {
        let caching = if is_hashed(request.uri().path()) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let Ok(response) = self.0.clone().try_call(request.map(|_| ())).await else {
            return respond::empty(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let mut response = response.map(BodyExt::boxed_unsync);
        if response.status().is_success() {
            response
                .headers_mut()
                .insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        }
        response
    }
}

/// Whether the name holds a hash of the content, as bundlers write it (`app-9f86d081884c7d65.js`): such a file never
/// changes under its name.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let words = name.split(['-', '.', '_']).skip(1);
    words
        .into_iter()
        .any(|word| word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_names_are_told_from_others() {
        for path in [
            "/app-9f86d081884c7d65.js",
            "/a/app-9f86d081884c7d65_bg.wasm",
            "/x.9F86D081.css",
        ] {
            assert!(is_hashed(path), "{path}");
        }
        for path in [
            "/",
            "/index.html",
            "/app.js",
            "/dead-beef.js",
            "/9f86d081884c7d65.js",
            "/big-picture.png",
        ] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}
