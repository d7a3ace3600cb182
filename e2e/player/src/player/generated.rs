//! Variables with a generated value, which stays the same within a run and differs from run to run.

use jiff::Timestamp;
use uuid::Builder;

/// Their names without `$`, for messages.
pub(super) const NAMES: &str = "<$uuid>, <$now>, <$epoch-ms>, <$epoch-s> and <$client>";

/// The number of the client, where there is only one.
const ONLY_CLIENT: &str = "1";

/// The value of `<$name>` in a run that begins at `now`, made of `random` if it is a UUID. `None` for other names.
pub(super) fn value(name: &str, now: Timestamp, random: impl FnOnce() -> u128) -> Option<String> {
    match name {
        "now" => Some(now.to_string()),
        "epoch-ms" => Some(now.as_millisecond().to_string()),
        "epoch-s" => Some(now.as_second().to_string()),
        "client" => Some(ONLY_CLIENT.to_owned()),
        _ if name == "uuid" || name.starts_with("uuid-") => {
            let uuid = Builder::from_random_bytes(random().to_be_bytes());
            Some(uuid.into_uuid().to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Json;
    use crate::pattern::Type;

    #[track_caller]
    fn generated(name: &str) -> String {
        let now = Timestamp::from_millisecond(1_733_702_400_123).unwrap();
        value(name, now, || 7).expect(name)
    }

    #[test]
    fn values_are_of_the_type_that_the_name_says() {
        assert_eq!(generated("now"), "2024-12-09T00:00:00.123Z");
        assert_eq!(generated("epoch-ms"), "1733702400123");
        assert_eq!(generated("epoch-s"), "1733702400");
        for (name, of) in [
            ("uuid", Type::Uuid),
            ("uuid-room", Type::Uuid),
            ("now", Type::Date),
        ] {
            assert!(of.accepts(&Json::from(generated(name))), "{name}");
        }
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(value("uuids", now, || 7), None);
    }
}
