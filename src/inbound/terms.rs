//! What a record asks of the citizen: what the address says, then the subject, then the office.

use crate::domain::arrival::NewRecord;
use crate::domain::envelope::{Defaults, Destination, Route};
use crate::domain::ids::RecordId;
use crate::domain::record::{Kind, Tags};
use crate::domain::status::{Class, Refusal};
use crate::intake::Glance;

/// Whether this route leads to a citizen, or may in the end.
pub fn may_be_citizen(route: &Route) -> bool {
    match route.destination() {
        Destination::Citizen(_) | Destination::CitizenBySubject(_) | Destination::Undecided => true,
        Destination::Report(_) | Destination::Postmaster => false,
    }
}

/// Whether the citizen is told by e-mail. Not of what a machine answers to the citizen's reply, nor of what another
/// gateway has sent: the notice might be answered in its turn, and so on without end. The record is there all the same.
fn notify(route: &Route, glance: &Glance) -> bool {
    let in_conversation = matches!(route.destination(), Destination::Citizen(to) if to.conversation.is_some());
    let automatic = glance.classification.auto_submitted && in_conversation;
    !(automatic || glance.answered_by_machine || glance.classification.bounce || !glance.marks.is_empty())
}

/// The record to be made. `addressed`: the keyed hash of RCPT's argument.
///
/// # Errors
/// [`Class::DueDate`], where a date is meant and cannot be read.
pub fn record(id: RecordId, route: Route, addressed: String, glance: &Glance) -> Result<NewRecord, Refusal> {
    let plain = Defaults { kind: Kind::Message, reply_allowed: false, case_prefix: None, tags: Tags::default() };
    let defaults = match route.destination() {
        Destination::Citizen(citizen) => &citizen.defaults,
        _ => &plain,
    };
    let notify = notify(&route, glance);
    let tags = defaults.tags.clone().or(glance.tags.clone());
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
