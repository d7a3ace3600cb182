//! The result of a load run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::Line;
use crate::diagnostic::clip_value;
use crate::duration;

/// The result of a run.
#[derive(Debug)]
pub struct Report {
    pub(super) clients: u32,
    pub(super) passed: u64,
    /// How many times each failure happened, by the first line of its message.
    pub(super) failures: BTreeMap<String, u64>,
    pub(super) took: Duration,
    /// The longest delay between when a client was due and when it began.
    pub(super) latest_start: Duration,
    pub(super) lines: Vec<Line>,
}

/// The percentiles that are shown.
const PERCENTILES: [(&str, f64); 3] = [("p50", 50.0), ("p90", 90.0), ("p99", 99.0)];

impl Report {
    /// Whether every client passed.
    pub(crate) fn all_passed(&self) -> bool {
        self.passed == u64::from(self.clients)
    }

    /// The result as JSON: latencies in milliseconds, by line.
    pub fn to_json(&self) -> Value {
        let line = |line: &Line| {
            let mut value = json!({
                "line": line.number,
                "text": line.text,
                "count": line.latency.count(),
                "maxMs": ms(line.latency.max()),
            });
            for (name, percentile) in PERCENTILES {
                value[format!("{name}Ms")] = json!(ms(line.latency.percentile(percentile)));
            }
            value
        };
        json!({
            "clients": self.clients,
            "passed": self.passed,
            "failures": self.failures,
            "seconds": self.took.as_secs_f64(),
            "latestStartMs": ms(self.latest_start),
            "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
        })
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// A table with a line for each line that was met.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, clients) = (self.passed, self.clients);
        writeln!(
            f,
            "{passed} of {clients} clients passed, in {}; they began at most {:.1} ms late",
            duration::show(self.took),
            ms(self.latest_start)
        )?;
        for (failure, count) in &self.failures {
            writeln!(f, "{count:>8} × {failure}")?;
        }
        if self.lines.is_empty() {
            return writeln!(f, "\nno line was met, so there are no latencies");
        }
        writeln!(
            f,
            "\n{:>8} {:>9} {:>9} {:>9} {:>9}  line",
            "met", "p50 ms", "p90 ms", "p99 ms", "max ms"
        )?;
        for line in &self.lines {
            write!(f, "{:>8}", line.latency.count())?;
            for (_, percentile) in PERCENTILES {
                write!(f, " {:>9.1}", ms(line.latency.percentile(percentile)))?;
            }
            writeln!(
                f,
                " {:>9.1}  {}: {}",
                ms(line.latency.max()),
                line.number,
                clip_value(&line.text)
            )?;
        }
        Ok(())
    }
}
