//! The outbox as JSON, so that unsent messages survive a reload.

use serde::Serialize;
use serde_json::Value;

use super::content::Content;
use super::outbox::Pending;
use crate::action::Target;
use crate::change::Change;
use crate::emoji::Emoji;
use crate::id::ClientMessageId;
use crate::position::{Epoch, Seq};
use crate::text::MessageText;

/// What is stored: `{"outbox":[{"id":"c-1","text":"Olá!","saidAt":1733702400000}]}`.
#[derive(Serialize)]
struct Saved<'a> {
    outbox: Vec<SavedEntry<'a>>,
}

/// A message has `text`, and if it is a reply `of` and `epoch`. A change has `of`, `epoch`, and one of `edit`, `delete` and
/// `reaction`; the rest is `null`. What a back end without a log may have broadcast is `unconfirmed`. Older versions skip what
/// has no `text`.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct SavedEntry<'a> {
    id: &'a str,
    #[serde(rename = "saidAt")]
    sent_at: i64,
    text: Option<&'a str>,
    of: Option<Seq>,
    epoch: Option<&'a str>,
    edit: Option<&'a str>,
    delete: Option<bool>,
    reaction: Option<&'a str>,
    on: Option<bool>,
    unconfirmed: bool,
}

/// These messages and changes as a JSON object. Failed ones are stored as unsent, because the reason may be gone after a reload,
/// except for those that a back end without a log may have broadcast: only the user can tell whether to send them again.
pub fn save<'a>(entries: impl Iterator<Item = &'a Pending>) -> String {
    let outbox = entries.map(entry).collect();
    crate::json::to_string(&Saved { outbox })
}

fn entry(pending: &Pending) -> SavedEntry<'_> {
    let mut saved = SavedEntry {
        id: pending.id.as_str(),
        sent_at: pending.sent_at,
        unconfirmed: pending.sent_without_log,
        ..SavedEntry::default()
    };
    let target = match &pending.content {
        Content::Message { text, reply_to } => {
            saved.text = Some(text.as_str());
            reply_to.as_ref()
        }
        Content::Change { target, change } => {
            match change {
                Change::Edit(text) => saved.edit = Some(text.as_str()),
                Change::Delete => saved.delete = Some(true),
                Change::React { emoji, on } => {
                    saved.reaction = Some(emoji.as_str());
                    saved.on = Some(*on);
                }
            }
            Some(target)
        }
    };
    saved.of = target.map(|target| target.of);
    saved.epoch = target.and_then(|target| target.epoch.as_ref().map(Epoch::as_str));
    saved
}

/// The messages and changes that [`save`] stored. Invalid ones are skipped, because anything else may have written to the
/// storage.
pub fn restore(saved: &str) -> Vec<Pending> {
    let saved: Value = serde_json::from_str(saved).unwrap_or_default();
    let outbox = saved["outbox"].as_array().map(Vec::as_slice);
    outbox
        .unwrap_or_default()
        .iter()
        .filter_map(pending)
        .collect()
}

fn pending(saved: &Value) -> Option<Pending> {
    let id = ClientMessageId::parse(saved["id"].as_str()?).ok()?;
    let pending = Pending::new(id, content(saved)?, saved["saidAt"].as_i64()?);
    Some(match saved["unconfirmed"].as_bool() {
        Some(true) => pending.unconfirmed(),
        _ => pending,
    })
}

fn content(saved: &Value) -> Option<Content> {
    let text = |name: &str| MessageText::parse(saved[name].as_str()?).ok();
    let target = saved["of"].as_u64().map(|of| Target {
        of,
        epoch: saved["epoch"].as_str().map(Epoch::new),
    });
    if let Some(text) = text("text") {
        let reply_to = target;
        return Some(Content::Message { text, reply_to });
    }
    let change = match (text("edit"), saved["reaction"].as_str()) {
        (Some(text), _) => Change::Edit(text),
        (None, Some(emoji)) => Change::React {
            emoji: Emoji::parse(emoji).ok()?,
            on: saved["on"].as_bool()?,
        },
        (None, None) => saved["delete"].as_bool()?.then_some(Change::Delete)?,
    };
    let target = target?;
    Some(Content::Change { target, change })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, text: &str) -> Pending {
        let id = ClientMessageId::parse(id).unwrap();
        Pending::new(id, MessageText::parse(text).unwrap(), 7)
    }

    #[test]
    fn restores_what_was_saved_in_order() {
        let target = Target {
            of: 5,
            epoch: Some(Epoch::new("e")),
        };
        let text = MessageText::parse("b").unwrap();
        let reply = Content::Message {
            text: text.clone(),
            reply_to: Some(target.clone()),
        };
        let emoji = Emoji::parse("👍").unwrap();
        let changes = [
            Change::Edit(text),
            Change::Delete,
            Change::React { emoji, on: false },
        ];
        let changes = changes.into_iter().map(|change| Content::Change {
            target: target.clone(),
            change,
        });
        let id = || ClientMessageId::parse("c2").unwrap();
        let mut unsent = vec![message("c1", "Olá \"você\"\n")];
        let more = std::iter::once(reply).chain(changes);
        unsent.extend(more.map(|content| Pending::new(id(), content, 8)));
        unsent.push(message("c3", "Olá").unconfirmed());
        assert_eq!(restore(&save(unsent.iter())), unsent);
    }

    #[test]
    fn skips_what_is_invalid() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"outbox":1}"#,
            r#"{"outbox":[1,{},{"id":"c1"}]}"#,
            r#"{"outbox":[{"id":"c1","saidAt":7,"edit":"b"},{"id":"c1","saidAt":7,"of":1,"delete":false}]}"#,
            r#"{"outbox":[{"id":"c1","saidAt":7,"of":1,"reaction":"b","on":true}]}"#,
        ] {
            assert_eq!(restore(text), []);
        }
        let half =
            r#"{"outbox":[{"id":"a b","text":"x","saidAt":1},{"id":"c1","text":"x","saidAt":7}]}"#;
        assert_eq!(restore(half), [message("c1", "x")]);
    }
}
