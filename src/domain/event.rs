//! What became of each message: one event for each turn in its fate.

use jiff::Timestamp;
use serde::Serialize;

/// A turn in a message's fate. Its detail holds ids, codes and hosts; no address, identity code, subject or content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Which gateway wrote it.
    pub node: String,
    /// From 1, without gaps, per gateway.
    pub number: i64,
    /// When.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// The id of what it happened to: an arrival, a record, a reply, an outbox item.
    pub subject: String,
    /// A [`What`]'s word.
    pub what: String,
    /// More, in `key=value` words.
    pub detail: String,
    /// Hex of SHA-256 over the event before it and this one: a chain that shows what was taken out or changed.
    pub hash: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn as_text<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// The turns there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A message was refused: detail has the class and the cause.
    Refused,
    /// Messages were refused that are too many to be told one by one: detail has how many of each class, and from where.
    RefusedMore,
    /// A record was kept.
    Kept,
    /// The same message came again; the first receipt was given.
    Repeated,
    /// The citizen opened the record.
    Read,
    /// A reply or notice was queued.
    Queued,
    /// An attempt ended with yes.
    Sent,
    /// An attempt ended without yes; another follows.
    Deferred,
    /// Given up, or refused by the office's server.
    Failed,
    /// The connection was lost after the final dot.
    Unsure,
    /// A delivery report came.
    Reported,
    /// An office's client certificate ends soon, or has ended.
    Ending,
    /// An admin did something: detail has what.
    Admin,
}

impl What {
    /// The word that is kept.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::RefusedMore => "refused-more",
            Self::Kept => "kept",
            Self::Repeated => "repeated",
            Self::Read => "read",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
            Self::Unsure => "unsure",
            Self::Reported => "reported",
            Self::Ending => "ending",
            Self::Admin => "admin",
        }
    }
}
