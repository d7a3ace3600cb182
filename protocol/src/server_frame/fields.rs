//! The members of a frame, read one by one.

use serde_json::{Map, Value};

use super::InvalidFrame;
use crate::position::{Epoch, Position, Seq};

/// A JSON object.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a frame.
    pub(super) fn parse(frame: &str) -> Result<Self, InvalidFrame> {
        match serde_json::from_str(frame) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) | Err(_) => Err(InvalidFrame::NotAnObject),
        }
    }

    /// The field `name`, unless it is missing or `null`.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there and not `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// A field that may be missing. `read` returns `None` for an invalid value.
    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<Option<T>, InvalidFrame> {
        match self.take(field) {
            Some(value) => match read(value) {
                Some(value) => Ok(Some(value)),
                None => Err(InvalidFrame::Field(field)),
            },
            None => Ok(None),
        }
    }

    /// A field that must be there. `read` returns `None` for an invalid value.
    pub(super) fn required<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<T, InvalidFrame> {
        self.optional(field, read)?
            .ok_or(InvalidFrame::Field(field))
    }

    pub(super) fn string(&mut self, field: &'static str) -> Result<String, InvalidFrame> {
        self.required(field, string)
    }

    pub(super) fn seq(&mut self, field: &'static str) -> Result<Seq, InvalidFrame> {
        self.required(field, |value| value.as_u64())
    }

    pub(super) fn bool(&mut self, field: &'static str) -> Result<bool, InvalidFrame> {
        self.required(field, |value| value.as_bool())
    }

    pub(super) fn epoch(&mut self) -> Result<Epoch, InvalidFrame> {
        self.string("epoch").map(Epoch::new)
    }

    pub(super) fn head(&mut self) -> Result<Position, InvalidFrame> {
        Ok(Position {
            epoch: self.epoch()?,
            seq: self.seq("head")?,
        })
    }

    /// An array of objects. One that `read` rejects makes the whole field invalid.
    pub(super) fn objects<T>(
        &mut self,
        field: &'static str,
        mut read: impl FnMut(&mut Self) -> Result<T, InvalidFrame>,
    ) -> Result<Vec<T>, InvalidFrame> {
        let Some(Value::Array(values)) = self.take(field) else {
            return Err(InvalidFrame::Field(field));
        };
        let mut objects = Vec::with_capacity(values.len());
        for value in values {
            let Value::Object(fields) = value else {
                return Err(InvalidFrame::Field(field));
            };
            objects.push(read(&mut Self(fields))?);
        }
        Ok(objects)
    }
}

/// The text of a string.
pub(super) fn string(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
