//! Meetings and tasks of Outlook as iCalendar (RFC 5545), contacts as vCard (RFC 6350): what phones can save.

use jiff::{SignedDuration, Timestamp};

use super::cards::Card;
use super::letter::{Letter, Who, names};
use super::property::{Name, sets};
use super::recurrence::{self, Zone};

/// Named properties (MS-OXPROPS §2).
const START: Name = Name::In(sets::APPOINTMENT, 0x820D);
const END: Name = Name::In(sets::APPOINTMENT, 0x820E);
const COMMON_START: Name = Name::In(sets::COMMON, 0x8516);
const COMMON_END: Name = Name::In(sets::COMMON, 0x8517);
const LOCATION: Name = Name::In(sets::APPOINTMENT, 0x8208);
const WHERE: Name = Name::In(sets::MEETING, 0x0002);
const ALL_DAY: Name = Name::In(sets::APPOINTMENT, 0x8215);
const SEQUENCE: Name = Name::In(sets::APPOINTMENT, 0x8201);
const PATTERN: Name = Name::In(sets::APPOINTMENT, 0x8216);
const PATTERN_IN_WORDS: Name = Name::In(sets::APPOINTMENT, 0x8232);
const ZONE: Name = Name::In(sets::APPOINTMENT, 0x8233);
const ZONE_NAME: Name = Name::In(sets::APPOINTMENT, 0x8234);
const GLOBAL_ID: Name = Name::In(sets::MEETING, 0x0003);
const CLEAN_GLOBAL_ID: Name = Name::In(sets::MEETING, 0x0023);
const TASK_START: Name = Name::In(sets::TASK, 0x8104);
const TASK_DUE: Name = Name::In(sets::TASK, 0x8105);
const TASK_COMPLETE: Name = Name::In(sets::TASK, 0x811C);

/// A calendar with its method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Calendar {
    pub(super) method: &'static str,
    pub(super) text: String,
}

/// The meeting or task that a message is; `None`: it is neither, or has no time.
pub(super) fn calendar(letter: &Letter<'_>) -> Option<Calendar> {
    let class = letter.class();
    if class.starts_with("ipm.appointment") {
        return meeting(letter, "PUBLISH", None);
    }
    if let Some(kind) = class.strip_prefix("ipm.schedule.meeting.") {
        return match kind.split('.').collect::<Vec<_>>()[..] {
            ["canceled", ..] => meeting(letter, "CANCEL", None),
            ["resp", "pos", ..] => meeting(letter, "REPLY", Some("ACCEPTED")),
            ["resp", "neg", ..] => meeting(letter, "REPLY", Some("DECLINED")),
            ["resp", "tent", ..] => meeting(letter, "REPLY", Some("TENTATIVE")),
            _ => meeting(letter, "REQUEST", None),
        };
    }
    class.starts_with("ipm.task").then(|| task(letter)).flatten()
}

fn meeting(letter: &Letter<'_>, method: &'static str, answer: Option<&str>) -> Option<Calendar> {
    let properties = &letter.properties;
    let (start, end) = letter.times();
    let of = |name| properties.time(name);
    let start = of(START).or_else(|| of(COMMON_START)).or(start)?;
    let end = of(END).or_else(|| of(COMMON_END)).or(end).filter(|end| *end >= start).unwrap_or(start);
    let rule = properties.binary(PATTERN).and_then(recurrence::rule);
    let zone = properties.binary(ZONE).and_then(|octets| Zone::of(octets, properties.line(ZONE_NAME)));

    let mut card = Card::begin("VCALENDAR");
    card.line("VERSION", "2.0").line("PRODID", "-//Brevbro//TNEF//EN").line("METHOD", method);
    // Without its zone a rule would be an hour wrong for half the year.
    let repeating = rule.as_ref().zip(zone.as_ref());
    if let Some((_, zone)) = repeating {
        zone.write(&mut card);
    }
    card.open("VEVENT");
    card.line("UID", &uid(letter, start));
    card.line("DTSTAMP", &moment(letter.sent().unwrap_or(start)));
    if properties.is_set(ALL_DAY) {
        // Midnight somewhere: half a day later it is the same day everywhere.
        let day = |time: Timestamp| time.saturating_add(SignedDuration::from_hours(12)).ok();
        card.line("DTSTART;VALUE=DATE", &day(start)?.strftime("%Y%m%d").to_string());
        card.line("DTEND;VALUE=DATE", &day(end)?.strftime("%Y%m%d").to_string());
    } else if let Some((_, zone)) = repeating {
        card.line(&format!("DTSTART;TZID={}", zone.name()), &zone.local(start));
        card.line(&format!("DTEND;TZID={}", zone.name()), &zone.local(end));
    } else {
        card.line("DTSTART", &moment(start)).line("DTEND", &moment(end));
    }
    if let Some((rule, _)) = repeating {
        card.line("RRULE", rule);
    }
    if let Some(sequence) = properties.number(SEQUENCE).filter(|number| *number > 0) {
        card.line("SEQUENCE", &sequence.to_string());
    }
    if method == "CANCEL" {
        card.line("STATUS", "CANCELLED");
    }
    card.text("SUMMARY", letter.subject().as_deref());
    card.text("LOCATION", properties.line(LOCATION).or_else(|| properties.line(WHERE)).as_deref());
    let described = [properties.line(PATTERN_IN_WORDS), letter.text().map(|text| text.trim().to_owned())];
    let described: Vec<String> = described.into_iter().flatten().collect();
    card.text("DESCRIPTION", Some(described.join("\n\n")).filter(|text| !text.is_empty()).as_deref());
    match (answer, letter.from()) {
        (None, Some(who)) => person(&mut card, "ORGANIZER", &who),
        (Some(answer), Some(who)) => person(&mut card, &format!("ATTENDEE;PARTSTAT={answer}"), &who),
        (_, None) => {}
    }
    card.close("VEVENT");
    Some(Calendar { method, text: card.finish("VCALENDAR") })
}

fn task(letter: &Letter<'_>) -> Option<Calendar> {
    let properties = &letter.properties;
    let (start, due) = (properties.time(TASK_START), properties.time(TASK_DUE));
    let stamp = letter.sent().or(start).or(due)?;
    let mut card = Card::begin("VCALENDAR");
    card.line("VERSION", "2.0").line("PRODID", "-//Brevbro//TNEF//EN").line("METHOD", "PUBLISH");
    card.open("VTODO");
    card.line("UID", &uid(letter, stamp)).line("DTSTAMP", &moment(stamp));
    // Days, written as midnight in UTC (MS-OXOTASK §2.2.2.2.4).
    let mut day = |name: &str, time: Option<Timestamp>| {
        if let Some(time) = time {
            card.line(&format!("{name};VALUE=DATE"), &time.strftime("%Y%m%d").to_string());
        }
    };
    day("DTSTART", start);
    day("DUE", due);
    if properties.is_set(TASK_COMPLETE) {
        card.line("STATUS", "COMPLETED");
    }
    card.text("SUMMARY", letter.subject().as_deref());
    card.text("DESCRIPTION", letter.text().as_deref().map(str::trim));
    card.close("VTODO");
    Some(Calendar { method: "PUBLISH", text: card.finish("VCALENDAR") })
}

/// The same for an invitation and its cancellation (MS-OXCICAL §2.1.3.1.1.20.26).
fn uid(letter: &Letter<'_>, start: Timestamp) -> String {
    use std::fmt::Write;
    let id = [CLEAN_GLOBAL_ID, GLOBAL_ID].into_iter().find_map(|name| letter.properties.binary(name));
    // An id of iCalendar's may be packed in it.
    const PACKED: &[u8] = b"vCal-Uid\x01\0\0\0";
    if let Some(packed) = id.and_then(|id| id.get(40..)?.strip_prefix(PACKED)) {
        let text: String = packed.iter().take_while(|octet| octet.is_ascii_graphic()).map(|o| char::from(*o)).collect();
        if !text.is_empty() {
            return text;
        }
    }
    match id.filter(|id| (16..=256).contains(&id.len())) {
        Some(id) => id.iter().fold(String::new(), |mut hex, octet| {
            let _ = write!(hex, "{octet:02X}");
            hex
        }),
        None => match letter.message_id() {
            Some(id) => id.trim_matches(['<', '>']).to_owned(),
            None => format!("{}@brevbro.invalid", start.as_second()),
        },
    }
}

fn moment(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn person(card: &mut Card, field: &str, who: &Who) {
    let Some(address) = who.address.as_deref() else { return };
    // A parameter's value may hold no quote and no control character (RFC 5545 §3.1).
    let name: String =
        who.name.as_deref().unwrap_or_default().chars().filter(|c| *c != '"' && !c.is_control()).collect();
    let name = if name.is_empty() { String::new() } else { format!(";CN=\"{name}\"") };
    card.line(&format!("{field}{name}"), &format!("mailto:{address}"));
}

/// A contact as vCard, with the name of its file; `None`: the message is none.
pub(super) fn contact(letter: &Letter<'_>) -> Option<(String, String)> {
    if !letter.class().starts_with("ipm.contact") {
        return None;
    }
    let line = |id: u16| letter.properties.line(Name::Id(id));
    let named = |id: u32| letter.properties.line(Name::In(sets::ADDRESS, id));
    let name = letter.properties.line(names::DISPLAY_NAME).or_else(|| named(0x8005)).or_else(|| letter.subject())?;
    let mut card = Card::begin("VCARD");
    card.line("VERSION", "3.0");
    card.text("FN", Some(&name));
    let [family, given] = [0x3A11, 0x3A06].map(|id| Card::escaped(&line(id).unwrap_or_default()));
    card.line("N", &format!("{family};{given};;;"));
    card.text("ORG", line(0x3A16).as_deref());
    card.text("TITLE", line(0x3A17).as_deref());
    for (kind, id) in [("WORK", 0x3A08), ("CELL", 0x3A1C), ("HOME", 0x3A09), ("FAX", 0x3A24)] {
        card.text(&format!("TEL;TYPE={kind}"), line(id).as_deref());
    }
    for id in [0x8083, 0x8093, 0x80A3] {
        card.text("EMAIL", named(id).filter(|address| address.contains('@')).as_deref());
    }
    let [street, city, region, code, country] =
        [0x3A29, 0x3A27, 0x3A28, 0x3A2A, 0x3A26].map(|id| Card::escaped(&line(id).unwrap_or_default()));
    if [&street, &city, &region, &code, &country].iter().any(|part| !part.is_empty()) {
        card.line("ADR;TYPE=WORK", &format!(";;{street};{city};{region};{code};{country}"));
    }
    card.text("URL", line(0x3A51).as_deref());
    card.text("NOTE", letter.text().as_deref().map(str::trim));
    Some((name, card.finish("VCARD")))
}
