//! The outbox as JSON, so that unsent messages survive a reload.

use serde::Serialize;
use serde_json::Value;

use super::outbox::Pending;
use crate::id::ClientMessageId;
use crate::text::MessageText;

/// What is stored: `{"outbox":[{"id":"c-1","text":"Olá!","saidAt":1733702400000}]}`.
#[derive(Serialize)]
struct Saved<'a> {
    outbox: Vec<SavedMessage<'a>>,
}

#[derive(Serialize)]
struct SavedMessage<'a> {
    id: &'a str,
    text: &'a str,
    #[serde(rename = "saidAt")]
    sent_at: i64,
}

/// These messages as a JSON object. Failed messages are stored as unsent: the reason may be gone after a reload.
pub fn save<'a>(messages: impl Iterator<Item = &'a Pending>) -> String {
    let outbox = messages.map(|pending| SavedMessage {
        id: pending.id.as_str(),
        text: pending.text.as_str(),
        sent_at: pending.sent_at,
    });
    let outbox = outbox.collect();
    crate::json::to_string(&Saved { outbox })
}

/// The messages that [`save`] stored. Invalid ones are skipped, because anything else may have written to the storage.
pub fn restore(saved: &str) -> Vec<Pending> {
    let saved: Value = serde_json::from_str(saved).unwrap_or_default();
    let outbox = saved["outbox"].as_array().into_iter().flatten();
    outbox.filter_map(pending).collect()
}

fn pending(saved: &Value) -> Option<Pending> {
    let id = ClientMessageId::parse(saved["id"].as_str()?).ok()?;
    let text = MessageText::parse(saved["text"].as_str()?).ok()?;
    Some(Pending::new(id, text, saved["saidAt"].as_i64()?))
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
        let unsent = vec![message("c1", "Olá \"você\"\n"), message("c2", "b")];
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
        ] {
            assert_eq!(restore(text), []);
        }
        let half =
            r#"{"outbox":[{"id":"a b","text":"x","saidAt":1},{"id":"c1","text":"x","saidAt":7}]}"#;
        assert_eq!(restore(half), [message("c1", "x")]);
    }
}
