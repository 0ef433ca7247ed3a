//! What the clock showed where an appointment is: by the zone's name, by Windows' name for it, or by the rules that the
//! calendar brings along (RFC 5545 §3.6.5).

use jiff::Span;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Offset, TimeZoneDatabase};

use super::lines::Property;

/// Zones of one calendar, and rules of one zone.
const ZONES: usize = 20;
const RULES: usize = 40;

/// Windows' names (CLDR, windowsZones), as far as anybody near here has them.
const WINDOWS: &[(&str, &str)] = &[
    ("FLE Standard Time", "Europe/Helsinki"),
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Romance Standard Time", "Europe/Paris"),
    ("GMT Standard Time", "Europe/London"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Russian Standard Time", "Europe/Moscow"),
    ("Eastern Standard Time", "America/New_York"),
    ("UTC", "UTC"),
];

/// The zones that a calendar brings along.
#[derive(Debug, Default)]
pub(super) struct Zones {
    own: Vec<(String, Vec<Rule>)>,
}

/// From when on which offset holds.
#[derive(Debug, Default, Clone)]
struct Rule {
    start: Option<DateTime>,
    before: Option<Offset>,
    after: Option<Offset>,
    /// Month, weekday and which of them, when it comes every year.
    yearly: Option<(i8, Weekday, i8)>,
}

impl Zones {
    /// Those that the lines define.
    pub(super) fn of(properties: &[Property]) -> Self {
        let mut zones = Self::default();
        let (mut zone, mut rule) = (None, None::<Rule>);
        for property in properties {
            let value = property.value.trim();
            let is = |names: &[&str]| names.iter().any(|name| value.eq_ignore_ascii_case(name));
            match &*property.name {
                "BEGIN" if is(&["VTIMEZONE"]) => zone = Some((String::new(), Vec::new())),
                "BEGIN" if zone.is_some() && is(&["STANDARD", "DAYLIGHT"]) => rule = Some(Rule::default()),
                "END" if is(&["STANDARD", "DAYLIGHT"]) => {
                    if let (Some((_, rules)), Some(rule)) = (&mut zone, rule.take())
                        && rules.len() < RULES
                    {
                        rules.push(rule);
                    }
                }
                "END" if is(&["VTIMEZONE"]) => zones.own.extend(zone.take().filter(|_| zones.own.len() < ZONES)),
                "TZID" => {
                    if let Some((id, _)) = &mut zone {
                        value.clone_into(id);
                    }
                }
                name => {
                    if let Some(rule) = &mut rule {
                        rule.take(name, value);
                    }
                }
            }
        }
        zones
    }

    /// What is to be added to UTC in this zone, when its clock shows this.
    pub(super) fn offset(&self, id: &str, at: DateTime) -> Option<Offset> {
        let known = TimeZoneDatabase::bundled();
        let by_name = |name: &str| known.get(name).ok().map(|zone| zone.to_ambiguous_timestamp(at).offset());
        let settled = |name: &str| by_name(name).map(first);
        // Some put their own name before it: `/citadel.org/20260101_1/Europe/Helsinki`.
        let ending = id.rmatch_indices('/').nth(1).and_then(|(slash, _)| id.get(slash + 1..));
        settled(id)
            .or_else(|| ending.and_then(settled))
            .or_else(|| self.own.iter().find(|(known, _)| known == id).and_then(|(_, rules)| by_rules(rules, at)))
            .or_else(|| WINDOWS.iter().find(|(windows, _)| *windows == id).and_then(|(_, name)| settled(name)))
    }
}

/// What holds before a change: of an hour that comes twice, the first; of one that never comes, what it would have been.
fn first(offset: jiff::tz::AmbiguousOffset) -> Offset {
    use jiff::tz::AmbiguousOffset::{Fold, Gap, Unambiguous};
    match offset {
        Unambiguous { offset } => offset,
        Gap { before, .. } | Fold { before, .. } => before,
    }
}

/// The rule that came into force last; before all of them, what held before the first.
fn by_rules(rules: &[Rule], at: DateTime) -> Option<Offset> {
    let in_force =
        rules.iter().filter_map(|rule| Some((rule.latest(at)?, rule.after?))).max_by_key(|(onset, _)| *onset);
    in_force.map(|(_, offset)| offset).or_else(|| {
        let earliest = rules.iter().min_by_key(|rule| rule.start)?;
        earliest.before.or(earliest.after)
    })
}

impl Rule {
    fn take(&mut self, name: &str, value: &str) {
        match name {
            "DTSTART" => {
                self.start = value.split_once(['T', 't']).and_then(|(day, time)| super::date_time(day, time));
            }
            "TZOFFSETFROM" => self.before = offset(value),
            "TZOFFSETTO" => self.after = offset(value),
            "RRULE" => self.yearly = yearly(value),
            _ => {}
        }
    }

    /// When it last came into force.
    fn latest(&self, at: DateTime) -> Option<DateTime> {
        let start = self.start.filter(|start| *start <= at)?;
        let Some((month, weekday, nth)) = self.yearly else { return Some(start) };
        let onset = |year: i16| {
            let day = Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()?;
            Some(day.to_datetime(start.time()))
        };
        let this = onset(at.year()).filter(|onset| *onset <= at);
        this.or_else(|| onset(at.checked_sub(Span::new().years(1)).ok()?.year()))
            .filter(|onset| *onset >= start)
            .or(Some(start))
    }
}

/// `+0200`, `-033000`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number = |from: usize, to: usize| super::digits(digits.get(from..to)?).map(i32::from);
    let seconds = number(0, 2)? * 3600 + number(2, 4)? * 60 + number(4, 6).unwrap_or(0);
    Offset::from_seconds(sign * seconds).ok()
}

/// `FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU`, in any order.
fn yearly(rule: &str) -> Option<(i8, Weekday, i8)> {
    let upper = rule.to_ascii_uppercase();
    let of = |name: &str| upper.split(';').find_map(|piece| piece.trim().strip_prefix(name)?.strip_prefix('='));
    let month = of("BYMONTH")?.parse().ok()?;
    let day = of("BYDAY")?;
    let (nth, weekday) = day.split_at_checked(day.len().checked_sub(2)?)?;
    let weekday = match weekday {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    };
    let nth = nth.parse().ok().filter(|nth| (-5..=5).contains(nth) && *nth != 0)?;
    (of("FREQ")? == "YEARLY").then_some((month, weekday, nth))
}

#[cfg(test)]
mod tests {
    use super::super::lines::properties;
    use super::*;

    const OUTLOOK: &str = "BEGIN:VTIMEZONE\r\nTZID:Egen tid\r\nBEGIN:STANDARD\r\nDTSTART:16010101T040000\r\n\
        TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n\
        BEGIN:DAYLIGHT\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\n\
        RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

    fn at(zone: &str, at: &str) -> Option<String> {
        let zones = Zones::of(&properties(OUTLOOK));
        zones.offset(zone, at.parse().unwrap()).map(|offset| offset.to_string())
    }

    #[test]
    fn zones_by_name_and_by_rules() {
        for zone in ["Europe/Helsinki", "FLE Standard Time", "Egen tid", "/x.example/2026/Europe/Helsinki"] {
            assert_eq!(at(zone, "2026-12-03T10:00").as_deref(), Some("+02"), "{zone}");
            assert_eq!(at(zone, "2026-01-03T10:00").as_deref(), Some("+02"), "{zone}");
            assert_eq!(at(zone, "2026-07-03T10:00").as_deref(), Some("+03"), "{zone}");
            assert_eq!(at(zone, "2026-10-25T02:59").as_deref(), Some("+03"), "{zone}");
            assert_eq!(at(zone, "2026-10-25T04:00").as_deref(), Some("+02"), "{zone}");
        }
        assert_eq!(at("Nowhere", "2026-07-03T10:00"), None);
        assert_eq!(at("", "2026-07-03T10:00"), None);
    }

    #[test]
    fn offsets() {
        for (text, seconds) in
            [("+0200", Some(7200)), ("-033000", Some(-12600)), ("0200", None), ("+2", None), ("+9900", None)]
        {
            assert_eq!(offset(text).map(Offset::seconds), seconds, "{text}");
        }
    }
}
