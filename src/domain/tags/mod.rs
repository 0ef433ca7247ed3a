//! Tags: what a clerk asks with a word after `+` (or `--`, for systems that cannot write plus) in the address, or in
//! square brackets in the subject. In Swedish, Finnish and English; case, diacritics and hyphens do not matter.
//!
//! ```text
//! anna.virtanen+request-2026-12-31+noreply@…       [begäran 2026-12-31] [ej svar] [dnr HEL 2026-001234]
//! ```
//!
//! What cannot be read, or says two things at once, is a [`Fault`], which is said to the sender; nothing is guessed.

mod date;
mod read;
mod words;

use std::fmt;

use jiff::civil::Date;

pub use self::read::{local_part, subject};
use super::record::Kind;

/// Years ahead that a due date may lie: one that is farther is a slip of the hand.
pub const YEARS_AHEAD: i32 = 5;

/// What a clerk may ask with tags in the address or the subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags {
    /// `+decision`, `[beslut]`.
    pub kind: Option<Kind>,
    /// `+request-2026-12-31`, `[begäran 2026-12-31]`, `[senast 31.12.2026]`.
    pub due: Option<Date>,
    /// `+noreply`, `[ej svar]`.
    pub no_reply: bool,
    /// `[dnr HEL 2026-001234]`.
    pub case_reference: Option<String>,
    /// `[till …]`, or the tag of a service address: which citizen.
    pub citizen: Option<String>,
    /// The first thing that is wrong with them. The message is refused.
    pub fault: Option<Fault>,
}

/// What is wrong with tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This has the place of a due date and is none.
    DueUnreadable(String),
    /// This date stands with another kind than a request, which alone can be due.
    DueOfOther(Kind, String),
    /// Two tags that cannot both hold.
    Conflict(Said, Said),
    /// A subject with two people in it: a message to a service address is for one.
    Citizens,
}

/// What one tag says, to be told back to who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// This kind.
    Kind(Kind),
    /// A request, due then.
    Due(Date),
    /// This case.
    Case(String),
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => f.write_str(kind.word()),
            Self::Due(date) => write!(f, "{} {date}", Kind::Request.word()),
            Self::Case(case) => f.write_str(case),
        }
    }
}

/// What is wrong with a date that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misdated {
    /// It is over.
    Past,
    /// It lies more than [`YEARS_AHEAD`] ahead.
    Far,
}

impl Tags {
    /// The address's tags together with the subject's. They may say the same; where they say different things, that is
    /// a fault. The citizen is the address's: there the subject's word has another use.
    #[must_use]
    pub fn or(mut self, subject: Self) -> Self {
        self.no_reply |= subject.no_reply;
        if let Some(kind) = subject.kind {
            self.say_kind(kind);
        }
        if let Some(due) = subject.due {
            self.say_due(due);
        }
        if let Some(case) = subject.case_reference {
            self.say_case(case);
        }
        self.citizen = self.citizen.or(subject.citizen);
        self.fault = self.fault.or(subject.fault);
        self
    }

    fn say_kind(&mut self, kind: Kind) {
        match (self.kind, self.due) {
            (Some(first), _) if first != kind => self.conflict(Said::Kind(first), Said::Kind(kind)),
            (_, Some(due)) if kind != Kind::Request => self.conflict(Said::Due(due), Said::Kind(kind)),
            _ => self.kind = Some(kind),
        }
    }

    /// Only a request can be due: a date asks for one.
    fn say_due(&mut self, due: Date) {
        match (self.kind, self.due) {
            (Some(kind), _) if kind != Kind::Request => self.conflict(Said::Kind(kind), Said::Due(due)),
            (_, Some(first)) if first != due => self.conflict(Said::Due(first), Said::Due(due)),
            _ => (self.kind, self.due) = (Some(Kind::Request), Some(due)),
        }
    }

    fn say_case(&mut self, case: String) {
        match &self.case_reference {
            Some(first) if !words::same(first, &case) => self.conflict(Said::Case(first.clone()), Said::Case(case)),
            Some(_) => {}
            None => self.case_reference = Some(case),
        }
    }

    fn say_citizen(&mut self, citizen: String) {
        match &self.citizen {
            Some(first) if !words::same(first, &citizen) => self.blame(Fault::Citizens),
            Some(_) => {}
            None => self.citizen = Some(citizen),
        }
    }

    fn conflict(&mut self, first: Said, second: Said) {
        self.blame(Fault::Conflict(first, second));
    }

    fn blame(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// Whether the due date can be one, on this day. The day itself is not past.
    #[must_use]
    pub fn misdated(&self, today: Date) -> Option<(Date, Misdated)> {
        let due = self.due?;
        let last = i16::try_from(YEARS_AHEAD).ok().and_then(|years| {
            // The last of February has no namesake in most years: the end of that month does.
            Date::new(today.year().checked_add(years)?, today.month(), 1).ok()
        });
        let last = last.map(Date::last_of_month);
        if due < today {
            Some((due, Misdated::Past))
        } else if last.is_some_and(|last| due > last) {
            Some((due, Misdated::Far))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn address_and_subject_together() {
        let of = |address: &str, subject_: &str| local_part(address).1.or(subject(subject_).1);
        let both = of("anna+begaran", "[begäran 2026-12-31] [dnr 1/2026]");
        assert_eq!((both.kind, both.due, both.fault), (Some(Kind::Request), Some(date(2026, 12, 31)), None));
        assert_eq!(of("anna+paatos", "[beslut] [päätös]").fault, None);
        assert_eq!(
            of("anna+beslut", "[begäran]").fault,
            Some(Fault::Conflict(Said::Kind(Kind::Decision), Said::Kind(Kind::Request)))
        );
        assert_eq!(
            of("anna+beslut", "[senast 2026-12-31]").fault,
            Some(Fault::Conflict(Said::Kind(Kind::Decision), Said::Kind(Kind::Request)))
        );
        assert_eq!(
            of("anna+begaran-2026-12-31", "[begäran 2026-12-30]").fault,
            Some(Fault::Conflict(Said::Due(date(2026, 12, 31)), Said::Due(date(2026, 12, 30))))
        );
        assert_eq!(of("social+anna", "[till mikko] x").citizen.as_deref(), Some("anna"));
        assert_eq!(of("anna+begaran-x", "[beslut]").fault, Some(Fault::DueUnreadable("x".into())), "the first holds");
    }

    #[test]
    fn dates_that_can_be_due() {
        let today = date(2026, 11, 24);
        let on = |due| Tags { due: Some(due), ..Tags::default() }.misdated(today).map(|(_, why)| why);
        assert_eq!(on(date(2026, 11, 23)), Some(Misdated::Past));
        assert_eq!(on(date(2025, 12, 31)), Some(Misdated::Past));
        for good in [today, date(2026, 12, 31), date(2031, 11, 30)] {
            assert_eq!(on(good), None);
        }
        assert_eq!(on(date(2031, 12, 1)), Some(Misdated::Far));
        assert_eq!(on(date(2062, 12, 31)), Some(Misdated::Far));
        assert_eq!(Tags::default().misdated(today), None);
        let leap = Tags { due: Some(date(2033, 2, 28)), ..Tags::default() };
        assert_eq!(leap.misdated(date(2028, 2, 29)), None);
        assert_eq!(Tags { due: Some(Date::MAX), ..Tags::default() }.misdated(Date::MAX), None);
    }
}
