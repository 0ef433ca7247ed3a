//! What a message is once it has been read. Reading never fails: whatever could not be read stands in the defects.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::appointment::Appointment;
use super::ids::{AccountId, ConversationId, OfficeId, RecordId};
use super::seal::{Encryption, Signature};
pub use super::tags::Tags;

/// What a record asks of the citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Beslut, päätös.
    Decision,
    /// Tillkännagivande, tiedoksianto.
    Notice,
    /// Begäran om tilläggsuppgifter, lisätietopyyntö; may have a due date.
    Request,
    /// A plain message.
    Message,
    /// What the citizen wrote.
    Reply,
}

impl Kind {
    /// The word in `offices.toml`, the database and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Notice => "notice",
            Self::Request => "request",
            Self::Message => "message",
            Self::Reply => "reply",
        }
    }

    /// The kind of a [`Kind::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Decision, Self::Notice, Self::Request, Self::Message, Self::Reply].into_iter().find(|k| k.word() == word)
    }
}

/// A name and an address as a header field has them. The address is text: From may hold what is no address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// The display name, decoded.
    pub name: Option<String>,
    /// The addr-spec as read.
    pub address: String,
}

/// What `intake` makes of the bytes alone: the whole message, but for what address, office and account add.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Content {
    /// Without the tags that were recognised in it.
    pub subject: String,
    /// What the subject's tags ask.
    pub tags: Tags,
    /// Every author in every From field; a message that an office may send has exactly one.
    pub from: Vec<Person>,
    /// To and Cc.
    pub to: Vec<Person>,
    /// Date.
    pub date: Option<Timestamp>,
    /// Without brackets.
    pub message_id: Option<String>,
    /// Without brackets; the first, if several.
    pub in_reply_to: Option<String>,
    /// Without brackets, oldest first.
    pub references: Vec<String>,
    /// UTF-8 with LF.
    pub text: String,
    /// Where in the text each enclosed message begins, in octets.
    pub enclosed: Vec<usize>,
    /// Sanitised: nothing in it runs or asks the network for anything.
    pub html: Option<String>,
    /// Content-Language, or of the part shown.
    pub language: Option<String>,
    /// Everything that is not the body shown.
    pub attachments: Vec<Attachment>,
    /// Every part of the message, and what became of it.
    pub parts: Vec<PartAccount>,
    /// What invitations among the parts invite to.
    pub events: Vec<Appointment>,
    /// Whatever was not as it should be.
    pub defects: Vec<Defect>,
    /// Whether a machine wrote it.
    pub classification: Classification,
    /// How it was encrypted; `None`: not at all.
    pub encryption: Option<Encryption>,
    /// What was said of its signature when it came; `None`: it has none.
    pub signature: Option<Signature>,
}

/// A part that the citizen can fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// From 0, in the order of the message; its name in URLs.
    pub index: usize,
    /// Safe as a file's name on any system; never empty.
    pub filename: String,
    /// `type/subtype`, lower case, as the message says; `application/octet-stream` if it says nothing.
    pub media_type: String,
    /// Octets after decoding.
    pub size: u64,
    /// Hex, of the decoded octets.
    pub sha256: String,
    /// `attachment` or `inline`.
    pub disposition: Disposition,
    /// Without brackets.
    pub content_id: Option<String>,
    /// What became of the part.
    pub status: PartStatus,
}

/// Content-Disposition (RFC 2183), as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// To be fetched.
    Attachment,
    /// Shown in its place in the text.
    Inline,
}

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartStatus {
    /// It holds other parts.
    Container,
    /// Its text is shown.
    Shown,
    /// What was packed in it stands as parts of its own.
    Converted,
    /// Shown in the HTML.
    Inline,
    /// Not shown and not to be fetched alone; the raw message has it.
    HeldBack,
    /// Offered as it came.
    AsItCame,
    /// Its transfer encoding is damaged: what could be decoded is offered.
    Damaged,
    /// Part of an enclosed message.
    Enclosed,
}

impl PartStatus {
    /// The word in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Shown => "shown",
            Self::Converted => "converted",
            Self::Inline => "inline",
            Self::HeldBack => "held-back",
            Self::AsItCame => "as-it-came",
            Self::Damaged => "damaged",
            Self::Enclosed => "enclosed",
        }
    }
}

/// One part of a message, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartAccount {
    /// `0` the message itself, `1.2` the second part of its first part; what was opened is the first part of what it was
    /// packed in.
    pub part: String,
    /// `type/subtype`, lower case.
    pub media_type: String,
    /// What became of it.
    pub status: PartStatus,
    /// Why it was held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The attachment as which it can be fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<usize>,
}

/// Something in the message that is not as the standards have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// `1.2`: the second part of the first part; `0` for the message.
    pub part: String,
    /// A stable word: `charset-unknown`.
    pub code: &'static str,
    /// More, for a person.
    pub detail: String,
}

/// Whether a machine wrote it (RFC 3834, RFC 2919, RFC 3464).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Classification {
    /// An automatic answer or generated message.
    pub auto_submitted: bool,
    /// A delivery report.
    pub bounce: bool,
    /// From a mailing list.
    pub list: bool,
    /// What sort of machine's mail it is, where it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
}

/// Sorts of mail that no person wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Machine {
    /// What became of a message on its way (RFC 3464, and whatever else servers write).
    DeliveryReport,
    /// What became of a message with its reader (RFC 8098).
    Receipt,
    /// Its reader is away.
    AbsenceNote,
    /// Another automatic answer: "we have received your message".
    Answer,
    /// A report for machines: complaints, statistics (RFC 5965, RFC 8460).
    Report,
    /// Generated by itself, in answer to nothing: a case system's decision, a circular.
    Generated,
}

impl Machine {
    /// The word in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::DeliveryReport => "delivery-report",
            Self::Receipt => "receipt",
            Self::AbsenceNote => "absence-note",
            Self::Answer => "answer",
            Self::Report => "report",
            Self::Generated => "generated",
        }
    }

    /// Whether it may be a letter to somebody. All else speaks of a message that was sent before.
    #[must_use]
    pub fn is_letter(self) -> bool {
        self == Self::Generated
    }
}

impl Classification {
    /// Whether it may be a record: a person's letter, or one that a system wrote.
    #[must_use]
    pub fn is_letter(&self) -> bool {
        self.machine.is_none_or(Machine::is_letter)
    }
}

/// One message in one mailbox: the row's worth. Its content is read from the raw bytes whenever it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Whose mailbox.
    pub account: AccountId,
    /// Who wrote; `None` only in the postmaster's mailbox.
    pub office: Option<OfficeId>,
    /// Which thread.
    pub conversation: ConversationId,
    /// What it asks.
    pub kind: Kind,
    /// The office's reference for the case.
    pub case_reference: Option<String>,
    /// As shown.
    pub subject: String,
    /// The author, as proved.
    pub from: Person,
    /// Of the message, else of its arrival.
    pub date: Timestamp,
    /// When it was kept.
    pub received: Timestamp,
    /// Until when the office wants an answer.
    pub due: Option<Date>,
    /// Whether the citizen may answer.
    pub reply_allowed: bool,
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// How many attachments.
    pub attachments: u32,
    /// Of the raw message, octets.
    pub size: u64,
    /// Whether a machine wrote it.
    pub auto_submitted: bool,
    /// When the citizen first opened it.
    pub read: Option<Timestamp>,
    /// The keyed hash of the address by which it came here ([`super::keys::Keys::trace_hash`] of its folded form); empty
    /// where that is not known.
    pub addressed: String,
}
