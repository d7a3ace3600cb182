//! An outbox as text, so that what was said survives a reload.

use super::outbox::Pending;
use crate::id::ClientMessageId;
use crate::json::{Object, Value, Writer};
use crate::text::MessageText;

/// These messages as one JSON object. What is failed will be tried again: the reason may be gone.
pub fn save<'a>(messages: impl Iterator<Item = &'a Pending>) -> String {
    let entries = messages.map(|pending| {
        Writer::new()
            .string("id", pending.id.as_str())
            .string("text", pending.text.as_str())
            .number("saidAt", pending.said_at)
            .end()
    });
    let entries: Vec<String> = entries.collect();
    let array = format!("[{}]", entries.join(","));
    Writer::new().raw("outbox", &array).end()
}

/// The messages that [`save`] wrote. What cannot be read is left out: somebody else may have written it.
pub fn restore(saved: &str) -> Vec<Pending> {
    let outbox = Object::parse(saved).and_then(|object| object.get("outbox")?.array());
    let entries = outbox.unwrap_or_default().into_iter();
    entries.filter_map(pending).collect()
}

fn pending(value: Value<'_>) -> Option<Pending> {
    let fields = value.object()?;
    Some(Pending::new(
        ClientMessageId::parse(fields.get("id")?.string()?).ok()?,
        MessageText::parse(fields.get("text")?.string()?).ok()?,
        fields.get("saidAt")?.number()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, text: &str) -> Pending {
        let id = ClientMessageId::parse(id).unwrap();
        Pending::new(id, MessageText::parse(text).unwrap(), 7)
    }

    #[test]
    fn what_is_saved_comes_back_in_order() {
        let left = vec![message("c1", "Olá \"você\"\n"), message("c2", "b")];
        assert_eq!(restore(&save(left.iter())), left);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
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
