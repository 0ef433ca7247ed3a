//! What a page says, in one language, at one time, in one time zone: texts, dates, sizes.

use std::borrow::Borrow;

use fluent_bundle::FluentValue;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::domain::language::Language;
use crate::texts;

/// The page's language with the clock and time zone it needs to speak of time.
#[derive(Debug, Clone)]
pub struct Words {
    /// Of the page.
    pub language: Language,
    zone: TimeZone,
    now: Timestamp,
}

impl Words {
    /// Words in this language; times are shown in this zone, seen from this moment.
    #[must_use]
    pub fn new(language: Language, zone: TimeZone, now: Timestamp) -> Self {
        Self { language, zone, now }
    }

    /// The language's tag, for `lang`.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// The text of a key without arguments.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        texts::text(self.language, key, &[])
    }

    /// The text of a key, its arguments put in.
    #[must_use]
    pub fn with(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        texts::text(self.language, key, args)
    }

    /// The text of a key that counts something: `$count`.
    #[must_use]
    pub fn count(&self, key: &str, count: impl Borrow<usize>) -> String {
        self.with(key, &[("count", FluentValue::from(*count.borrow()))])
    }

    /// The text of a key with one text put in.
    #[must_use]
    pub fn one(&self, key: &str, name: &str, value: impl AsRef<str>) -> String {
        self.with(key, &[(name, FluentValue::from(value.as_ref()))])
    }

    /// `31 december 2026`.
    #[must_use]
    pub fn date(&self, date: Date) -> String {
        let month = self.t(&format!("month-{}", date.month()));
        self.with(
            "date-long",
            &[
                ("day", FluentValue::from(date.day().to_string())),
                ("month", FluentValue::from(month)),
                ("year", FluentValue::from(date.year().to_string())),
            ],
        )
    }

    /// `23 november 2026 kl. 21.48`.
    #[must_use]
    pub fn moment(&self, at: Timestamp) -> String {
        self.wall(self.local(at))
    }

    /// The same, of a clock on the wall.
    #[must_use]
    pub fn wall(&self, at: DateTime) -> String {
        let date = self.date(at.date());
        self.with("date-moment", &[("date", FluentValue::from(date)), ("time", FluentValue::from(self.clock(at)))])
    }

    /// As short as it can be understood today: the time for today, no year for this year.
    #[must_use]
    pub fn brief(&self, at: Timestamp) -> String {
        let (local, today) = (self.local(at), self.local(self.now).date());
        let date = local.date();
        if date == today {
            return self.one("date-today", "time", self.clock(local));
        }
        if date.year() != today.year() {
            return self.date(date);
        }
        let month = self.t(&format!("month-{}", date.month()));
        self.with(
            "date-day",
            &[("day", FluentValue::from(date.day().to_string())), ("month", FluentValue::from(month))],
        )
    }

    /// As short as can be understood today, with the time.
    #[must_use]
    pub fn brief_moment(&self, at: Timestamp) -> String {
        if self.local(at).date() == self.local(self.now).date() { self.brief(at) } else { self.moment(at) }
    }

    /// Whether the date has passed.
    #[must_use]
    pub fn is_past(&self, date: Date) -> bool {
        date < self.local(self.now).date()
    }

    /// How many octets, in the units that file managers show: `1,2 MB`.
    #[must_use]
    pub fn size(&self, octets: u64) -> String {
        const KB: u64 = 1 << 10;
        const MB: u64 = 1 << 20;
        // Tenths, rounded up: what is said never fits where the file does not.
        let tenths = |unit: u64| octets.saturating_mul(10).div_ceil(unit);
        let shown = |tenths: u64| match (tenths / 10, tenths % 10) {
            (whole, 0) => whole.to_string(),
            (whole, _) if whole >= 100 => (whole + 1).to_string(),
            (whole, part) => format!("{whole}{}{part}", self.t("decimal-sign")),
        };
        match octets {
            0..KB => self.count("size-bytes", usize::try_from(octets).unwrap_or(usize::MAX)),
            KB..MB => self.one("size-kilobytes", "size", octets.div_ceil(KB).to_string()),
            _ => self.one("size-megabytes", "size", shown(tenths(MB))),
        }
    }

    /// What the page's clock shows at a moment.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(at)
    }

    /// `9.03`.
    #[must_use]
    pub fn clock(&self, at: DateTime) -> String {
        // `kl. 9.03`, `klo 9.03`, but `09:03`.
        let hour = match self.language {
            Language::En => format!("{:02}", at.hour()),
            Language::Sv | Language::Fi => at.hour().to_string(),
        };
        self.with(
            "clock",
            &[("hour", FluentValue::from(hour)), ("minute", FluentValue::from(format!("{:02}", at.minute())))],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(language: Language) -> Words {
        let zone = TimeZone::get("Europe/Helsinki").unwrap();
        Words::new(language, zone, "2026-11-23T19:48:00Z".parse().unwrap())
    }

    #[test]
    fn times_are_local_in_form_and_zone() {
        let at = "2026-11-23T22:05:00Z".parse().unwrap();
        assert_eq!(words(Language::Sv).moment(at), "24 november 2026 kl. 0.05");
        assert_eq!(words(Language::Fi).moment(at), "24. marraskuuta 2026 klo 0.05");
        assert_eq!(words(Language::En).moment(at), "24 November 2026 at 00:05");
    }

    #[test]
    fn a_list_shows_as_little_as_can_be_understood() {
        let words = words(Language::Sv);
        let brief = |at: &str| words.brief(at.parse().unwrap());
        assert_eq!(brief("2026-11-23T07:03:00Z"), "i dag kl. 9.03");
        assert_eq!(brief("2026-11-22T22:30:00Z"), "i dag kl. 0.30");
        assert_eq!(brief("2026-03-01T12:00:00Z"), "1 mars");
        assert_eq!(brief("2025-12-31T23:00:00Z"), "1 januari");
        assert_eq!(brief("2025-12-31T12:00:00Z"), "31 december 2025");
    }

    #[test]
    fn sizes_never_say_less_than_is() {
        let words = words(Language::Sv);
        assert_eq!(words.size(1), "1 byte");
        assert_eq!(words.size(999), "999 byte");
        assert_eq!(words.size(1025), "2 kB");
        assert_eq!(words.size(1 << 20), "1 MB");
        assert_eq!(words.size((1 << 20) + 1), "1,1 MB");
        assert_eq!(words.size(25 << 20), "25 MB");
        assert_eq!(words.size((150 << 20) + 1), "151 MB");
    }

    /// Every text that stands between quotes after one of the functions above, in pages and code.
    fn asked(folder: &std::path::Path, keys: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                asked(&path, keys);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "html") && !path.ends_with("words.rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                for call in [".t(\"", ".one(\"", ".with(\"", ".count(\""] {
                    keys.extend(source.split(call).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
                }
            }
        }
    }

    #[test]
    fn every_text_that_is_asked_for_is_there() {
        let mut keys = Vec::new();
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        asked(&source.join("portal"), &mut keys);
        asked(&source.join("admin"), &mut keys);
        assert!(keys.len() > 100);
        for key in keys {
            assert_ne!(words(Language::Sv).t(&key), key);
        }
    }
}
