//! Runs steps in order until one fails, and reports how long each took.

use std::time::{Duration, Instant};

use anyhow::Result;
use xtask_lib::table::{self, Column};

use super::steps::Step;
use crate::interrupt::Interrupted;
use crate::output::{self, say};
use crate::workspace::Workspace;

/// Runs the steps in order and prints a summary. Stops at the first failure.
///
/// # Errors
/// The error of the step that failed, after the summary has been printed; [`Interrupted`] after a signal.
pub(super) fn run(steps: &[Step], workspace: &Workspace) -> Result<()> {
    let count = steps.len();
    let start = Instant::now();
    let mut rows = Vec::new();
    for (step, number) in steps.iter().zip(1..) {
        say!("\n[{number}/{count}] {}: {}", step.name, step.title);
        let step_start = Instant::now();
        let result = (step.action)(workspace);
        let outcome = match &result {
            Err(error) if error.is::<Interrupted>() => return result.map(drop),
            Ok(None) => "ok".to_owned(),
            Ok(Some(remark)) => format!("ok; {remark}"),
            Err(_) => "FAILED".to_owned(),
        };
        rows.push(vec![
            step.name.to_owned(),
            seconds(step_start.elapsed()),
            outcome,
        ]);
        if let Err(error) = result {
            summarise(&rows, start);
            say!("to repeat this step: cargo xtask test --only {}", step.name);
            let failed = format!("step {number} of {count} ({}) failed", step.name);
            return Err(error.context(failed));
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
    output::text(format_args!("\n{}", table::render(&columns, rows)));
    say!("total {} s", seconds(start.elapsed()));
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}
