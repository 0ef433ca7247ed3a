//! An invitation in words: a citizen reads when and where, and can save it.

use super::words::Words;
use crate::domain::appointment::{Appointment, When};

/// What the page shows of one.
pub(super) struct AppointmentView {
    /// Invitation, called off, or neither.
    pub what: String,
    pub cancelled: bool,
    pub summary: Option<String>,
    /// `3 december 2026 kl. 10.00–11.30`.
    pub when: Option<String>,
    /// For programs.
    pub iso: String,
    /// What the clock shows where it takes place, when that is another time.
    pub there: Option<String>,
    pub repeats: Option<String>,
    pub location: Option<String>,
    pub organizer: Option<String>,
    /// What it says, where the message itself says nothing.
    pub description: Option<String>,
    /// Where the file to save is.
    pub save: Option<String>,
}

impl AppointmentView {
    /// In the page's words. `path` is the message's; `told`: its text has said what there is to say.
    pub(super) fn of(words: &Words, path: &str, appointment: &Appointment, told: bool) -> Self {
        let what = match appointment.method {
            _ if appointment.cancelled => "event-cancelled",
            Some("request") => "event-invitation",
            _ => "event-other",
        };
        let organizer = appointment.organizer.as_ref().map(|person| match &person.name {
            Some(name) if person.address.is_empty() => name.clone(),
            Some(name) => format!("{name} <{}>", person.address),
            None => person.address.clone(),
        });
        Self {
            what: words.t(what),
            cancelled: appointment.cancelled,
            summary: appointment.summary.clone(),
            when: appointment.start.map(|start| shown(words, start, appointment.end)),
            iso: appointment.start.map(|start| start.to_string()).unwrap_or_default(),
            there: there(words, appointment),
            repeats: appointment.repeats.map(|rhythm| words.t(&format!("event-{rhythm}"))),
            location: appointment.location.clone(),
            organizer,
            description: appointment.description.clone().filter(|_| !told),
            save: appointment.attachment.map(|index| format!("{path}/attachments/{index}")),
        }
    }
}

/// From when to when, by the page's clock.
fn shown(words: &Words, start: When, end: Option<When>) -> String {
    let local = |when: When| match when {
        When::Moment(at, _) => Some(words.local(at)),
        When::Local(at) => Some(at),
        When::Day(_) => None,
    };
    let day = |when: When| match when {
        When::Day(day) => day,
        When::Local(at) => at.date(),
        When::Moment(at, _) => words.local(at).date(),
    };
    let Some(from) = local(start) else {
        return match end.map(day).filter(|last| *last > day(start)) {
            Some(last) => format!("{} – {}", words.date(day(start)), words.date(last)),
            None => words.date(day(start)),
        };
    };
    match end.and_then(local).filter(|to| *to > from) {
        Some(to) if to.date() == from.date() => format!("{}–{}", words.wall(from), words.clock(to)),
        Some(to) => format!("{} – {}", words.wall(from), words.wall(to)),
        None => words.wall(from),
    }
}

fn there(words: &Words, appointment: &Appointment) -> Option<String> {
    let Some(When::Moment(at, Some(offset))) = appointment.start else { return None };
    let local = offset.to_datetime(at);
    (local != words.local(at)).then(|| words.one("event-there", "time", words.wall(local)))
}

#[cfg(test)]
mod tests {
    use jiff::tz::{Offset, TimeZone};

    use super::*;
    use crate::domain::language::Language;

    fn view(start: When, end: Option<When>) -> AppointmentView {
        let zone = TimeZone::get("Europe/Helsinki").unwrap();
        let words = Words::new(Language::Sv, zone, "2026-11-23T19:48:00Z".parse().unwrap());
        AppointmentView::of(
            &words,
            "/messages/1",
            &Appointment { start: Some(start), end, ..Appointment::default() },
            true,
        )
    }

    fn moment(at: &str, offset: i8) -> When {
        When::Moment(at.parse().unwrap(), Some(Offset::constant(offset)))
    }

    #[test]
    fn times_are_the_citizens_own() {
        let hour = view(moment("2026-12-03T08:00:00Z", 2), Some(moment("2026-12-03T09:30:00Z", 2)));
        assert_eq!(hour.when.as_deref(), Some("3 december 2026 kl. 10.00–11.30"));
        assert_eq!(hour.there, None);
        let night = view(moment("2026-12-03T20:00:00Z", 2), Some(moment("2026-12-04T04:00:00Z", 2)));
        assert_eq!(night.when.as_deref(), Some("3 december 2026 kl. 22.00 – 4 december 2026 kl. 6.00"));
        let stockholm = view(moment("2026-12-03T08:00:00Z", 1), None);
        assert_eq!(stockholm.when.as_deref(), Some("3 december 2026 kl. 10.00"));
        assert!(stockholm.there.unwrap().contains("3 december 2026 kl. 9.00"));
    }

    #[test]
    fn whole_days_and_clocks_on_the_wall() {
        let day = |day: &str| When::Day(day.parse().unwrap());
        assert_eq!(view(day("2026-12-03"), None).when.as_deref(), Some("3 december 2026"));
        let days = view(day("2026-12-03"), Some(day("2026-12-04")));
        assert_eq!(days.when.as_deref(), Some("3 december 2026 – 4 december 2026"));
        let wall = view(When::Local("2026-12-03T10:00".parse().unwrap()), Some(day("2026-12-03")));
        assert_eq!(wall.when.as_deref(), Some("3 december 2026 kl. 10.00"));
    }
}
