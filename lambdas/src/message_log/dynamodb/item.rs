//! The three kinds of items as attributes; see [`crate::message_log`].

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use papo_protocol::{ClientMessageId, ConnectionId, Epoch, Message, MessageId, Position, Seq};

use crate::message_log::{DAY_SECONDS, Entry, ID_MARGIN_DAYS, RoomId};

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

/// An item, or the key of one.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn key(room: &str, seq: Seq) -> Item {
    item([(ROOM, text(room)), (SEQ, number(seq))])
}

pub(super) fn of_head(room: &RoomId, head: &Position) -> Item {
    let mut item = key(room.as_str(), 0);
    item.insert(EPOCH.to_owned(), text(head.epoch.as_str()));
    item.insert(HEAD.to_owned(), number(head.seq));
    item
}

pub(super) fn of_entry(room: &RoomId, entry: &Entry) -> Item {
    let message = entry.message();
    let mut all = key(room.as_str(), entry.seq());
    all.extend(item([
        (CONNECTION_ID, text(message.connection_id.as_str())),
        (MESSAGE, text(&message.message)),
        (MESSAGE_ID, text(message.message_id.as_str())),
        (REQUEST_TIME_EPOCH, number(message.request_time_epoch)),
        (EXPIRES_AT, number(entry.expires_at())),
    ]));
    if let Some(id) = &message.client_message_id {
        all.insert(CLIENT_MESSAGE_ID.to_owned(), text(id.as_str()));
    }
    all
}

/// `None` if the message has no `clientMessageId`.
pub(super) fn of_client_message_id(room: &RoomId, entry: &Entry) -> Option<Item> {
    let id = entry.message().client_message_id.as_ref()?;
    let mut all = key(&format!("{room}#{}", id.as_str()), 0);
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

/// The sum of a rate limit counter.
pub(super) fn charged(item: &Item) -> Option<u64> {
    parsed(item, "charged")
}

pub(super) fn entry(item: &Item) -> Option<Entry> {
    let client_message_id = match item.get(CLIENT_MESSAGE_ID) {
        Some(id) => Some(ClientMessageId::parse(id.as_s().ok()?).ok()?),
        None => None,
    };
    let message = Message {
        connection_id: ConnectionId::new(string(item, CONNECTION_ID)?),
        message: string(item, MESSAGE)?,
        message_id: MessageId::new(string(item, MESSAGE_ID)?),
        request_time_epoch: parsed(item, REQUEST_TIME_EPOCH)?,
        seq: None,
        client_message_id,
        person_id: None,
        name: None,
        reply_to: None,
        deleted: false,
    };
    Some(Entry::new(
        parsed(item, SEQ)?,
        message,
        parsed(item, EXPIRES_AT)?,
    ))
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    let owned = attributes.map(|(name, value)| (name.to_owned(), value));
    HashMap::from(owned)
}

fn string(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

fn parsed<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
