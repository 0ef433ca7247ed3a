//! Invitations (iCalendar, RFC 5545 and 5546), as far as a citizen must know them to come: what, when, where, by whom.
//! The whole stays a file to save. And whose a card (RFC 6350) is.

mod lines;
mod zones;

use jiff::Span;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use self::lines::{Property, unescaped};
use self::zones::Zones;
use super::charset::unlabelled;
use super::fields::clean;
use super::text::Faults;
use crate::domain::appointment::{Appointment, When};
use crate::domain::record::Person;

/// Appointments of one message.
pub(super) const APPOINTMENTS: usize = 20;
/// Octets of one calendar that are read. What a citizen is invited to takes some thousands.
pub(super) const OCTETS: usize = 256 << 10;
/// Characters of a description.
const DESCRIPTION: usize = 4000;

/// The appointments in a calendar, at most 20. Never fails; what cannot be read is left out.
#[must_use]
pub fn appointments(text: &str) -> Vec<Appointment> {
    let properties = lines::properties(text);
    let zones = Zones::of(&properties);
    let mut found: Vec<Appointment> = Vec::new();
    let mut method = None;
    // How deep inside the appointment: an alarm in it is another thing.
    let mut open: Option<(Draft, usize)> = None;
    for property in &properties {
        let value = property.value.trim();
        match (&*property.name, &mut open) {
            ("BEGIN", None) if value.eq_ignore_ascii_case("VEVENT") => open = Some((Draft::default(), 0)),
            ("BEGIN", Some((_, depth))) => *depth += 1,
            ("END", Some((_, depth))) if *depth > 0 => *depth -= 1,
            ("END", Some(_)) => {
                found.extend(open.take().map(|(draft, _)| draft.finished()));
                if found.len() == APPOINTMENTS {
                    break;
                }
            }
            ("METHOD", None) => method = known(value, &METHODS),
            (_, Some((draft, 0))) => draft.take(property, &zones),
            _ => {}
        }
    }
    // Cut short: what is there of the last one.
    found.extend(open.filter(|_| found.len() < APPOINTMENTS).map(|(draft, _)| draft.finished()));
    for appointment in &mut found {
        appointment.method = method;
        appointment.cancelled |= method == Some("cancel");
    }
    found
}

const METHODS: [&str; 8] = ["request", "cancel", "reply", "publish", "add", "counter", "declinecounter", "refresh"];
const RHYTHMS: [&str; 4] = ["daily", "weekly", "monthly", "yearly"];

fn known(value: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().find(|word| value.eq_ignore_ascii_case(word)).copied()
}

#[derive(Default)]
struct Draft {
    appointment: Appointment,
    duration: Option<Span>,
}

impl Draft {
    fn take(&mut self, property: &Property, zones: &Zones) {
        let line = || Some(clean(&unescaped(&property.value))).filter(|text| !text.is_empty());
        let appointment = &mut self.appointment;
        match &*property.name {
            "SUMMARY" => appointment.summary = line(),
            "LOCATION" => appointment.location = line(),
            "DESCRIPTION" => appointment.description = described(&property.value),
            "DTSTART" => appointment.start = when(property, zones),
            "DTEND" => appointment.end = when(property, zones),
            "DURATION" => self.duration = property.value.trim().parse().ok(),
            "ORGANIZER" => appointment.organizer = organizer(property),
            "STATUS" => appointment.cancelled |= property.value.trim().eq_ignore_ascii_case("CANCELLED"),
            "UID" => appointment.identity.insert_str(0, &clean(&property.value)),
            "RECURRENCE-ID" => {
                appointment.identity.push(' ');
                appointment.identity.push_str(&clean(&property.value));
            }
            "RRULE" => {
                let upper = property.value.to_ascii_uppercase();
                let rhythm = upper.split(';').find_map(|rule| rule.trim().strip_prefix("FREQ="));
                appointment.repeats = rhythm.and_then(|rhythm| known(rhythm, &RHYTHMS)).or(Some("otherwise"));
            }
            "RDATE" => appointment.repeats = appointment.repeats.or(Some("otherwise")),
            _ => {}
        }
    }

    fn finished(self) -> Appointment {
        let Self { mut appointment, duration } = self;
        let after = |start: When, span: Span| match start {
            When::Day(day) => day.checked_add(span).ok().map(When::Day),
            When::Local(at) => at.checked_add(span).ok().map(When::Local),
            // By the clock: a day more is the same time of the next day.
            When::Moment(at, offset) => {
                let there = offset.unwrap_or(Offset::UTC);
                let local = there.to_datetime(at).checked_add(span).ok()?;
                Some(When::Moment(there.to_timestamp(local).ok()?, offset))
            }
        };
        if appointment.end.is_none()
            && let (Some(start), Some(span)) = (appointment.start, duration)
        {
            appointment.end = after(start, span);
        }
        // The day on which a whole day ends is the next one.
        if let (Some(When::Day(start)), Some(When::Day(end))) = (appointment.start, appointment.end) {
            let last = end.yesterday().unwrap_or(end);
            appointment.end = (last > start).then_some(When::Day(last));
        }
        appointment
    }
}

/// Lines kept, cut where nobody reads on.
fn described(value: &str) -> Option<String> {
    let text = super::text::tidy(&unescaped(value), &mut Faults::new());
    let text = text.trim();
    let end = text.char_indices().nth(DESCRIPTION).map(|(end, _)| end);
    let cut = end.map_or_else(|| text.to_owned(), |end| format!("{}…", text.get(..end).unwrap_or_default()));
    (!cut.is_empty()).then_some(cut)
}

fn organizer(property: &Property) -> Option<Person> {
    let address = property.value.trim();
    let is_mail = address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let address = if is_mail { clean(address.get(7..).unwrap_or_default()) } else { String::new() };
    let name = property.parameter("CN").map(clean).filter(|name| !name.is_empty());
    (name.is_some() || !address.is_empty()).then_some(Person { name, address })
}

fn when(property: &Property, zones: &Zones) -> Option<When> {
    let value = property.value.trim();
    let (digits, utc) = match value.strip_suffix(['Z', 'z']) {
        Some(digits) => (digits, true),
        None => (value, false),
    };
    let Some((day, time)) = digits.split_once(['T', 't']) else { return date(digits).map(When::Day) };
    let local = date_time(day, time)?;
    if utc {
        return Offset::UTC.to_timestamp(local).ok().map(|at| When::Moment(at, None));
    }
    match property.parameter("TZID").and_then(|id| zones.offset(id, local)) {
        Some(offset) => offset.to_timestamp(local).ok().map(|at| When::Moment(at, Some(offset))),
        None => Some(When::Local(local)),
    }
}

/// `20261203`
fn date(text: &str) -> Option<Date> {
    let number = |from: usize, to: usize| digits(text.get(from..to)?);
    if text.len() != 8 {
        return None;
    }
    let (month, day) = (i8::try_from(number(4, 6)?).ok()?, i8::try_from(number(6, 8)?).ok()?);
    Date::new(number(0, 4)?, month, day).ok()
}

/// `20261203` and `100000`.
fn date_time(day: &str, time: &str) -> Option<DateTime> {
    if time.len() != 6 {
        return None;
    }
    let number = |from: usize, to: usize| i8::try_from(digits(time.get(from..to)?)?).ok();
    // A leap second is the last one.
    let time = jiff::civil::Time::new(number(0, 2)?, number(2, 4)?, number(4, 6)?.min(59), 0).ok()?;
    Some(date(day)?.to_datetime(time))
}

fn digits(text: &str) -> Option<i16> {
    text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Whose card it is: FN of the first one.
pub(super) fn whose(octets: &[u8]) -> Option<String> {
    let head = octets.get(..OCTETS).unwrap_or(octets);
    let text = unlabelled(head, &mut Faults::new());
    let name = lines::properties(&text).into_iter().find(|property| property.name == "FN")?;
    // Old cards write it in quoted-printable; the file is named without.
    let plain = name.parameter("ENCODING").is_none() && !name.value.contains("=C3");
    let name = clean(&unescaped(&name.value));
    (plain && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(inside: &str) -> Appointment {
        let text = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{inside}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
        appointments(&text).remove(0)
    }

    fn shown(when: Option<When>) -> String {
        when.map(|when| when.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_when_where_and_by_whom() {
        let read = one(
            "SUMMARY:Möte\\, om\r\n  bygglov\\; §4\r\nLOCATION:Rum 4\\nHus B\r\nDTSTART:20261203T080000Z\r\n\
             DURATION:PT1H30M\r\nORGANIZER;CN=\"Laine; Kirsi\":MAILTO:clerk@hel.example\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n\
             BEGIN:VALARM\r\nSUMMARY:väck\r\nEND:VALARM\r\nSTATUS:CONFIRMED",
        );
        assert_eq!(read.summary.as_deref(), Some("Möte, om bygglov; §4"));
        assert_eq!(read.location.as_deref(), Some("Rum 4 Hus B"));
        assert_eq!(
            (shown(read.start), shown(read.end)),
            ("2026-12-03T08:00:00Z".into(), "2026-12-03T09:30:00Z".into())
        );
        let organizer = read.organizer.unwrap();
        assert_eq!((organizer.name.as_deref(), &*organizer.address), (Some("Laine; Kirsi"), "clerk@hel.example"));
        assert_eq!((read.repeats, read.cancelled), (Some("weekly"), false));
    }

    #[test]
    fn whole_days_end_on_their_last() {
        let days = |end: &str| {
            let read = one(&format!("DTSTART;VALUE=DATE:20261203\r\n{end}"));
            (shown(read.start), shown(read.end))
        };
        assert_eq!(days("DTEND;VALUE=DATE:20261205"), ("2026-12-03".into(), "2026-12-04".into()));
        assert_eq!(days("DTEND;VALUE=DATE:20261204"), ("2026-12-03".into(), String::new()));
        assert_eq!(days("DURATION:P1W"), ("2026-12-03".into(), "2026-12-09".into()));
    }

    #[test]
    fn times_that_are_none_are_left_out() {
        for value in ["20261301T100000", "20261203T250000", "2026-12-03", "", "Z", "T", "20261203T1000"] {
            assert_eq!(one(&format!("DTSTART:{value}")).start, None, "{value}");
        }
        assert_eq!(shown(one("DTSTART:20261203T100000").start), "2026-12-03T10:00:00");
        assert_eq!(shown(one("DTSTART;TZID=Nowhere:20261203T100060").start), "2026-12-03T10:00:59");
    }

    #[test]
    fn what_is_called_off_is_said_to_be() {
        let text = "BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:cut sho";
        let read = appointments(text);
        assert!(read.iter().all(|a| a.cancelled && a.method == Some("cancel")));
        assert_eq!(read[1].summary.as_deref(), Some("cut sho"));
    }

    #[test]
    fn cards_have_names() {
        assert_eq!(whose(b"BEGIN:VCARD\nVERSION:3.0\nFN:Laine\\, Kirsi\nEND:VCARD").as_deref(), Some("Laine, Kirsi"));
        assert_eq!(whose(b"BEGIN:VCARD\nitem1.FN:P\xe4ivi").as_deref(), Some("Päivi"));
        assert_eq!(whose(b"no card"), None);
    }

    proptest! {
        #[test]
        fn any_calendar_is_read(text in "(BEGIN:VEVENT|END:VEVENT|BEGIN:VTIMEZONE|DTSTART|RRULE:FREQ=|TZID=|:|;|\"|\r\n|\n |[0-9TZP]{0,9}|\\PC){0,80}") {
            let _ = appointments(&text);
            let _ = whose(text.as_bytes());
        }

        #[test]
        fn any_time_is_read(value in "[0-9TZ+-]{0,20}", span in "[+-]?P[0-9TWDHMS]{0,12}") {
            let _ = one(&format!("DTSTART:{value}\r\nDURATION:{span}\r\nDTEND:{value}"));
            let _ = one(&format!("DTSTART:20261203T100000Z\r\nDURATION:{span}"));
        }
    }
}
