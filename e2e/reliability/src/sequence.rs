//! The order of one displayed timeline, judged without knowledge of the message log. Which numbers may be missing between two
//! messages, because they belong to edits, only the log knows: that is left to the checker.

use std::collections::BTreeSet;

use papo_protocol::Seq;
use papo_protocol::session::{Entry, Gap, Segment};

use crate::verdict::{Violation, ViolationKind};

/// The index of the first segment that belongs to the newest log.
pub(crate) fn newest_log(segments: &[Segment]) -> usize {
    let begins_log = |cut| cut == Some(Gap::NewLog);
    segments
        .iter()
        .map(|it| it.gap)
        .rposition(begins_log)
        .unwrap_or_default()
}

/// Checks that numbers rise, and that there is a number between two messages with a divider between them.
///
/// A page that was connected to a back end without a log may show messages without a number, each once.
pub(crate) fn check(segments: &[Segment], saw_unnumbered: bool) -> Result<(), Violation> {
    let mut previous: Option<Seq> = None;
    let mut unnumbered = BTreeSet::new();
    for segment in segments {
        if segment.gap == Some(Gap::NewLog) {
            previous = None;
        }
        let mut after_divider = segment.gap.is_some();
        for entry in &segment.entries {
            if saw_unnumbered && entry.message.seq.is_none() {
                if !unnumbered.insert(&entry.message.message_id) {
                    let detail = format!("shows {} twice", entry.message.message);
                    return Err(Violation::new(ViolationKind::Duplicated, detail));
                }
                continue;
            }
            previous = Some(follows(previous, entry, after_divider)?);
            after_divider = false;
        }
    }
    Ok(())
}

/// The number of `entry`, if it may be displayed after `previous`.
fn follows(previous: Option<Seq>, entry: &Entry, after_divider: bool) -> Result<Seq, Violation> {
    use ViolationKind::{Duplicated, Lost, Reordered};
    let text = &entry.message.message;
    let Some(seq) = entry.message.seq else {
        return Err(Violation::new(
            Reordered,
            format!("shows {text} without a seq"),
        ));
    };
    let Some(previous) = previous else {
        return Ok(seq);
    };
    let shows = format!("shows {text}, seq {seq},");
    let (kind, detail) = if seq == previous {
        (Duplicated, format!("{shows} twice"))
    } else if seq < previous {
        (Reordered, format!("{shows} after seq {previous}"))
    } else if seq == previous + 1 && after_divider {
        (
            Lost,
            format!("{shows} below a divider, although seq {previous} is directly above"),
        )
    } else {
        return Ok(seq);
    };
    Err(Violation::new(kind, detail))
}
