//! Firefox and its WebDriver server, geckodriver.

use std::path::PathBuf;

use anyhow::Result;

use super::cache::Cache;
use super::crates::{self, Tool};
use super::{debian, path};
use crate::progress::Task;
use crate::workspace::Workspace;

/// Names of the browser: Debian, others.
const FIREFOX: [&str; 2] = ["firefox-esr", "firefox"];

/// Built where there is none on PATH, as its releases have no checksums. Any version drives any recent Firefox.
const DRIVER: Tool<'_> = Tool {
    package: "geckodriver",
    version: "0.37.1",
    programs: &["geckodriver"],
    release: None,
    busy: &[],
    minutes: 3,
};

/// A browser and its driver.
#[derive(Debug, Clone)]
pub(crate) struct Firefox {
    pub(crate) firefox: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Whether Firefox is missing and we cannot install packages.
pub(crate) fn is_missing() -> bool {
    find().is_none() && !debian::can_install()
}

/// `None` where [`is_missing`].
pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<Option<Firefox>> {
    if find().is_none() && debian::can_install() {
        let task = Task::start("installing Firefox");
        debian::install(&["firefox-esr"], &task)?;
        task.finish();
    }
    let Some(firefox) = find() else {
        return Ok(None);
    };
    let driver = match path::find("geckodriver") {
        Some(driver) => driver,
        None => crates::provide(workspace, cache, DRIVER)?,
    };
    Ok(Some(Firefox { firefox, driver }))
}

fn find() -> Option<PathBuf> {
    FIREFOX.into_iter().find_map(path::find)
}
