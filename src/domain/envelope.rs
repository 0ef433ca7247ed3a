//! Who sends and to whom, each as far as it has been proved (RFC 5321 §2.3.1).

use super::address::{ForwardPath, Mailbox, ReversePath};
use super::ids::{AccountId, ConversationId, OutboxId};
use super::language::Language;
use super::office::TrustedOffice;
use super::record::{Kind, Tags};

/// Whose message it is.
#[derive(Debug, Clone)]
pub enum Sender {
    /// A proven office: it may write to citizens.
    Office(TrustedOffice),
    /// Anybody else: may write to the postmaster, and report on mail of ours.
    Stranger,
}

impl Sender {
    /// In which language to answer.
    #[must_use]
    pub fn language(&self) -> Language {
        match self {
            Self::Office(trusted) => trusted.office().language,
            Self::Stranger => Language::En,
        }
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
    /// The postmaster's mailbox (RFC 5321 §4.5.1).
    Postmaster,
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
