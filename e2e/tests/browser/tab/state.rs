//! The state of a page: its status, theme, language and labels.

use std::io::Read as _;

use anyhow::Result;
use fantoccini::wd::PrintConfiguration;
use flate2::read::ZlibDecoder;

use super::Tab;

impl Tab {
    /// The theme in force: `light` or `dark`.
    pub(crate) async fn theme(&self) -> Result<String> {
        self.text_of("return document.documentElement.dataset.theme")
            .await
    }

    /// The computed background colour of the page.
    pub(crate) async fn background(&self) -> Result<String> {
        self.text_of("return getComputedStyle(document.documentElement).backgroundColor")
            .await
    }

    /// The language of the document: `pt-BR` or `en`.
    pub(crate) async fn language(&self) -> Result<String> {
        self.text_of("return document.documentElement.lang").await
    }

    /// The accessible label of the element with this test id.
    pub(crate) async fn label(&self, id: &str) -> Result<String> {
        let script = format!(
            "return document.querySelector('[data-testid={id}]').getAttribute('aria-label')"
        );
        self.text_of(&script).await
    }

    /// The title of the page.
    pub(crate) async fn title(&self) -> Result<String> {
        Ok(self.front().await?.title().await?)
    }

    /// Waits until the status is `online`, `connecting` or `offline`.
    pub(crate) async fn wait_for_status(&self, state: &str) -> Result<()> {
        let script = "return document.querySelector('[role=status][data-testid=status]')?.dataset.state ?? 'none'";
        self.wait_until_is("the status", script, state).await
    }

    /// Waits until the theme is `light` or `dark`.
    pub(crate) async fn wait_for_theme(&self, theme: &str) -> Result<()> {
        let script = "return document.documentElement.dataset.theme";
        self.wait_until_is("the theme", script, theme).await
    }

    /// Waits until the document has this language.
    pub(crate) async fn wait_for_language(&self, language: &str) -> Result<()> {
        let script = "return document.documentElement.lang";
        self.wait_until_is("the language", script, language).await
    }

    /// The number of pages on which the browser prints the page.
    pub(crate) async fn printed_pages(&self) -> Result<usize> {
        let settings = PrintConfiguration::default();
        let pdf = self.front().await?.print(settings).await?;
        Ok(page_objects(&pdf))
    }
}

/// The number of pages in a PDF file. Firefox compresses the objects that describe them.
fn page_objects(pdf: &[u8]) -> usize {
    let mut objects = pdf.to_vec();
    for (start, _) in matches(pdf, b"stream\n") {
        let mut decoder = ZlibDecoder::new(&pdf[start..]);
        // Streams that are not compressed describe no pages.
        let _ = decoder.read_to_end(&mut objects);
    }
    let pages = matches(&objects, b"/Type /Page");
    pages.filter(|(_, next)| *next != Some(b's')).count()
}

/// The ends of all occurrences of `wanted`, and the byte after each.
fn matches(bytes: &[u8], wanted: &[u8]) -> impl Iterator<Item = (usize, Option<u8>)> {
    let windows = bytes.windows(wanted.len()).enumerate();
    windows
        .filter(move |(_, it)| *it == wanted)
        .map(move |(at, it)| (at + it.len(), bytes.get(at + it.len()).copied()))
}
