//! Runs steps in order until one fails, and reports how long each took.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::interrupt::Interrupted;
use xtask_lib::table::{self, Column};

/// One step. `name` selects it with `--only`; `title` appears in the output.
pub(crate) struct Step<'a> {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// Runs the step; returns a remark for the summary, such as what was skipped.
    pub(crate) action: Box<dyn FnMut() -> Result<Option<String>> + 'a>,
}

/// Runs the steps in order and prints a summary. Stops at the first failure.
///
/// # Errors
/// The error of the step that failed, after the summary has been printed.
pub(crate) fn run(steps: Vec<Step<'_>>) -> Result<()> {
    let count = steps.len();
    let start = Instant::now();
    let mut rows = Vec::new();
    for (index, mut step) in steps.into_iter().enumerate() {
        println!("\n[{}/{count}] {}: {}", index + 1, step.name, step.title);
        let step_start = Instant::now();
        let result = (step.action)();
        let (word, failure) = match result {
            Ok(remark) => (
                remark.map_or_else(|| "ok".to_owned(), |remark| format!("ok; {remark}")),
                None,
            ),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => ("FAILED".to_owned(), Some(error)),
        };
        rows.push(vec![
            step.name.to_owned(),
            seconds(step_start.elapsed()),
            word,
        ]);
        if let Some(error) = failure {
            summarise(&rows, start);
            println!("to repeat this step: cargo xtask test --only {}", step.name);
            return Err(error.context(format!(
                "step {} of {count} ({}) failed",
                index + 1,
                step.name
            )));
        }
    }
    summarise(&rows, start);
    Ok(())
}

fn summarise(rows: &[Vec<String>], start: Instant) {
    let columns = [
        Column::Words("step"),
        Column::Numbers("seconds"),
        Column::Words(""),
    ];
    print!("\n{}", table::render(&columns, rows));
    println!("total {} s", seconds(start.elapsed()));
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}
