//! The built web app of `--site`, on the port of the API.
//!
//! Only regular files within the folder are served. Symbolic links may lead to other files of the folder, not out of it.

use std::{
    io,
    path::{Path, PathBuf},
};

use http::{HeaderValue, Request, StatusCode, header::CACHE_CONTROL};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use tower_http::services::ServeDir;

use crate::respond::{self, Response};

/// Suffixes of the compressed files that are served instead of a file if the client accepts them.
const COMPRESSED: [&str; 2] = ["br", "gz"];
/// Served for a folder.
const INDEX: &str = "index.html";

/// The files of one folder.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    folder: PathBuf,
    files: ServeDir,
}

impl Site {
    pub(crate) fn new(folder: &Path) -> Self {
        let files = ServeDir::new(folder)
            .precompressed_br()
            .precompressed_gzip();
        Self {
            folder: folder.to_owned(),
            files,
        }
    }

    /// Answers `GET` and `HEAD`.
    pub(crate) async fn answer<B: Send + 'static>(&self, request: Request<B>) -> Response {
        let path = request.uri().path().to_owned();
        let caching = if has_content_hash(&path) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        if !self.may_serve(&path).await {
            return respond::empty(StatusCode::NOT_FOUND);
        }
        let Ok(response) = self.files.clone().try_call(request.map(|_| ())).await else {
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

    /// Whether every file that may be opened for this path is a regular file within the folder, or missing.
    async fn may_serve(&self, path: &str) -> bool {
        let path = percent_decode_str(path).decode_utf8_lossy();
        let relative = path.trim_start_matches('/');
        // Opening other files can block forever (FIFOs) or have side effects (devices).
        let candidates = [relative.to_owned(), format!("{relative}/{INDEX}")];
        for candidate in &candidates {
            let whole = self.folder.join(candidate);
            for file in COMPRESSED
                .iter()
                .map(|suffix| with_suffix(&whole, suffix))
                .chain([whole.clone()])
            {
                match self.is_inside(&file).await {
                    Ok(true) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    // A file has no index.
                    Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
                    Ok(false) | Err(_) => return false,
                }
            }
        }
        true
    }

    async fn is_inside(&self, file: &Path) -> io::Result<bool> {
        let folder = tokio::fs::canonicalize(&self.folder).await?;
        let file = tokio::fs::canonicalize(file).await?;
        let kind = tokio::fs::metadata(&file).await?.file_type();
        Ok(file.starts_with(folder) && (kind.is_file() || kind.is_dir()))
    }
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Whether the name holds a hash of the content, as bundlers write it (`app-9f86d081884c7d65.js`). Such a file never
/// changes.
fn has_content_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut words = name.split(['-', '.', '_']).skip(1);
    words.any(|word| word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn names_with_a_content_hash_are_recognized() {
        for path in [
            "/app-9f86d081884c7d65.js",
            "/a/app-9f86d081884c7d65_bg.wasm",
            "/x.9F86D081.css",
        ] {
            assert!(has_content_hash(path), "{path}");
        }
        for path in [
            "/",
            "/index.html",
            "/app.js",
            "/dead-beef.js",
            "/9f86d081884c7d65.js",
            "/big-picture.png",
        ] {
            assert!(!has_content_hash(path), "{path}");
        }
    }

    #[tokio::test]
    async fn only_regular_files_within_the_folder_are_served() {
        let (outside, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = outside.path().join("secret");
        fs::write(&secret, "secret").unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("index.html"), "index").unwrap();
        fs::write(at("app.js"), "app").unwrap();
        fs::create_dir(at("sub")).unwrap();
        symlink(at("app.js"), at("alias.js")).unwrap();
        symlink(&secret, at("leak")).unwrap();
        symlink(outside.path(), at("folder")).unwrap();
        symlink(&secret, at("app2.js.gz")).unwrap();
        fs::write(at("app2.js"), "app").unwrap();
        symlink(&secret, at("sub/index.html")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RUSR).unwrap();
        let site = Site::new(folder.path());
        for served in ["/", "/index.html", "/app.js", "/alias.js"] {
            let request = Request::get(served).body(()).unwrap();
            assert_eq!(site.answer(request).await.status(), 200, "{served}");
        }
        for refused in [
            "/leak",
            "/folder/secret",
            "/app2.js",
            "/sub/",
            "/pipe",
            "/missing",
        ] {
            let request = Request::get(refused).body(()).unwrap();
            assert_eq!(site.answer(request).await.status(), 404, "{refused}");
        }
    }
}
