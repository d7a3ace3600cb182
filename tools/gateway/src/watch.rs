//! `--watch`: when the sources of a function change, rebuilds it if it is compiled, and runs its next invocation with the
//! new code. Clients stay connected; running invocations finish with the old code.

mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{sync::mpsc, time::timeout};
use tracing::{error, info, warn};

use self::sources::{Finder, Sources};
use crate::{
    functions::{Function, build, runtime::RuntimeFiles},
    template::Code,
};

/// How long no other change may follow: editors and version control write many files at once.
const QUIET: Duration = Duration::from_millis(200);

/// Sources that cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {folder}: {source}")]
pub struct Error {
    folder: PathBuf,
    source: notify::Error,
}

/// Watches the sources of functions while [`Watch::run`] runs.
pub(crate) struct Watch {
    functions: BTreeMap<String, Arc<Function>>,
    files: Arc<RuntimeFiles>,
    sources: BTreeMap<String, Sources>,
    watcher: RecommendedWatcher,
    changes: mpsc::UnboundedReceiver<PathBuf>,
}

impl Watch {
    /// Starts to watch the sources of all functions.
    pub(crate) fn new(
        functions: BTreeMap<String, Arc<Function>>,
        files: Arc<RuntimeFiles>,
    ) -> Result<Self, Error> {
        let (sender, changes) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Reading is not a change.
            let changing = event
                .ok()
                .filter(|event| !matches!(event.kind, EventKind::Access(_)));
            for path in changing.into_iter().flat_map(|event| event.paths) {
                // Fails when the gateway is shutting down.
                let _ = sender.send(path);
            }
        });
        let watcher = watcher.map_err(|source| Error {
            folder: PathBuf::new(),
            source,
        })?;
        let mut finder = Finder::default();
        let sources = functions
            .iter()
            .map(|(id, function)| (id.clone(), finder.sources_of(&function.spec)));
        let mut watch = Self {
            sources: sources.collect(),
            functions,
            files,
            watcher,
            changes,
        };
        for folder in watch.folders() {
            watch
                .watch_folder(&folder)
                .map_err(|source| Error { folder, source })?;
        }
        Ok(watch)
    }

    /// Handles changes forever.
    pub(crate) async fn run(mut self) {
        while let Some(first) = self.changes.recv().await {
            let mut changed = BTreeSet::from([first]);
            while let Ok(Some(path)) = timeout(QUIET, self.changes.recv()).await {
                changed.insert(path);
            }
            for path in &changed {
                self.watch_new_folder(path);
            }
            let affected: Vec<_> = self
                .sources
                .iter()
                .filter_map(|(id, sources)| {
                    let path = changed.iter().find(|path| sources.contains(path))?;
                    Some((Arc::clone(self.functions.get(id)?), path.clone()))
                })
                .collect();
            replace(affected, &self.files).await;
        }
    }

    /// All folders with sources.
    fn folders(&self) -> BTreeSet<PathBuf> {
        self.sources.values().flat_map(Sources::folders).collect()
    }

    fn watch_folder(&mut self, folder: &Path) -> notify::Result<()> {
        self.watcher.watch(folder, RecursiveMode::NonRecursive)
    }

    /// Starts to watch a folder that was just created.
    fn watch_new_folder(&mut self, path: &Path) {
        if !path.is_dir() || !self.sources.values().any(|sources| sources.contains(path)) {
            return;
        }
        for folder in sources::within(path) {
            if let Err(error) = self.watch_folder(&folder) {
                warn!("watch      {} is not watched: {error}", folder.display());
            }
        }
    }
}

/// Rebuilds compiled functions, and makes all of them run their new code.
async fn replace(affected: Vec<(Arc<Function>, PathBuf)>, files: &RuntimeFiles) {
    let built: Vec<_> = affected
        .iter()
        .filter(|(function, _)| function.spec.code.is_built())
        .collect();
    let before: Vec<_> = built.iter().map(|(function, _)| stamp(function)).collect();
    let specs: Vec<_> = built
        .iter()
        .map(|(function, _)| function.spec.clone())
        .collect();
    let mut unchanged = BTreeSet::new();
    if !specs.is_empty() {
        if let Err(failure) = build::programs(&specs, None, files).await {
            error!("watch      still running the old code: {failure}");
            unchanged.extend(specs.into_iter().map(|spec| spec.logical_id));
        } else {
            let same = built
                .iter()
                .zip(before)
                .filter(|((function, _), before)| before.is_some() && stamp(function) == *before);
            unchanged.extend(same.map(|((function, _), _)| function.spec.logical_id.clone()));
        }
    }
    for (function, path) in affected {
        let id = &function.spec.logical_id;
        if !unchanged.contains(id) {
            info!("watch      {id} restarts: {} has changed", path.display());
            function.renew();
        }
    }
}

/// Distinguishes builds of an executable; `None` for a function that an interpreter runs.
fn stamp(function: &Function) -> Option<(SystemTime, u64)> {
    if !matches!(function.spec.code, Code::Cargo { .. }) {
        return None;
    }
    let metadata = function.program().metadata().ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
