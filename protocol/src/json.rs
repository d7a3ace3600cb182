//! Serialization that cannot fail.

use serde::Serialize;

/// `value` as JSON.
///
/// The wire types have string keys only and no custom serializer, which are the two ways in which `serde_json` fails
/// to write to memory.
pub(crate) fn to_string(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
