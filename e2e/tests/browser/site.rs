//! A web server with the built app and no back end, whose page can be withheld.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

use crate::chat::dist;

/// How requests for the page are answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Page {
    Served,
    /// With the status 503.
    Unavailable,
    /// Not at all.
    Silent,
}

/// Serves until the process ends.
pub(crate) struct Site {
    address: SocketAddr,
    page: Arc<Mutex<Page>>,
}

impl Site {
    pub(crate) fn start() -> Result<Self> {
        dist()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let site = Self {
            address: listener.local_addr()?,
            page: Arc::new(Mutex::new(Page::Served)),
        };
        let page = Arc::clone(&site.page);
        let workers = Arc::new(AtomicU32::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (page, workers) = (Arc::clone(&page), Arc::clone(&workers));
                // Browsers open connections that they may need later.
                std::thread::spawn(move || serve(&stream, &page, &workers));
            }
        });
        Ok(site)
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

fn serve(mut stream: &TcpStream, page: &Mutex<Page>, workers: &AtomicU32) -> Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|it| !it.is_empty()) {}
    let path = request.split([' ', '?']).nth(1).unwrap_or_default();
    let name = path.trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
    let page = *page.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, mut body) = match (name, page) {
        ("index.html", Page::Silent) => {
            while lines.next().transpose()?.is_some() {}
            return Ok(());
        }
        ("index.html", Page::Unavailable) => ("503 Service Unavailable", Vec::new()),
        _ => match fs::read(dist()?.join(name)) {
            Ok(body) => ("200 OK", body),
            Err(_) => ("404 Not Found", Vec::new()),
        },
    };
    if name == "sw.js" {
        // Each is a new one.
        let number = workers.fetch_add(1, Ordering::Relaxed);
        write!(body, "\n// {number}")?;
    }
    let kind = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html",
        Some((_, "js")) => "text/javascript",
        Some((_, "css")) => "text/css",
        Some((_, "wasm")) => "application/wasm",
        Some((_, "svg")) => "image/svg+xml",
        Some((_, "png")) => "image/png",
        _ => "text/plain",
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncache-control: no-cache\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)?;
    Ok(())
}
