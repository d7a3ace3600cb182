//! Keeps FIDELITY.md and the tests consistent: a row names tests that exist or says why there is none, and every test of the
//! gateway's behaviour has a row.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The table, beside this crate's manifest.
const TABLE: &str = "FIDELITY.md";

/// Folders and files whose tests all have a row.
const BEHAVIOUR: &[&str] = &[
    "src/authorizer.rs",
    "src/event/tests.rs",
    "src/event_source/batch.rs",
    "src/frames.rs",
    "src/handshake.rs",
    "src/headers.rs",
    "src/ids.rs",
    "src/mapping/tests.rs",
    "src/management.rs",
    "src/proxy.rs",
    "src/route",
    "src/route.rs",
    "src/schedule.rs",
    "src/sqs/message.rs",
    "src/sqs/query.rs",
    "src/sqs/queue/tests.rs",
    "src/target.rs",
    "src/template/filter.rs",
    "src/template/tests",
    "src/template/tests/serverless",
    "src/template/tests/v2",
    "src/throttle.rs",
    "tests/gateway",
];

/// The text that a row has instead of a proof, and the minimum length of a reason.
const NO_PROOF: &str = "none: ";
const MIN_REASON: usize = 15;

/// A test, by its file (relative to the crate) and its name.
type Test = (PathBuf, String);

/// One behaviour of the table.
struct Row {
    line: usize,
    cells: Vec<String>,
}

impl Row {
    /// The tests that the third cell links to.
    fn proofs(&self) -> Vec<Test> {
        let mut found = Vec::new();
        for link in self.cells[2].split('[').skip(1) {
            let proof = link.split_once("](").and_then(|(name, rest)| {
                let (file, _) = rest.split_once(')')?;
                Some((PathBuf::from(file), name.to_owned()))
            });
            found.extend(proof);
        }
        found
    }
}

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rows() -> Vec<Row> {
    let table = fs::read_to_string(crate_folder().join(TABLE)).unwrap();
    let mut rows = Vec::new();
    let mut in_table = false;
    for (index, text) in table.lines().enumerate() {
        let Some(inside) = text.strip_prefix("| ") else {
            // A line of dashes separates the head of a table from its rows.
            in_table = text.starts_with("|-");
            continue;
        };
        if !in_table {
            continue;
        }
        let inside = inside
            .trim_end()
            .trim_end_matches('|')
            .replace("\\|", "\u{1}");
        let cells = inside
            .split(" | ")
            .map(|cell| cell.trim().replace('\u{1}', "|"))
            .collect();
        rows.push(Row {
            line: index + 1,
            cells,
        });
    }
    rows
}

/// The names of the tests in a file.
fn tests_in(file: &Path) -> BTreeSet<String> {
    let source = fs::read_to_string(file).unwrap();
    let mut names = BTreeSet::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            names.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
            is_test = false;
        }
    }
    names
}

/// The files at a path of [`BEHAVIOUR`], relative to the crate, without those in folders below it.
fn files(path: &str) -> Vec<PathBuf> {
    let whole = crate_folder().join(path);
    if whole.is_file() {
        return vec![path.into()];
    }
    let entries = fs::read_dir(whole).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file());
    let names = files.map(|entry| entry.file_name());
    names.map(|name| Path::new(path).join(name)).collect()
}

#[test]
fn every_row_says_what_where_and_how_it_is_proved() {
    let rows = rows();
    let count = rows.len();
    assert!(count > 50, "the table is not read: {count} rows");
    for Row { line, cells } in &rows {
        let [behaviour, source, proof, _difference] = cells.as_slice() else {
            panic!("{TABLE}:{line}: expected four cells, found {cells:?}");
        };
        let is_stated = !behaviour.is_empty() && !source.is_empty();
        assert!(is_stated, "{TABLE}:{line}: no behaviour or no source");
        if let Some(reason) = proof.strip_prefix(NO_PROOF) {
            let is_reason = reason.len() >= MIN_REASON;
            assert!(is_reason, "{TABLE}:{line}: {reason:?} is not a reason");
        }
    }
}

#[test]
fn every_row_names_tests_that_exist_or_says_why_there_is_none() {
    let mut known: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for row in rows() {
        let line = row.line;
        let proofs = row.proofs();
        assert!(
            !proofs.is_empty() || row.cells[2].starts_with(NO_PROOF),
            "{TABLE}:{line}: name a test as [test](file), or write {NO_PROOF:?} and the reason"
        );
        for (file, name) in proofs {
            let whole = crate_folder().join(&file);
            let shown = file.display().to_string();
            assert!(whole.is_file(), "{TABLE}:{line}: there is no file {shown}");
            let tests = known.entry(file).or_insert_with(|| tests_in(&whole));
            let exists = tests.contains(&name);
            assert!(exists, "{TABLE}:{line}: {shown} has no test {name}");
        }
    }
}

#[test]
fn every_test_of_behaviour_has_a_row() {
    let proofs: BTreeSet<Test> = rows().iter().flat_map(Row::proofs).collect();
    let missing: Vec<_> = BEHAVIOUR
        .iter()
        .flat_map(|path| files(path))
        .flat_map(|file| {
            let names = tests_in(&crate_folder().join(&file));
            names.into_iter().map(move |name| (file.clone(), name))
        })
        .filter(|test| !proofs.contains(test))
        .map(|(file, name)| format!("[{name}]({})", file.display()))
        .collect();
    let missing = missing.join("\n");
    assert!(missing.is_empty(), "no row of {TABLE} names\n{missing}");
}
