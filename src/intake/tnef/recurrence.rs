//! How a meeting of Outlook repeats, and in which time zone (MS-OXOCAL §2.2.1.44.1, §2.2.1.39).

use std::fmt::Write;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{SignedDuration, Timestamp};

use super::cards::Card;

/// Reads numbers from the front.
struct Numbers<'t>(&'t [u8]);

impl Numbers<'_> {
    fn short(&mut self) -> Option<u16> {
        let (chunk, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*chunk))
    }

    fn long(&mut self) -> Option<u32> {
        let (chunk, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*chunk))
    }
}

/// The days of a week's bits, Sunday first.
fn days(bits: u32) -> String {
    let names = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
    let set: Vec<&str> =
        names.into_iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, name)| name).collect();
    set.join(",")
}

/// The pattern as RRULE (RFC 5545 §3.3.10); `None`: it is none that has one. Single dates that were moved or left out are
/// not in it; the words of the pattern and the updates tell of them.
pub(super) fn rule(octets: &[u8]) -> Option<String> {
    let mut numbers = Numbers(octets);
    let version = (numbers.short()?, numbers.short()?);
    let (frequency, pattern, calendar) = (numbers.short()?, numbers.short()?, numbers.short()?);
    let (_first, period, _sliding) = (numbers.long()?, numbers.long()?, numbers.long()?);
    // Only the calendar that all use here.
    if version != (0x3004, 0x3004) || calendar > 1 || !(1..=527_040).contains(&period) {
        return None;
    }
    let (name, mut interval) = match frequency {
        0x200A => ("DAILY", period / 1440),
        0x200B => ("WEEKLY", period),
        // A year counts as so many months, which keeps the month.
        0x200C | 0x200D => ("MONTHLY", period),
        _ => return None,
    };
    let mut detail = String::new();
    match pattern {
        // Every weekday is daily in name only.
        0 => {}
        1 => {
            let _ = write!(detail, ";BYDAY={}", Some(days(numbers.long()?)).filter(|days| !days.is_empty())?);
        }
        2 | 4 => {
            let day = numbers.long()?;
            let _ = write!(detail, ";BYMONTHDAY={}", if pattern == 4 || day == 31 { -1 } else { i64::from(day) });
        }
        3 => {
            let (bits, nth) = (numbers.long()?, numbers.long()?);
            let nth = if nth == 5 { -1 } else { i64::from(nth) };
            let days = Some(days(bits)).filter(|days| !days.is_empty() && (-1..=4).contains(&nth))?;
            let _ = write!(detail, ";BYDAY={days};BYSETPOS={nth}");
        }
        _ => return None,
    }
    let name = if pattern == 1 { "WEEKLY" } else { name };
    interval = if pattern == 1 && frequency == 0x200A { 1 } else { interval };
    let (end, count) = (numbers.long()?, numbers.long()?);
    let mut rule = format!("FREQ={name}");
    if interval > 1 {
        let _ = write!(rule, ";INTERVAL={interval}");
    }
    rule.push_str(&detail);
    // With an end or a count the count is there; a meeting without an end has one that means nothing.
    if matches!(end, 0x2021 | 0x2022) && count > 0 {
        let _ = write!(rule, ";COUNT={count}");
    }
    Some(rule)
}

/// A time zone: what is added to local time to get UTC, and when that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Zone {
    name: String,
    /// Minutes; UTC = local time + bias.
    standard: i64,
    daylight: i64,
    /// When the one begins, and the other; `None`: it never changes.
    changes: Option<(Change, Change)>,
}

/// The nth such weekday of a month, at a time (SYSTEMTIME, with year 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    month: i8,
    /// 0 is Sunday.
    weekday: u8,
    /// 5 is the last.
    nth: i8,
    hour: i8,
    minute: i8,
}

impl Zone {
    /// Reads it; `None`: it is none that can be told.
    pub(super) fn of(octets: &[u8], name: Option<String>) -> Option<Self> {
        let mut numbers = Numbers(octets);
        let mut bias = || numbers.long().map(|bias| i64::from(bias.cast_signed()));
        let (all, standard, daylight) = (bias()?, bias()?, bias()?);
        let _year = numbers.short()?;
        let to_standard = Change::read(&mut numbers)?;
        let _year = numbers.short()?;
        let to_daylight = Change::read(&mut numbers)?;
        let valid = |bias: i64| (-1000..=1000).contains(&bias);
        if !(valid(all) && valid(standard) && valid(daylight)) {
            return None;
        }
        // The name is for people; a parameter takes no quotes and separators.
        let kept = |c: &char| c.is_alphanumeric() || " +-().".contains(*c);
        let name: String = name.unwrap_or_default().chars().filter(kept).take(60).collect();
        let name = if name.trim().is_empty() { "Outlook".to_owned() } else { name.trim().replace(' ', "_") };
        let changes = to_standard.zip(to_daylight);
        Some(Self { name, standard: all + standard, daylight: all + daylight, changes })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The local time of a moment, as iCalendar writes it.
    pub(super) fn local(&self, time: Timestamp) -> String {
        let at = |bias: i64| {
            let time = time.saturating_sub(SignedDuration::from_mins(bias)).unwrap_or(time);
            jiff::tz::TimeZone::UTC.to_datetime(time)
        };
        let standard = at(self.standard);
        let is_daylight = self.changes.and_then(|(back, forth)| {
            let (back, forth) = (back.in_year(standard.year())?, forth.in_year(standard.year())?);
            // Both changes are told in the time that ends with them.
            let back = back.checked_add(SignedDuration::from_mins(self.daylight - self.standard)).ok()?;
            Some(if forth < back { forth <= standard && standard < back } else { forth <= standard || standard < back })
        });
        let local = if is_daylight.unwrap_or(false) { at(self.daylight) } else { standard };
        local.strftime("%Y%m%dT%H%M%S").to_string()
    }

    /// Writes it as VTIMEZONE (RFC 5545 §3.6.5).
    pub(super) fn write(&self, card: &mut Card) {
        card.open("VTIMEZONE").line("TZID", &self.name);
        let changes = self.changes;
        let mut part = |kind: &str, from: i64, to: i64, change: Option<Change>| {
            card.open(kind);
            let begin = change.and_then(|change| change.in_year(1601));
            let begin = begin.map_or_else(|| "16010101T000000".to_owned(), |b| b.strftime("%Y%m%dT%H%M%S").to_string());
            card.line("DTSTART", &begin);
            if let Some(Change { month, weekday, nth, .. }) = change {
                let nth = if nth == 5 { -1 } else { nth };
                card.line("RRULE", &format!("FREQ=YEARLY;BYMONTH={month};BYDAY={nth}{}", days(1 << weekday)));
            }
            card.line("TZOFFSETFROM", &offset(from)).line("TZOFFSETTO", &offset(to));
            card.close(kind);
        };
        part(
            "STANDARD",
            if changes.is_some() { self.daylight } else { self.standard },
            self.standard,
            changes.map(|c| c.0),
        );
        if let Some((_, daylight)) = changes {
            part("DAYLIGHT", self.standard, self.daylight, Some(daylight));
        }
        card.close("VTIMEZONE");
    }
}

impl Change {
    /// `Some(None)`: there is none.
    fn read(numbers: &mut Numbers<'_>) -> Option<Option<Self>> {
        let mut next = || numbers.short();
        let (_year, month, weekday, nth) = (next()?, next()?, next()?, next()?);
        let (hour, minute, _second, _millisecond) = (next()?, next()?, next()?, next()?);
        let valid = (1..=12).contains(&month) && weekday < 7 && (1..=5).contains(&nth) && hour < 24 && minute < 60;
        let small = |number: u16| i8::try_from(number).unwrap_or_default();
        Some(valid.then(|| Self {
            month: small(month),
            weekday: u8::try_from(weekday).unwrap_or_default(),
            nth: small(nth),
            hour: small(hour),
            minute: small(minute),
        }))
    }

    fn in_year(self, year: i16) -> Option<DateTime> {
        let first = Date::new(year, self.month, 1).ok()?;
        let nth = if self.nth == 5 { -1 } else { self.nth };
        let weekday = Weekday::from_sunday_zero_offset(i8::try_from(self.weekday).ok()?).ok()?;
        Some(first.nth_weekday_of_month(nth, weekday).ok()?.at(self.hour, self.minute, 0, 0))
    }
}

/// `+0200` of a bias of -120 minutes.
fn offset(bias: i64) -> String {
    let sign = if bias > 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", bias.abs() / 60, bias.abs() % 60)
}
