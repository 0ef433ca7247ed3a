//! An appointment as an invitation has it (RFC 5545): what a citizen must know to come.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde::{Serialize, Serializer};

use super::record::Person;

/// One appointment, or the first of a series.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Appointment {
    /// The part that it stands in, as in the record's parts.
    pub part: String,
    /// The attachment to save it by.
    pub attachment: Option<usize>,
    /// METHOD (RFC 5546), lower case: `request`, `cancel`, `reply`, `publish`; `null` where it is none that we know.
    pub method: Option<&'static str>,
    /// It is called off, whether by the method or by its status.
    pub cancelled: bool,
    /// What it is about.
    pub summary: Option<String>,
    /// When it begins.
    pub start: Option<When>,
    /// When it ends; of whole days the last one.
    pub end: Option<When>,
    /// Where.
    pub location: Option<String>,
    /// Who invites.
    pub organizer: Option<Person>,
    /// `daily`, `weekly`, `monthly`, `yearly`, `otherwise`; `null`: it happens once.
    pub repeats: Option<&'static str>,
    /// More, as written.
    pub description: Option<String>,
    /// UID and RECURRENCE-ID: the same again in another part is the same.
    #[serde(skip)]
    pub identity: String,
}

/// When something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A whole day.
    Day(Date),
    /// By the clock on the wall, wherever that is.
    Local(DateTime),
    /// A moment, and what is added to UTC where it takes place, if that is said.
    Moment(Timestamp, Option<Offset>),
}

impl std::fmt::Display for When {
    /// `2026-12-03`, `2026-12-03T10:00:00`, `2026-12-03T08:00:00Z`, `2026-12-03T10:00:00+02:00`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Day(day) => write!(out, "{day}"),
            Self::Local(at) => write!(out, "{at}"),
            Self::Moment(at, None) => write!(out, "{at}"),
            Self::Moment(at, Some(offset)) => write!(out, "{}", at.display_with_offset(*offset)),
        }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
