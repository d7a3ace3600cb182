//! A web server with the built app and no back end, whose page can be withheld.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Request, Response, StatusCode};
use papo_e2e::http_server::{self, Reply};

use crate::chat::dist;

/// What happens to requests for the page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Page {
    Served,
    /// Answered with the status 503.
    Unavailable,
    /// Not answered.
    Silent,
}

/// Serves until the process ends.
pub(crate) struct Site {
    address: SocketAddr,
    page: Arc<Mutex<Page>>,
}

impl Site {
    pub(crate) fn start() -> Result<Self> {
        let dist = dist()?;
        let page = Arc::new(Mutex::new(Page::Served));
        let (served, workers) = (Arc::clone(&page), AtomicU32::new(0));
        let address = http_server::serve(move |request| {
            let page = *served.lock().unwrap_or_else(PoisonError::into_inner);
            reply(&request, page, &dist, &workers)
        })?;
        Ok(Self { address, page })
    }

    /// The address of the page.
    pub(crate) fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Answers differently from now on.
    pub(crate) fn set_page(&self, page: Page) {
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = page;
    }
}

fn reply(request: &Request<Bytes>, page: Page, dist: &Path, workers: &AtomicU32) -> Reply {
    let name = match request.uri().path().trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    let (status, mut body) = match (name, page) {
        ("index.html", Page::Silent) => return Reply::Silence,
        ("index.html", Page::Unavailable) => (StatusCode::SERVICE_UNAVAILABLE, Vec::new()),
        _ => match fs::read(dist.join(name)) {
            Ok(body) => (StatusCode::OK, body),
            Err(_) => (StatusCode::NOT_FOUND, Vec::new()),
        },
    };
    if name == "sw.js" {
        // Every response is a new version.
        let number = workers.fetch_add(1, Ordering::Relaxed);
        body.extend(format!("\n// {number}").bytes());
    }
    let media_type = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html",
        Some((_, "js")) => "text/javascript",
        Some((_, "css")) => "text/css",
        Some((_, "wasm")) => "application/wasm",
        Some((_, "svg")) => "image/svg+xml",
        Some((_, "png")) => "image/png",
        _ => "text/plain",
    };
    let response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, media_type)
        .header(CACHE_CONTROL, "no-cache")
        .body(body.into());
    response.into()
}
