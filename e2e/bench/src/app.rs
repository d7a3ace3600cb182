//! A chat page with thousands of messages, in headless Chromium against a mock server.
//!
//! Decides what is measured and in which order. All pages are measured in turns, so that a change in the load of the machine
//! affects all of them.
//!
//! # Layout
//! - [`subject`]: the pages that are measured
//! - [`mock`]: the server, which speaks the protocol of the chat or of the original
//! - [`page`]: one page in a browser, timed until it is painted; [`devtools`]: commands that WebDriver lacks
//! - [`figures`]: the measurements; [`report`]: the tables

mod devtools;
mod figures;
mod mock;
mod page;
mod report;
pub(crate) mod subject;

use std::io::Write as _;

use anyhow::{Context as _, Result};

use figures::Figures;
use page::Page;
use subject::Subject;

/// How many messages arrive one by one, to measure each.
const SINGLE: u32 = 30;

/// How many keys are pressed.
const KEYS: usize = 40;

/// Measures the subjects with bursts of each of `counts` messages, `runs` times, and prints a table for each count. The first
/// subject is compared with the others.
pub(crate) fn print(subjects: &[Subject], counts: &[u32], runs: u32) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    for &count in counts {
        let mut figures: Vec<Figures> = subjects.iter().map(|_| Figures::default()).collect();
        for run in 1..=runs {
            for (subject, figures) in subjects.iter().zip(&mut figures) {
                eprintln!("{count} messages, run {run} of {runs}: {}", subject.name);
                runtime
                    .block_on(measure(subject, count, figures))
                    .with_context(|| format!("{} with {count} messages", subject.name))?;
            }
        }
        let named = subjects.iter().zip(&figures);
        let named = named.map(|(subject, figures)| (subject.name.as_str(), figures));
        let table = report::table(count, &named.collect::<Vec<_>>());
        write!(std::io::stdout(), "\n{table}")?;
    }
    writeln!(std::io::stdout(), "\n{}", report::LEGEND)?;
    Ok(())
}

/// Measures one page once.
async fn measure(subject: &Subject, count: u32, figures: &mut Figures) -> Result<()> {
    let page = Page::open(subject).await?;
    figures.burst.record(page.receive(count).await?);
    for _ in 0..SINGLE {
        figures.next.record(page.receive(1).await?);
    }
    figures.keys.extend(page.press_keys(KEYS).await?);
    figures
        .frames
        .extend(page.frames_while_messages_arrive().await?);
    figures.elements.push(page.elements().await?);
    figures.memory.push(page.memory().await?);
    Ok(())
}
