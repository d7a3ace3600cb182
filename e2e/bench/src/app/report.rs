//! The tables: a row for each page, and one with the ratio of the first page to each of the others.

use xtask_lib::table::{self, Column};

use super::figures::{Figures, median};

/// The columns.
pub(crate) const LEGEND: &str = "burst: from the first message until the last one is painted; next: one more message; frames: while 20 messages a second\n\
arrive; key: from a key to its frame; memory: of the renderer. A ratio below 1 is in favour of the first page, except\n\
for frames a second. The goals are: burst at most a tenth of the original's, next message within 16 ms, 60 frames a\n\
second, a key within 10 ms, and at most half the memory.";

const COLUMNS: [Column; 10] = [
    Column::Words(""),
    Column::Numbers("burst ms"),
    Column::Numbers("next ms p50"),
    Column::Numbers("p95"),
    Column::Numbers("frames/s"),
    Column::Numbers("frame ms p95"),
    Column::Numbers("key ms p50"),
    Column::Numbers("p95"),
    Column::Numbers("memory MiB"),
    Column::Numbers("elements"),
];

/// The table of all pages after a burst of `count` messages.
pub(crate) fn table(count: u32, pages: &[(&str, &Figures)]) -> String {
    let mut rows: Vec<_> = pages
        .iter()
        .map(|(name, figures)| row(name, &values(figures), 1))
        .collect();
    if let Some(((first, own), others)) = pages.split_first() {
        for (other, figures) in others {
            let ratios = values(own).into_iter().zip(values(figures));
            let ratios: Vec<_> = ratios.map(|(own, other)| own / other).collect();
            rows.push(row(&format!("{first} / {other}"), &ratios, 2));
        }
    }
    format!("{count} messages\n{}", table::render(&COLUMNS, &rows))
}

fn row(name: &str, values: &[f64], digits: usize) -> Vec<String> {
    let cell = |value: &f64| {
        if value.is_finite() {
            format!("{value:.digits$}")
        } else {
            "-".to_owned()
        }
    };
    std::iter::once(name.to_owned())
        .chain(values.iter().map(cell))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn values(figures: &Figures) -> [f64; 9] {
    let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
    [
        milliseconds(figures.burst.median()),
        milliseconds(figures.next.median()),
        milliseconds(figures.next.percentile(95.0)),
        figures.frames_per_second(),
        milliseconds(figures.frames.percentile(95.0)),
        milliseconds(figures.keys.median()),
        milliseconds(figures.keys.percentile(95.0)),
        median(&figures.memory) as f64 / 1_024.0,
        median(&figures.elements) as f64,
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn figures(burst: u64) -> Figures {
        let mut figures = Figures::default();
        figures.burst.record(Duration::from_millis(burst));
        figures.memory.push(2_048);
        figures
    }

    #[test]
    fn the_first_page_is_compared_with_each_of_the_others() {
        let (own, other) = (figures(100), figures(400));
        let table = table(2_000, &[("Papo", &own), ("other", &other)]);
        let ratios = table.lines().last().unwrap();
        let cells: Vec<_> = ratios.split_whitespace().collect();
        assert_eq!(&cells[..4], ["Papo", "/", "other", "0.25"], "{table}");
        assert_eq!(cells[4], "-", "nothing was measured: {table}");
    }
}
