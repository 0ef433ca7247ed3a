//! What an address means, by its form alone.

use crate::domain::address::{Domain, LocalPart, Mailbox};
use crate::domain::directory::{Served, ServiceAddress};
use crate::domain::envelope::Defaults;
use crate::domain::identity::{IdentityCode, IdentityFault, Scheme};
use crate::domain::ids::{ConversationId, OutboxId};
use crate::domain::lookup::Lookup;
use crate::domain::opaque::{Opaque, OpaqueFault};
use crate::domain::record::Tags;
use crate::domain::status::Class;
use crate::domain::tags;

/// An address, read: where it leads if the store and the sender's office agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    pub(super) target: Target,
    pub(super) terms: Terms,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// RFC 5321 §4.5.1.
    Postmaster,
    /// Our own return path, its signature good.
    Report(OutboxId),
    /// A conversation, its signature to be checked against the sender's office.
    Conversation { id: ConversationId, signed: [u8; 10] },
    /// One citizen; `absent` is what to say where the store knows none.
    Citizen { lookup: Lookup, absent: Absent },
    /// A service address: the subject names the citizen.
    BySubject,
    /// Not a domain of ours.
    Foreign,
    /// Nobody, whatever the store says.
    Nobody { class: Class, why: &'static str },
}

/// What it means that the store knows no such citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// Just that.
    NoSuchMailbox,
    /// The address has the form of an opaque alias, and does not check: rather that than a name.
    Mistyped,
}

/// What the address says of the message's kind and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Terms {
    /// The office's defaults, under the address's tags.
    Office(Tags),
    /// A service address's before the office's, under the address's tags.
    Service(ServiceAddress, Tags),
    /// Decided at RCPT.
    Settled(Defaults),
}

impl Mapped {
    /// What to ask the store before [`decide`](super::recipient::decide); `None` where it has no say. For a stranger
    /// nothing needs to be asked, nor should be: the time it takes would tell.
    #[must_use]
    pub fn question(&self) -> Option<Lookup> {
        match &self.target {
            Target::Conversation { id, .. } => Some(Lookup::Conversation(*id)),
            Target::Citizen { lookup, .. } => Some(lookup.clone()),
            Target::Postmaster | Target::Report(_) | Target::BySubject | Target::Foreign | Target::Nobody { .. } => {
                None
            }
        }
    }

    /// The form of the address in a few words, for `route test`: says nothing of the citizen.
    #[must_use]
    pub fn form(&self) -> &'static str {
        match &self.target {
            Target::Postmaster => "the postmaster",
            Target::Report(_) => "return path of our own mail, signature good",
            Target::Conversation { .. } => "conversation",
            Target::Citizen { absent: Absent::Mistyped, .. } => "alias, or an opaque alias mistyped",
            Target::Citizen { lookup: Lookup::Opaque(_), .. } => "opaque alias, check characters good",
            Target::Citizen { lookup: Lookup::Identity(_), .. } => "identity code, check character good",
            Target::Citizen { .. } => "alias",
            Target::BySubject => "service address, the subject names the citizen",
            Target::Foreign => "not a domain of ours",
            Target::Nobody { why, .. } => why,
        }
    }

    pub(super) fn nobody(why: &'static str) -> Self {
        Target::no_such_mailbox(why).under(Tags::default())
    }
}

impl Target {
    pub(super) fn under(self, tags: Tags) -> Mapped {
        Mapped { target: self, terms: Terms::Office(tags) }
    }

    pub(super) fn no_such_mailbox(why: &'static str) -> Self {
        Self::Nobody { class: Class::NoSuchMailbox, why }
    }

    pub(super) fn mistyped(why: &'static str) -> Self {
        Self::Nobody { class: Class::CheckCharacters, why }
    }

    /// A name on a domain of aliases: opaque where it checks, else as it stands.
    pub(super) fn named(domain: &Domain, name: &str) -> Self {
        let absent = match Opaque::parse(name) {
            Ok(opaque) => {
                let lookup = Lookup::Opaque(opaque.canonical());
                return Self::Citizen { lookup, absent: Absent::NoSuchMailbox };
            }
            Err(OpaqueFault::Check) => Absent::Mistyped,
            Err(OpaqueFault::Form) => Absent::NoSuchMailbox,
        };
        match local_part(&name.to_lowercase()) {
            Some(local) => Self::Citizen { lookup: Lookup::Alias(Mailbox { local, domain: domain.clone() }), absent },
            None => Self::no_such_mailbox("not of the form of an alias"),
        }
    }

    /// An identity code. `None`: not of the scheme's form.
    pub(super) fn identified(scheme: Scheme, text: &str) -> Option<Self> {
        match IdentityCode::parse(scheme, text) {
            Ok(code) => Some(Self::Citizen { lookup: Lookup::Identity(code), absent: Absent::NoSuchMailbox }),
            Err(IdentityFault::Check) => Some(Self::mistyped("identity code, check character wrong")),
            Err(IdentityFault::Form | IdentityFault::Scheme) => None,
        }
    }

    /// A citizen as a service address's tag or a subject's `[till …]` names one: by an identity code of a scheme for
    /// which a domain is served, an alias on the service address's domain, an opaque alias, or any of these written
    /// out as an address.
    pub(super) fn citizen(served: &Served, domain: &Domain, text: &str) -> Self {
        if text.contains('@') {
            let Ok(address) = Mailbox::parse(text) else { return Self::no_such_mailbox("not an address") };
            let name = address.local.as_str();
            return if let Some(scheme) = scheme_of(served, &address.domain) {
                Self::identified(scheme, name).unwrap_or(Self::no_such_mailbox("not an identity code"))
            } else if served.domains.contains(&address.domain) {
                Self::named(&address.domain, name)
            } else {
                Self::no_such_mailbox("not a domain of ours")
            };
        }
        let code = served.identity_domains.iter().find_map(|(_, scheme)| Self::identified(*scheme, text));
        code.unwrap_or_else(|| Self::named(domain, text))
    }
}

pub(super) fn scheme_of(served: &Served, domain: &Domain) -> Option<Scheme> {
    served.identity_domains.iter().find_map(|(of, scheme)| (of == domain).then_some(*scheme))
}

/// A meaning, as an address would write it.
fn local_part(meaning: &str) -> Option<LocalPart> {
    let quoted = || format!("\"{}\"", meaning.replace('\\', "\\\\").replace('"', "\\\""));
    LocalPart::parse(meaning).or_else(|_| LocalPart::parse(&quoted())).ok()
}

/// A local part taken apart in front of a `+` or `--`, at every place where that can be, the longest head first; to
/// begin with, not at all.
pub(super) fn cuts(local: &str) -> impl Iterator<Item = (&str, &str)> {
    let at = |i: &usize| local[*i..].starts_with('+') || local[*i..].starts_with("--");
    let places = (1..local.len()).rev().filter(|i| local.is_char_boundary(*i)).filter(at);
    std::iter::once(local.len()).chain(places).map(|i| local.split_at(i))
}

/// The tags in the tail of a cut.
pub(super) fn tags_of(tail: &str) -> Tags {
    // The reader of tags wants an address proper in front.
    tags::local_part(&format!("x{tail}")).1
}
