//! RCPT: what does this address mean, and may this sender write to it?
//!
//! # Where tags begin
//! A `+` begins them: no alias holds one. `--` begins them where words that we know follow, and nothing else up to the
//! `+` or the end, so that `anna--maria@…` stays somebody's alias; behind a service address it always does, since there
//! an unknown word names the citizen. Of a service address the longest name in the directory counts, tags or not.
//! An unknown word behind `+` on a citizen's own address is a sub-address, and passed over.

use super::mapped::{Absent, Mapped, Target, Terms, cuts, scheme_of, tags_of};
use crate::domain::Route;
use crate::domain::account::{Account, AccountState};
use crate::domain::address::{ForwardPath, LocalPart, Mailbox};
use crate::domain::directory::{Directory, Served};
use crate::domain::envelope::{Defaults, Destination, Sender, ToCitizen};
use crate::domain::identity::Scheme;
use crate::domain::ids::ConversationId;
use crate::domain::keys::Keys;
use crate::domain::lookup::Found;
use crate::domain::office::Office;
use crate::domain::record::Tags;
use crate::domain::status::{Class, Refusal};
use crate::domain::token::{self, Token};

/// Reads RCPT's argument, by its form and the directory alone. Never fails: an address that leads nowhere is read as
/// such, and [`decide`] says so to whom it may.
#[must_use]
pub fn read(served: &Served, keys: &Keys, directory: &Directory, path: &ForwardPath) -> Mapped {
    let ForwardPath::Mailbox(address) = path else { return Target::Postmaster.under(Tags::default()) };
    let scheme = scheme_of(served, &address.domain);
    let is_served = served.domains.contains(&address.domain);
    let local = address.local.as_str();
    if (is_served || scheme.is_some()) && local.eq_ignore_ascii_case("postmaster") {
        return Target::Postmaster.under(Tags::default());
    }
    match scheme {
        Some(scheme) => read_identity(scheme, local),
        None if is_served => read_name(served, keys, directory, address),
        None => Target::Foreign.under(Tags::default()),
    }
}

fn read_identity(scheme: Scheme, local: &str) -> Mapped {
    cuts(local)
        .find_map(|(head, tail)| Some(Target::identified(scheme, head)?.under(sub_addressed(tags_of(tail)))))
        .unwrap_or_else(|| Mapped::nobody("not an identity code, on a domain of these"))
}

fn read_name(served: &Served, keys: &Keys, directory: &Directory, address: &Mailbox) -> Mapped {
    let local = address.local.as_str();
    for (head, tail) in cuts(local) {
        let Ok(head) = LocalPart::parse(head) else { continue };
        if let Some(service) = directory.service(&Mailbox { local: head, domain: address.domain.clone() }) {
            let mut tags = tags_of(tail);
            let target = match tags.citizen.take() {
                Some(citizen) => Target::citizen(served, &address.domain, &citizen),
                None => Target::BySubject,
            };
            return Mapped { target, terms: Terms::Service(service.clone(), tags) };
        }
    }
    let plus = cuts(local).filter(|(_, tail)| tail.starts_with('+')).last().map_or(local.len(), |(head, _)| head.len());
    let (name, _) = cuts(&local[..plus]).filter(|(_, tail)| tags_of(tail).citizen.is_none()).last().unwrap_or_default();
    let target = match token::read(keys, name) {
        Some(Token::Conversation(id, signed)) => Target::Conversation { id, signed },
        Some(Token::Return(outbox)) => Target::Report(outbox),
        Some(Token::Broken) => Target::mistyped("conversation or return path, not as we wrote it"),
        None => Target::named(&address.domain, name),
    };
    target.under(sub_addressed(tags_of(&local[name.len()..])))
}

/// On a citizen's own address there is no other citizen to name.
fn sub_addressed(tags: Tags) -> Tags {
    Tags { citizen: None, ..tags }
}

/// After the body, for [`Destination::CitizenBySubject`]: the citizen whom the subject names. `path` is the recipient's,
/// for the domain on which an alias is looked for; `defaults` are the destination's.
///
/// # Errors
/// [`Class::CitizenNotNamed`].
pub fn by_subject(served: &Served, path: &ForwardPath, defaults: &Defaults, subject: &Tags) -> Result<Mapped, Refusal> {
    let (ForwardPath::Mailbox(address), Some(citizen)) = (path, &subject.citizen) else {
        return Err(Refusal::new(Class::CitizenNotNamed, "a service address, and a subject that names nobody"));
    };
    let target = Target::citizen(served, &address.domain, citizen);
    Ok(Mapped { target, terms: Terms::Settled(defaults.clone()) })
}

/// For the null path, which is nobody's: absence notes and receipts come under it, to the address that a reply of ours
/// had. A conversation's signature proves that the address was given to an office; the store is not asked.
#[must_use]
pub fn answers(directory: &Directory, keys: &Keys, mapped: &Mapped) -> Option<Route> {
    let Target::Conversation { id, signed } = mapped.target else { return None };
    let mut offices = directory.offices().iter();
    let office = offices.find(|office| token::is_for(keys, id, signed, &office.id))?;
    Some(Route::decided(Destination::Answer(id, office.id.clone())))
}

/// Whether the sender may write there, and on what terms. `found` is the store's answer to [`Mapped::question`].
///
/// A claim that nobody vouches for learns nothing: whatever is on our domains is [`Destination::Undecided`], to be asked
/// again when the message has proved the office.
///
/// To a stranger it says [`Class::NotAnOffice`] for everything but the postmaster and a signed return path: one value,
/// made without a look at `found`.
///
/// # Errors
/// The refusal to answer with, in the office's language.
pub fn decide(sender: &Sender, mapped: &Mapped, found: Option<&Found>, keys: &Keys) -> Result<Route, Refusal> {
    match &mapped.target {
        Target::Postmaster => return Ok(Route::decided(Destination::Postmaster)),
        Target::Report(outbox) => return Ok(Route::decided(Destination::Report(*outbox))),
        _ => {}
    }
    let office = match sender {
        Sender::Office(trusted) => trusted.office(),
        Sender::Claimed(claim) if claim.is_vouched() => claim.office(),
        Sender::Claimed(_) if mapped.target != Target::Foreign => return Ok(Route::decided(Destination::Undecided)),
        Sender::Claimed(_) | Sender::Stranger => {
            return Err(Refusal::new(Class::NotAnOffice, "the sender is no proven office"));
        }
    };
    decide_for(office, mapped, found, keys)
        .map(Route::decided)
        .map_err(|(class, why)| Refusal::new(class, why).in_language(office.language))
}

fn decide_for(
    office: &Office,
    mapped: &Mapped,
    found: Option<&Found>,
    keys: &Keys,
) -> Result<Destination, (Class, &'static str)> {
    // An office's service address is nothing to another office.
    if matches!(&mapped.terms, Terms::Service(service, _) if service.office != office.id) {
        return Err((Class::NoSuchMailbox, "service address of another office"));
    }
    let defaults = settle(office, &mapped.terms);
    if let Some(fault) = &defaults.tags.fault {
        return Err((fault.into(), "the address's tags cannot be followed"));
    }
    let no_such_mailbox = Err((Class::NoSuchMailbox, mapped.form()));
    match &mapped.target {
        Target::Postmaster => Ok(Destination::Postmaster),
        Target::Report(outbox) => Ok(Destination::Report(*outbox)),
        Target::BySubject => Ok(Destination::CitizenBySubject(defaults)),
        Target::Foreign => Err((Class::NoSuchMailbox, mapped.form())),
        Target::Nobody { class, why } => Err((class.clone(), why)),
        Target::Conversation { id, signed } => {
            let is_for = |office| token::is_for(keys, *id, *signed, office);
            match found.map(|found| (&found.account, &found.office)) {
                Some((account, Some(with))) if *with == office.id && is_for(with) => to(account, Some(*id), defaults),
                Some((_, Some(with))) if is_for(with) => {
                    Err((Class::NotYourConversation, "the conversation is with another office"))
                }
                None if is_for(&office.id) => no_such_mailbox,
                // Not signed for anybody: mistyped, as far as the office can tell.
                _ => Err((Class::CheckCharacters, "conversation, its signature wrong")),
            }
        }
        Target::Citizen { absent, .. } => match (found, absent) {
            (Some(found), _) => to(&found.account, None, defaults),
            (None, Absent::NoSuchMailbox) => no_such_mailbox,
            (None, Absent::Mistyped) => Err((Class::CheckCharacters, mapped.form())),
        },
    }
}

/// The address's word goes before the service address's, that before the office's.
fn settle(office: &Office, terms: &Terms) -> Defaults {
    let (service, tags) = match terms {
        Terms::Settled(defaults) => return defaults.clone(),
        Terms::Service(service, tags) => (Some(service), tags),
        Terms::Office(tags) => (None, tags),
    };
    let replies = service.and_then(|s| s.replies_allowed).unwrap_or(office.replies_allowed);
    Defaults {
        kind: service.and_then(|s| s.kind).unwrap_or(office.kind),
        reply_allowed: replies && !tags.no_reply,
        case_prefix: service.and_then(|s| s.case_prefix.clone()),
        tags: tags.clone(),
    }
}

fn to(
    account: &Account,
    conversation: Option<ConversationId>,
    defaults: Defaults,
) -> Result<Destination, (Class, &'static str)> {
    match account.state {
        AccountState::Active => Ok(Destination::Citizen(ToCitizen {
            account: account.id.clone(),
            notices: account.notices.clone(),
            language: account.language,
            conversation,
            defaults,
        })),
        AccountState::Waiting => Err((Class::AccountNotInUse, "the account waits for consent")),
        AccountState::Closed => Err((Class::AccountNotInUse, "the account is closed")),
    }
}

#[cfg(test)]
mod tests;
