//! Times and days as the browser formats them: `Intl.DateTimeFormat` knows the reader's language, time zone and clock of
//! 12 or 24 hours.

use std::rc::Rc;

use super::Language;

pub use formats::offset;

/// The moments that a browser's `Date` can represent, in milliseconds around 1970.
const MOMENTS: std::ops::RangeInclusive<i64> = -8_640_000_000_000_000..=8_640_000_000_000_000;

/// A day without a change of the clock, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60_000;

/// For how many days a date without its year is understood.
const UNDOUBTED_DAYS: i64 = 300;

/// Formats moments in one language. Cheap to clone; compared by identity, so make one and pass it on.
#[derive(Clone, Debug)]
pub struct Dates {
    language: Language,
    formats: Rc<formats::Formats>,
}

impl PartialEq for Dates {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.formats, &other.formats)
    }
}

impl Dates {
    /// Formats for `language`.
    pub fn new(language: Language) -> Self {
        Self {
            language,
            formats: Rc::new(formats::Formats::new(language)),
        }
    }

    /// The number of the local day since 1 January 1970. `None` for a moment that a browser cannot represent.
    pub fn day(&self, epoch: i64) -> Option<i64> {
        let is_moment = MOMENTS.contains(&epoch);
        is_moment.then(|| local(epoch).div_euclid(DAY_MS))
    }

    /// The time of day, such as "09:41" or "9:41 AM".
    pub fn time(&self, epoch: i64) -> Option<String> {
        MOMENTS.contains(&epoch).then(|| self.formats.time(epoch))
    }

    /// The day and the time, in full.
    pub fn full(&self, epoch: i64) -> Option<String> {
        MOMENTS.contains(&epoch).then(|| self.formats.full(epoch))
    }

    /// The day of a moment: "Today", "Yesterday", or the date, with its year unless there is no doubt about it.
    pub fn day_name(&self, epoch: i64, now: i64) -> String {
        let words = self.language.words();
        let days_ago = self
            .day(now)
            .zip(self.day(epoch))
            .map(|(now, then)| now - then);
        match days_ago {
            Some(0) => words.today.to_owned(),
            Some(1) => words.yesterday.to_owned(),
            Some(2..=UNDOUBTED_DAYS) => self.formats.date(epoch),
            Some(_) => self.formats.date_with_year(epoch),
            None => String::new(),
        }
    }
}

/// What the local clock shows, in milliseconds since it showed the start of 1970.
fn local(epoch: i64) -> i64 {
    epoch + offset(epoch) * 60_000
}

#[cfg(target_arch = "wasm32")]
mod formats {
    //! The browser's formats.

    use js_sys::{Array, Date, Function, Intl};
    use wasm_bindgen::JsValue;

    use super::Language;
    use crate::browser::options;

    #[derive(Debug)]
    pub(super) struct Formats {
        time: Function,
        date: Function,
        date_with_year: Function,
        full: Function,
    }

    impl Formats {
        pub(super) fn new(language: Language) -> Self {
            let locales = Array::of1(&locale(language).into());
            let format = |properties: &[(&str, &str)]| {
                let properties = properties.iter();
                let properties: Vec<_> = properties
                    .map(|(name, value)| (*name, JsValue::from(*value)))
                    .collect();
                Intl::DateTimeFormat::new(&locales, &options(&properties)).format()
            };
            Self {
                time: format(&[("timeStyle", "short")]),
                date: format(&[("weekday", "long"), ("day", "numeric"), ("month", "long")]),
                date_with_year: format(&[("dateStyle", "long")]),
                full: format(&[("dateStyle", "full"), ("timeStyle", "short")]),
            }
        }

        pub(super) fn time(&self, epoch: i64) -> String {
            formatted(&self.time, epoch)
        }

        pub(super) fn full(&self, epoch: i64) -> String {
            formatted(&self.full, epoch)
        }

        pub(super) fn date(&self, epoch: i64) -> String {
            formatted(&self.date, epoch)
        }

        pub(super) fn date_with_year(&self, epoch: i64) -> String {
            formatted(&self.date_with_year, epoch)
        }
    }

    /// How far the local clock is ahead of UTC at this moment, in minutes.
    pub fn offset(epoch: i64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "within a day")]
        let minutes = date(epoch).get_timezone_offset() as i64;
        -minutes
    }

    /// The reader's own variety of the language, such as `en-GB`, else the language's tag.
    fn locale(language: Language) -> String {
        let mine = crate::browser::window().navigator().language();
        mine.filter(|tag| Language::from_tag(tag) == language && tag.len() > 2)
            .filter(|tag| tag.get(..2) == language.tag().get(..2))
            .unwrap_or_else(|| language.tag().to_owned())
    }

    fn date(epoch: i64) -> Date {
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        Date::new(&JsValue::from_f64(epoch as f64))
    }

    fn formatted(format: &Function, epoch: i64) -> String {
        let text = format.call1(&JsValue::UNDEFINED, &date(epoch));
        text.ok()
            .and_then(|text| text.as_string())
            .unwrap_or_default()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod formats {
    //! A stand-in for tests on the host: UTC, 24 hours, days by their number.
    #![expect(clippy::unused_self, reason = "the browser's formats have state")]

    use super::Language;

    #[derive(Debug)]
    pub(super) struct Formats;

    impl Formats {
        pub(super) fn new(_: Language) -> Self {
            Self
        }

        pub(super) fn time(&self, epoch: i64) -> String {
            let minutes = epoch.div_euclid(60_000).rem_euclid(24 * 60);
            format!("{:02}:{:02}", minutes / 60, minutes % 60)
        }

        pub(super) fn full(&self, epoch: i64) -> String {
            self.date(epoch)
        }

        pub(super) fn date(&self, epoch: i64) -> String {
            format!("day {}", epoch.div_euclid(86_400_000))
        }

        pub(super) fn date_with_year(&self, epoch: i64) -> String {
            self.date(epoch) + " of its year"
        }
    }

    /// None: the stand-in is at UTC.
    pub fn offset(_: i64) -> i64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_and_yesterday_are_words_and_other_days_are_dates() {
        let dates = Dates::new(Language::English);
        let now = 10 * 86_400_000 + 5;
        assert_eq!(dates.day_name(now, now), "Today");
        assert_eq!(dates.day_name(now - 6, now), "Yesterday");
        assert_eq!(dates.day_name(0, now), "day 0");
        assert_eq!(dates.day_name(0, 40 * now), "day 0 of its year");
        assert_eq!(dates.day_name(20 * now, now), "day 200 of its year");
    }

    #[test]
    fn a_moment_beyond_the_range_of_a_browser_has_no_time() {
        let dates = Dates::new(Language::English);
        assert_eq!(dates.time(i64::MAX), None);
        assert_eq!(dates.day(i64::MIN), None);
        assert_eq!(dates.day_name(i64::MAX, 0), "");
    }
}
