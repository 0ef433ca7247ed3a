//! What a record asks of the citizen: what the address says, then the subject, then the office.

use jiff::civil::Date;

use crate::domain::arrival::NewRecord;
use crate::domain::envelope::{Defaults, Destination, Route, ToCitizen};
use crate::domain::ids::RecordId;
use crate::domain::record::{Kind, Tags};
use crate::domain::status::{Class, DueFault, Refusal};
use crate::domain::tags::Misdated;
use crate::intake::Glance;

/// Whether this route leads to a citizen, or may in the end.
pub fn may_be_citizen(route: &Route) -> bool {
    match route.destination() {
        Destination::Citizen(_) | Destination::CitizenBySubject(_) | Destination::Undecided => true,
        Destination::Report(_) | Destination::Answer(..) | Destination::Postmaster => false,
    }
}

/// Whether the citizen is told by e-mail. Not of what a machine answers to the citizen's reply, nor of what another
/// gateway has sent: the notice might be answered in its turn, and so on without end. The record is there all the same.
fn notify(route: &Route, glance: &Glance) -> bool {
    let in_conversation = matches!(route.destination(), Destination::Citizen(to) if to.conversation.is_some());
    let automatic = glance.classification.auto_submitted && in_conversation;
    !automatic && glance.classification.is_letter() && glance.marks.is_empty()
}

/// Whether what the address alone asks can be asked today: said at RCPT, so that other recipients are not held up.
///
/// # Errors
/// [`Class::DueDate`].
pub fn may_be_due(route: &Route, today: Date) -> Result<(), Refusal> {
    match route.destination() {
        Destination::Citizen(ToCitizen { defaults, .. }) | Destination::CitizenBySubject(defaults) => {
            dated(&defaults.tags, today)
        }
        _ => Ok(()),
    }
}

fn dated(tags: &Tags, today: Date) -> Result<(), Refusal> {
    let Some((due, misdated)) = tags.misdated(today) else { return Ok(()) };
    let (fault, cause) = match misdated {
        Misdated::Past => (DueFault::Past, "the due date is over"),
        Misdated::Far => (DueFault::Far, "the due date is too far ahead"),
    };
    Err(Refusal::new(Class::DueDate { read: due.to_string(), fault }, cause))
}

/// The record to be made. `addressed`: the keyed hash of RCPT's argument. `today`: in UTC, so that nowhere in the Nordic
/// countries a day is called past that is not.
///
/// # Errors
/// What the tags ask and cannot be done: [`Class::DueDate`], [`Class::TagsConflict`], [`Class::CitizensConflict`].
pub fn record(
    id: RecordId,
    route: Route,
    addressed: String,
    glance: &Glance,
    today: Date,
) -> Result<NewRecord, Refusal> {
    let plain = Defaults { kind: Kind::Message, reply_allowed: false, case_prefix: None, tags: Tags::default() };
    // What stands in a subject to the postmaster is nobody's order.
    let (defaults, of_subject) = match route.destination() {
        Destination::Citizen(citizen) => (&citizen.defaults, glance.tags.clone()),
        _ => (&plain, Tags::default()),
    };
    let notify = notify(&route, glance);
    let tags = defaults.tags.clone().or(of_subject);
    if let Some(fault) = &tags.fault {
        return Err(Refusal::new(fault.into(), "the tags of address and subject cannot be followed"));
    }
    dated(&tags, today)?;
    let kind = match tags.kind {
        Some(kind) => kind,
        // What goes to everybody on a list asks nothing of this one.
        None if glance.classification.list && defaults.kind == Kind::Message => Kind::Notice,
        None => defaults.kind,
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
