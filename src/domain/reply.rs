//! What the citizen writes, and its way out.

use jiff::Timestamp;
use serde::Serialize;

use super::address::{Mailbox, ReversePath};
use super::ids::{AccountId, ConversationId, OfficeId, OutboxId, RecordId, ReplyId};
use super::language::Language;
use super::status::Status;

/// What a citizen wrote. The office and the thread come from the record that is answered, never from the form.
#[derive(Debug, Clone)]
pub struct CitizenReply {
    /// Its id.
    pub id: ReplyId,
    /// The record that is answered.
    pub to: RecordId,
    /// UTF-8 with LF.
    pub text: String,
    /// In the order of the form.
    pub files: Vec<ReplyFile>,
}

/// A file of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyFile {
    /// Safe as a file's name.
    pub filename: String,
    /// `type/subtype`.
    pub media_type: String,
    /// The octets.
    pub bytes: bytes::Bytes,
}

/// A citizen's reply as the portal shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentReply {
    /// Its id.
    pub id: ReplyId,
    /// The record that is answered.
    pub to: RecordId,
    /// Which thread.
    pub conversation: ConversationId,
    /// Which office.
    pub office: OfficeId,
    /// When it was written.
    pub written: Timestamp,
    /// UTF-8 with LF.
    pub text: String,
    /// Names, types and sizes; the octets are fetched one by one.
    pub files: Vec<SentFile>,
    /// How far it has come.
    pub state: OutboxState,
    /// When it is tried again, while it waits.
    pub next_attempt: Option<Timestamp>,
    /// What the last answer meant, if there was one.
    pub last_status: Option<Status>,
    /// What came back of it since, if the citizen is to know.
    pub news: Option<News>,
}

/// What came back of a reply that had left: from a server on its way, or from its reader's program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It is late, and still being tried.
    Delayed,
    /// It was shown to somebody.
    Displayed,
    /// Its reader is away.
    Away,
    /// An automatic answer: it has come.
    Answered,
}

impl News {
    /// The word in the database and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Delayed => "delayed",
            Self::Displayed => "displayed",
            Self::Away => "away",
            Self::Answered => "answered",
        }
    }

    /// The news of a [`News::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Delayed, Self::Displayed, Self::Away, Self::Answered].into_iter().find(|news| news.word() == word)
    }
}

/// A file of a reply, without its octets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentFile {
    /// From 0.
    pub index: u32,
    /// Safe as a file's name.
    pub filename: String,
    /// `type/subtype`.
    pub media_type: String,
    /// Octets.
    pub size: u64,
}

/// An outbox item's life: Waiting → Sending → Sent | Failed | Unsure. Sending may go back to Waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutboxState {
    /// Due at a time, or held by an admin.
    Waiting,
    /// Claimed by a gateway, until its lease ends.
    Sending,
    /// The office's server took it.
    Sent,
    /// Given up; citizen and admin are shown why.
    Failed,
    /// The connection was lost after the final dot: it may have arrived. Tried again with the same Message-ID.
    Unsure,
}

impl OutboxState {
    /// The word in the database and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unsure => "unsure",
        }
    }

    /// The state of an [`OutboxState::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Sending, Self::Sent, Self::Failed, Self::Unsure].into_iter().find(|s| s.word() == word)
    }
}

/// An outbox item that this gateway has claimed, with all that is needed to send it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its id.
    pub id: OutboxId,
    /// Rises with each claim: a gateway whose lease has ended cannot write over a newer one's result.
    pub fence: i64,
    /// How many attempts have ended before this one.
    pub attempts: u32,
    /// When it was queued: the Date of the message, and the age for the schedule.
    pub queued: Timestamp,
    /// Without brackets; the same at every repeat.
    pub message_id: String,
    /// RCPT's argument.
    pub to: Mailbox,
    /// What is sent.
    pub what: Outgoing,
}

/// What leaves by the outbox.
#[derive(Debug, Clone)]
pub enum Outgoing {
    /// A citizen's reply.
    Reply(Box<OutgoingReply>),
    /// "Something has come": never subject or content.
    Notice {
        /// Of the text.
        language: Language,
        /// Whose message came: the office's name in that language.
        office: String,
    },
}

/// A reply with what compose needs.
#[derive(Debug, Clone)]
pub struct OutgoingReply {
    /// What the citizen wrote.
    pub reply: CitizenReply,
    /// The thread.
    pub conversation: ConversationId,
    /// The office that is answered.
    pub office: OfficeId,
    /// Who wrote.
    pub account: AccountId,
    /// The citizen's name, for From.
    pub citizen_name: String,
    /// Of the record that is answered, as shown.
    pub subject: String,
    /// The office's reference for the case.
    pub case_reference: Option<String>,
    /// Message-ID of the record that is answered, without brackets.
    pub in_reply_to: Option<String>,
    /// Its References and itself, oldest first, without brackets.
    pub references: Vec<String>,
}

/// An outbox item as admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxItem {
    /// Its id.
    pub id: OutboxId,
    /// `reply` or `notice`.
    pub purpose: &'static str,
    /// Its life.
    pub state: OutboxState,
    /// Set by an admin: not tried until released.
    pub held: bool,
    /// How many attempts have ended.
    pub attempts: u32,
    /// When it was queued.
    #[serde(serialize_with = "as_rfc3339")]
    pub queued: Timestamp,
    /// When it is tried next.
    #[serde(serialize_with = "as_rfc3339_option")]
    pub next_attempt: Option<Timestamp>,
    /// What the last attempt came to, for an admin; no address or content.
    pub last: Option<String>,
    /// The domain that it goes to.
    pub domain: String,
    /// Message-ID, without brackets.
    pub message_id: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn as_rfc3339<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[allow(clippy::ref_option)] // serde's signature
fn as_rfc3339_option<S: serde::Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

/// A message ready for the wire.
#[derive(Debug, Clone)]
pub struct Composed {
    /// MAIL's argument: the signed return path.
    pub reverse_path: ReversePath,
    /// RCPT's argument.
    pub to: Mailbox,
    /// Whole message with CRLF.
    pub bytes: bytes::Bytes,
}
