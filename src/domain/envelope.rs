//! Who sends and to whom, each as far as it has been proved (RFC 5321 §2.3.1).

use std::sync::Arc;

use super::address::{ForwardPath, Mailbox, ReversePath};
use super::authentication::{Spf, SpfIdentity, Verdict};
use super::ids::{AccountId, ConversationId, OfficeId, OutboxId};
use super::language::Language;
use super::office::{Office, TrustedOffice};
use super::record::{Kind, Tags};

/// Whose message it is.
#[derive(Debug, Clone)]
pub enum Sender {
    /// A proven office: it may write to citizens.
    Office(TrustedOffice),
    /// Somebody who says to be of an office, which only the message itself can prove.
    Claimed(Claim),
    /// Anybody else: may write to the postmaster, and report on mail of ours.
    Stranger,
}

impl Sender {
    /// In which language to answer.
    #[must_use]
    pub fn language(&self) -> Language {
        match self {
            Self::Office(trusted) => trusted.office().language,
            Self::Claimed(claim) => claim.office().language,
            Self::Stranger => Language::En,
        }
    }
}

/// A sender of whom everything is proved that can be before the body, and not enough: DMARC or DKIM must say the rest.
#[derive(Debug, Clone)]
pub struct Claim {
    first: Arc<Office>,
    rest: Vec<Arc<Office>>,
    spf: Option<Spf>,
}

impl Claim {
    /// For `trust`: the offices whose senders cover the reverse path, and who have a rule that the message can still
    /// fulfil.
    #[must_use]
    pub fn new(first: Arc<Office>, rest: Vec<Arc<Office>>) -> Self {
        Self { first, rest, spf: None }
    }

    /// With what SPF says of the peer.
    #[must_use]
    pub fn with_spf(self, spf: Spf) -> Self {
        Self { spf: Some(spf), ..self }
    }

    /// The office that is asked first, and in whose language answers are.
    #[must_use]
    pub fn office(&self) -> &Arc<Office> {
        &self.first
    }

    /// All of them, in the order of asking.
    pub fn offices(&self) -> impl Iterator<Item = &Arc<Office>> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// What SPF says of the peer, once it has been asked.
    #[must_use]
    pub fn spf(&self) -> Option<&Spf> {
        self.spf.as_ref()
    }

    /// Whether the sender's domain itself names this peer as its mail server (SPF, MAIL FROM).
    #[must_use]
    pub fn is_named_by_domain(&self) -> bool {
        self.spf.as_ref().is_some_and(|s| s.verdict == Verdict::Pass && s.identity == SpfIdentity::MailFrom)
    }

    /// Whether the answers at RCPT may tell who has a mailbox: the domain names the peer, and there is one office that it
    /// can be, by whose terms to answer. Anybody else could have written this MAIL FROM, and learns nothing before the
    /// proof; and where offices share a domain, only the proof says which of them writes.
    #[must_use]
    pub fn is_vouched(&self) -> bool {
        self.rest.is_empty() && self.is_named_by_domain()
    }
}

/// Where one accepted recipient leads. Only `routing` makes one, out of facts from the store; the door of the store
/// asks for it. (`tests/rooms.rs` holds that no other room names [`Route::decided`].)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route(Destination);

impl Route {
    /// States that the rules lead here. For `routing` alone.
    #[must_use]
    pub fn decided(destination: Destination) -> Self {
        Self(destination)
    }

    /// Where to.
    #[must_use]
    pub fn destination(&self) -> &Destination {
        &self.0
    }
}

/// The ends of the ways in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A citizen's mailbox.
    Citizen(ToCitizen),
    /// An office's service address that does not say which citizen: the subject must (`[till …]`).
    CitizenBySubject(Defaults),
    /// A report on a message of ours, at its signed return path.
    Report(OutboxId),
    /// A conversation, for a machine that answers under the null path (RFC 3834 §3): never a record. The address's
    /// signature proves that it was given to this office.
    Answer(ConversationId, OfficeId),
    /// The postmaster's mailbox (RFC 5321 §4.5.1).
    Postmaster,
    /// Not to be told yet, nor looked up: the sender is a [`Claim`] that nobody vouches for. Decided after the body.
    Undecided,
}

/// Into which mailbox, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToCitizen {
    /// Whose.
    pub account: AccountId,
    /// Where the arrival notices go, and in which language.
    pub notices: Vec<Mailbox>,
    /// Of the notices.
    pub language: Language,
    /// The thread, when the address is a conversation's.
    pub conversation: Option<ConversationId>,
    /// What address and office say about kind, answer and case.
    pub defaults: Defaults,
}

/// What holds where the message itself says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The kind of the service address, else of the office.
    pub kind: Kind,
    /// Whether the citizen may answer.
    pub reply_allowed: bool,
    /// Begins every case reference of this service address.
    pub case_prefix: Option<String>,
    /// What the address's tags ask; they go before all else.
    pub tags: Tags,
}

/// One recipient of a transaction.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// As the client said it.
    pub path: ForwardPath,
    /// Where it leads.
    pub route: Route,
}

/// A sender and one or more recipients, so that an empty envelope cannot be built.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// MAIL's argument.
    pub reverse_path: ReversePath,
    /// Who that is.
    pub sender: Sender,
    /// SMTPUTF8 was asked for (RFC 6531).
    pub smtputf8: bool,
    /// The first accepted recipient.
    pub first: Recipient,
    /// The others, in order.
    pub rest: Vec<Recipient>,
}

impl Envelope {
    /// All recipients, in the order of RCPT.
    pub fn recipients(&self) -> impl Iterator<Item = &Recipient> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}
