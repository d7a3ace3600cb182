//! The members of a frame, read one by one.

use serde_json::{Map, Value};

use super::InvalidFrame;
use crate::position::{Epoch, Position, Seq};

/// The members of a JSON object.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The members of `value`, if it is an object.
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// The field `name`, unless it is missing or `null`.
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there and not `null`.
    pub(super) fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A field that may be missing. `read` returns `None` for an invalid value.
    pub(super) fn optional<T>(
        self,
        field: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, InvalidFrame> {
        match self.get(field) {
            Some(value) => match read(value) {
                Some(value) => Ok(Some(value)),
                None => Err(InvalidFrame::Field(field)),
            },
            None => Ok(None),
        }
    }

    /// A field that must be there. `read` returns `None` for an invalid value.
    pub(super) fn required<T>(
        self,
        field: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, InvalidFrame> {
        self.optional(field, read)?
            .ok_or(InvalidFrame::Field(field))
    }

    pub(super) fn string(self, field: &'static str) -> Result<&'a str, InvalidFrame> {
        self.required(field, Value::as_str)
    }

    pub(super) fn seq(self, field: &'static str) -> Result<Seq, InvalidFrame> {
        self.required(field, Value::as_u64)
    }

    pub(super) fn bool(self, field: &'static str) -> Result<bool, InvalidFrame> {
        self.required(field, Value::as_bool)
    }

    pub(super) fn epoch(self) -> Result<Epoch, InvalidFrame> {
        self.string("epoch").map(Epoch::new)
    }

    pub(super) fn head(self) -> Result<Position, InvalidFrame> {
        Ok(Position {
            epoch: self.epoch()?,
            seq: self.seq("head")?,
        })
    }

    /// An array of objects. One that `read` rejects makes the whole field invalid.
    pub(super) fn objects<T>(
        self,
        field: &'static str,
        read: impl Fn(Self) -> Result<T, InvalidFrame>,
    ) -> Result<Vec<T>, InvalidFrame> {
        let values = self.required(field, Value::as_array)?;
        let mut objects = Vec::with_capacity(values.len());
        for value in values {
            let object = Fields::of(value).ok_or(InvalidFrame::Field(field))?;
            objects.push(read(object)?);
        }
        Ok(objects)
    }
}
