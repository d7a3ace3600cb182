//! The items of the table, which [`crate::message_log`] describes, as attributes.

use aws_sdk_dynamodb::types::AttributeValue;
use papo_protocol::{
    ChangeEntry, ChangeKind, ClientMessageId, ConnectionId, Emoji, Epoch, LogEntry, Message,
    MessageId, PersonId, PersonName, Position, RoomName, Seq,
};

use crate::aws::attributes::{Item, boolean, item, number, parsed, string, text};
use crate::message_log::{DAY_SECONDS, Entry, ID_MARGIN_DAYS};
use crate::rate_limit::Charged;

pub(super) const ROOM: &str = "room";
pub(super) const SEQ: &str = "seq";
pub(super) const EPOCH: &str = "epoch";
pub(super) const HEAD: &str = "head";
const CONNECTION_ID: &str = "connectionId";
const MESSAGE: &str = "message";
const MESSAGE_ID: &str = "messageId";
const REQUEST_TIME_EPOCH: &str = "requestTimeEpoch";
const CLIENT_MESSAGE_ID: &str = "clientMessageId";
const MESSAGE_SEQ: &str = "messageSeq";
const EXPIRES_AT: &str = "expiresAt";
const TYPE: &str = "type";
const OF: &str = "of";
const PERSON_ID: &str = "personId";
const NAME: &str = "name";
const REPLY_TO: &str = "replyTo";
const DELETED: &str = "deleted";
const EDITS: &str = "edits";
const EMOJI: &str = "emoji";
const ON: &str = "on";

const EDIT: &str = "edit";
const DELETE: &str = "delete";
const REACTION: &str = "reaction";

pub(super) fn key(room: &str, seq: Seq) -> Item {
    item([(ROOM, text(room)), (SEQ, number(seq))])
}

pub(super) fn of_head(room: &RoomName, head: &Position) -> Item {
    let mut item = key(room.as_str(), 0);
    item.insert(EPOCH.to_owned(), text(head.epoch.as_str()));
    item.insert(HEAD.to_owned(), number(head.seq));
    item
}

pub(super) fn of_entry(room: &RoomName, entry: &Entry) -> Item {
    let mut all = key(room.as_str(), entry.seq());
    let mut set = |name: &str, value: AttributeValue| {
        all.insert(name.to_owned(), value);
    };
    set(EXPIRES_AT, number(entry.expires_at()));
    if let Some(id) = entry.content().client_message_id() {
        set(CLIENT_MESSAGE_ID, text(id.as_str()));
    }
    if let Some(of) = entry.content().of() {
        set(OF, number(of));
    }
    if let Some(person) = entry.content().person_id() {
        set(PERSON_ID, text(person.as_str()));
    }
    if let Some(name) = entry.content().name() {
        set(NAME, text(name.as_str()));
    }
    let sent_at = entry.content().request_time_epoch();
    set(REQUEST_TIME_EPOCH, number(sent_at));
    match entry.content() {
        LogEntry::Message(message) => {
            set(CONNECTION_ID, text(message.connection_id.as_str()));
            set(MESSAGE, text(&message.message));
            set(MESSAGE_ID, text(message.message_id.as_str()));
            if let Some(reply_to) = message.reply_to {
                set(REPLY_TO, number(reply_to));
            }
        }
        LogEntry::Change(change) => match &change.kind {
            ChangeKind::Edit { message, .. } => {
                set(TYPE, text(EDIT));
                set(MESSAGE, text(message));
            }
            ChangeKind::Delete => set(TYPE, text(DELETE)),
            ChangeKind::Reaction { emoji, on } => {
                set(TYPE, text(REACTION));
                set(EMOJI, text(emoji.as_str()));
                set(ON, AttributeValue::Bool(*on));
            }
        },
    }
    all
}

/// The key of the id item of `id`.
pub(super) fn id_key(room: &RoomName, id: &ClientMessageId) -> Item {
    key(&format!("{room}#{}", id.as_str()), 0)
}

/// `None` if the entry has no `clientMessageId`.
pub(super) fn of_client_message_id(room: &RoomName, entry: &Entry) -> Option<Item> {
    let mut all = id_key(room, entry.content().client_message_id()?);
    let expires_at = entry.expires_at() + ID_MARGIN_DAYS * DAY_SECONDS;
    all.extend(item([
        (MESSAGE_SEQ, number(entry.seq())),
        (EXPIRES_AT, number(expires_at)),
    ]));
    Some(all)
}

pub(super) fn head(item: &Item) -> Option<Position> {
    Some(Position {
        epoch: Epoch::new(string(item, EPOCH)?),
        seq: parsed(item, HEAD)?,
    })
}

/// The seq of the message that an id item refers to.
pub(super) fn message_seq(item: &Item) -> Option<Seq> {
    parsed(item, MESSAGE_SEQ)
}

/// The sums of a rate limit counter. The attribute `window` is the sum of the window.
pub(super) fn charged(item: &Item, window: &str) -> Option<Charged> {
    Some(Charged {
        minute: parsed(item, "charged")?,
        window: parsed(item, window)?,
    })
}

/// The room of an entry. `None` for items that belong to no room.
pub(super) fn room(item: &Item) -> Option<RoomName> {
    RoomName::parse(string(item, ROOM)?).ok()
}

pub(super) fn entry(item: &Item) -> Option<Entry> {
    let seq: Seq = parsed(item, SEQ)?;
    let request_time_epoch = parsed(item, REQUEST_TIME_EPOCH)?;
    let client_message_id = optional(item, CLIENT_MESSAGE_ID, |id| {
        ClientMessageId::parse(id).ok()
    })
    .ok()?;
    // Rules for names change with Unicode. A name that is no longer valid must not make the room unreadable.
    let name = string(item, NAME).and_then(|name| PersonName::parse(name).ok());
    let person_id = string(item, PERSON_ID).map(PersonId::new);
    let deleted = boolean(item, DELETED).unwrap_or_default();
    // A deletion removes the text.
    let message = || string(item, MESSAGE).or(deleted.then_some(""));
    let kind = match string(item, TYPE) {
        None => None,
        Some(EDIT) => Some(ChangeKind::Edit {
            message: message()?.to_owned(),
            deleted,
        }),
        Some(DELETE) => Some(ChangeKind::Delete),
        Some(REACTION) => Some(ChangeKind::Reaction {
            emoji: Emoji::parse(string(item, EMOJI)?).ok()?,
            on: boolean(item, ON)?,
        }),
        Some(_) => return None,
    };
    let content: LogEntry = match kind {
        None => Message {
            seq: Some(seq),
            client_message_id,
            person_id,
            name,
            reply_to: parsed(item, REPLY_TO),
            deleted,
            ..Message::new(
                ConnectionId::new(string(item, CONNECTION_ID)?),
                MessageId::new(string(item, MESSAGE_ID)?),
                request_time_epoch,
                message()?,
            )
        }
        .into(),
        Some(kind) => ChangeEntry {
            seq,
            name,
            client_message_id,
            ..ChangeEntry::new(kind, parsed(item, OF)?, request_time_epoch, person_id?)
        }
        .into(),
    };
    let edits = item.get(EDITS).and_then(|edits| edits.as_l().ok());
    let edits = edits.into_iter().flatten();
    let edits = edits.filter_map(|seq| seq.as_n().ok()?.parse().ok());
    Some(Entry::new(seq, content, parsed(item, EXPIRES_AT)?).edited_by(edits.collect()))
}

/// A malformed attribute.
struct Malformed;

/// `None` if the attribute is absent.
fn optional<T>(
    item: &Item,
    name: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Malformed> {
    let value = item.get(name).map(|value| {
        let text = value.as_s().map_err(|_| Malformed)?;
        parse(text).ok_or(Malformed)
    });
    value.transpose()
}

/// A list of seqs.
pub(super) fn numbers(seqs: &[Seq]) -> AttributeValue {
    AttributeValue::L(seqs.iter().map(number).collect())
}
