//! What a record asks of the citizen: what the address says, then the subject, then the office.

use crate::domain::arrival::NewRecord;
use crate::domain::envelope::{Defaults, Destination, Route};
use crate::domain::ids::RecordId;
use crate::domain::record::{Kind, Tags};
use crate::domain::status::{Class, Refusal};

/// The record to be made.
///
/// # Errors
/// [`Class::DueDate`], where a date is meant and cannot be read.
pub fn record(
    id: RecordId,
    route: Route,
    addressed: String,
    notify: bool,
    subject: &Tags,
) -> Result<NewRecord, Refusal> {
    let plain = Defaults { kind: Kind::Message, reply_allowed: false, case_prefix: None, tags: Tags::default() };
    let defaults = match route.destination() {
        Destination::Citizen(citizen) => &citizen.defaults,
        _ => &plain,
    };
    let tags = defaults.tags.clone().or(subject.clone());
    if let Some(unreadable) = &tags.unreadable_due {
        return Err(Refusal::new(Class::DueDate, format!("a due date of {} characters", unreadable.len())));
    }
    let kind = match (tags.kind, tags.due) {
        (Some(kind), _) => kind,
        (None, Some(_)) => Kind::Request,
        (None, None) => defaults.kind,
    };
    let case_reference = match (&defaults.case_prefix, tags.case_reference) {
        (Some(prefix), Some(reference)) if !reference.starts_with(prefix.as_str()) => {
            Some(format!("{prefix} {reference}"))
        }
        (_, reference) => reference,
    };
    let reply_allowed = defaults.reply_allowed && !tags.no_reply;
    let due = tags.due;
    Ok(NewRecord { id, route, addressed, notify, kind, due, reply_allowed, case_reference })
}
