//! Who is at the other end of a connection.
//!
//! A signed-in user is the person that the authorizer found, and has the name in the token until they choose another. An
//! anonymous client is identified by the key that it chose and keeps; others see only a hash of the key, so that they cannot
//! pose as that person. A client that sends a name and no key is a person for as long as the connection lasts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use papo_protocol::{Person, PersonId, PersonKey, PersonName};
use ring::digest::{SHA256, digest};

use crate::event::RequestContext;

/// The person that a `connected` introduces. `None` if the client sends neither a name nor a key.
pub fn introduced(
    context: &RequestContext,
    name: Option<PersonName>,
    key: Option<&PersonKey>,
) -> Option<Person> {
    if name.is_none() && key.is_none() {
        return None;
    }
    let person_id = match (context.user(), key) {
        (Some(user), _) => PersonId::new(user),
        (None, Some(key)) => hashed("key", key.as_str()),
        (None, None) => hashed("connection", context.connection_id.as_str()),
    };
    let name = name.or_else(|| context.user_name());
    Some(Person { person_id, name })
}

/// The first 128 bits of a hash: too many to find another key with the same id.
fn hashed(kind: &str, secret: &str) -> PersonId {
    let hash = digest(&SHA256, format!("papo {kind}\n{secret}").as_bytes());
    PersonId::new(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]))
}
