//! The three kinds of items, as attributes: [`crate::room`] shows them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use papo_protocol::{ClientMessageId, ConnectionId, Epoch, Message, MessageId, Position, Seq};

use crate::room::{DAY_SECONDS, Entry, NAME_MARGIN_DAYS, RoomId};

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
    let said = entry.message();
    let mut all = key(room.as_str(), entry.seq());
    all.extend(item([
        (CONNECTION_ID, text(said.connection_id.as_str())),
        (MESSAGE, text(&said.message)),
        (MESSAGE_ID, text(said.message_id.as_str())),
        (REQUEST_TIME_EPOCH, number(said.request_time_epoch)),
        (EXPIRES_AT, number(entry.expires_at())),
    ]));
    if let Some(name) = &said.client_message_id {
        all.insert(CLIENT_MESSAGE_ID.to_owned(), text(name.as_str()));
    }
    all
}

/// `None` if the client gave the message no name.
pub(super) fn of_name(room: &RoomId, entry: &Entry) -> Option<Item> {
    let name = entry.message().client_message_id.as_ref()?;
    let mut all = key(&format!("{room}#{}", name.as_str()), 0);
    let expires_at = entry.expires_at() + NAME_MARGIN_DAYS * DAY_SECONDS;
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

/// The number of the message that has the name.
pub(super) fn named(item: &Item) -> Option<Seq> {
    parsed(item, MESSAGE_SEQ)
}

pub(super) fn entry(item: &Item) -> Option<Entry> {
    let name = match item.get(CLIENT_MESSAGE_ID) {
        Some(name) => Some(ClientMessageId::parse(name.as_s().ok()?).ok()?),
        None => None,
    };
    let said = Message {
        connection_id: ConnectionId::new(string(item, CONNECTION_ID)?),
        message: string(item, MESSAGE)?,
        message_id: MessageId::new(string(item, MESSAGE_ID)?),
        request_time_epoch: parsed(item, REQUEST_TIME_EPOCH)?,
        seq: None,
        client_message_id: name,
    };
    Some(Entry::new(
        parsed(item, SEQ)?,
        said,
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
