//! No frame fits a line, among several lines or several frames.

use std::time::Duration;

use super::{Unmet, labels};
use crate::diagnostic::Note;
use crate::duration;
use crate::player::arrival::Arrival;
use crate::source::Span;

/// Maximum number of skipped frames that are shown.
const SKIPPED_SHOWN: usize = 5;

impl Unmet {
    /// Lines in any order that were not met: `missing` got no frame, `left` are frames without a line. `pair` is what differs between
    /// the last line and the last frame. `limit` is set if nothing more arrived.
    pub(in crate::player) fn unordered(
        missing: Vec<Span>,
        left: &[&Arrival],
        pair: Option<Self>,
        arrived: (usize, usize),
        limit: Option<Duration>,
    ) -> Self {
        let mut unmet = Self::new(match limit {
            Some(limit) => format!(
                "only {} of {} frames arrived within {}",
                arrived.0,
                arrived.1,
                duration::show(limit)
            ),
            None => "a frame fits none of the lines".to_owned(),
        });
        if let (Some(pair), [span], [arrival]) = (pair, missing.as_slice(), left)
            && !pair.mismatches.is_empty()
        {
            unmet.labels = labels(pair.mismatches, span.line);
            // It is a guess that this frame belongs to this line, so the frame is shown but not used as evidence.
            return unmet.shown(arrival);
        }
        for span in missing {
            unmet = unmet.label(span, "no frame fits this line");
        }
        let items: Vec<_> = left.iter().map(ToString::to_string).collect();
        if !items.is_empty() {
            let heading = "frames that fit none of the remaining lines:".to_owned();
            return unmet.note(Note::List { heading, items });
        }
        unmet
    }

    /// A frame that fits none of the lines at `spans`.
    pub(in crate::player) fn none_of(spans: Vec<Span>, arrival: &Arrival) -> Self {
        let title = if arrival.is_end() {
            "the connection was closed instead"
        } else {
            "the frame fits none of the lines"
        };
        let unmet = Self::new(title).shown(arrival);
        spans
            .into_iter()
            .fold(unmet, |unmet, span| unmet.label(span, ""))
    }

    /// None of the `skipped` frames fits. `closest` nearly fits; with it is what differs.
    pub(in crate::player) fn not_among(
        limit: Duration,
        skipped: &[Arrival],
        closest: Option<(Self, Arrival)>,
    ) -> Self {
        let mut unmet = Self::new(format!(
            "nothing that fits arrived within {}",
            duration::show(limit)
        ));
        if let Some((differs, arrival)) = closest {
            unmet.mismatches = differs.mismatches;
            unmet = unmet.value("the closest", arrival.to_string());
        }
        let count = skipped.len();
        let shown = skipped.iter().rev().take(SKIPPED_SHOWN).rev();
        let items: Vec<_> = shown.map(Arrival::to_string).collect();
        if !items.is_empty() {
            let heading = format!("skipped {count}, the last of them:");
            return unmet.note(Note::List { heading, items });
        }
        unmet
    }
}
