//! What the door of the store takes, and what it gives.

use std::path::PathBuf;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;

use super::address::ReversePath;
use super::envelope::{Route, Sender};
use super::ids::{ArrivalId, OutboxId, RecordId};
use super::office::Peer;
use super::record::{Classification, Kind, Person};
use super::seal::Seals;
use super::status::Status;

/// A whole message on its way into the store, with its proofs.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The queue id.
    pub id: ArrivalId,
    /// When the final dot came.
    pub received: Timestamp,
    /// MAIL's argument: part of what makes two messages the same.
    pub reverse_path: ReversePath,
    /// Who that is.
    pub sender: Sender,
    /// The connection, for the trace.
    pub peer: Peer,
    /// The octets.
    pub raw: Raw,
    /// SHA-256 of the octets.
    pub sha256: [u8; 32],
    /// Of a message that nothing but a signature proves, the signature's fingerprint. It stands for sender and octets
    /// where messages are compared: whoever carries such a message can change the rest.
    pub signature: Option<[u8; 32]>,
    /// Fingerprints of all signatures that hold, however the message was proved: by any of them it is known again when
    /// it comes with nothing but a signature.
    pub signatures: Vec<[u8; 32]>,
    /// The fields that we add on top, Received and Authentication-Results, each with its CRLF. Kept beside the octets.
    pub trace: String,
    /// Each proof that was asked, with its result and reason, in `key=value` words for the event.
    pub proofs: String,
    /// What opened it, if it was sealed, and what its signature is worth.
    pub seals: Seals,
    /// What the mailbox's list shows.
    pub summary: Summary,
    /// Where it goes: one or more.
    pub placements: Vec<Placement>,
}

/// The octets, exactly as received, without the dots that SMTP adds.
#[derive(Debug, Clone)]
pub enum Raw {
    /// Small: they go into the database with the row.
    Memory(Bytes),
    /// Large: a file that the store takes over (renames, syncs) or leaves to its owner to remove.
    File {
        /// In the spool folder, on the file system of the blob folder.
        path: PathBuf,
        /// Octets.
        size: u64,
    },
}

impl Raw {
    /// Octets.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

/// The part of the content that lists and threads need, kept in columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Without tags.
    pub subject: String,
    /// The one author, as proved.
    pub from: Person,
    /// Date.
    pub date: Option<Timestamp>,
    /// Without brackets.
    pub message_id: Option<String>,
    /// In-Reply-To, then References from the newest: where to look for the thread, without brackets, at most 50.
    pub answers: Vec<String>,
    /// How many attachments.
    pub attachments: u32,
    /// Whether a machine wrote it.
    pub classification: Classification,
}

/// One place for a message.
#[derive(Debug, Clone)]
pub enum Placement {
    /// A record in a mailbox: a citizen's, or the postmaster's.
    Record(Box<NewRecord>),
    /// A report on an outbox item.
    Report {
        /// Which one, as its signed return path says.
        outbox: OutboxId,
        /// What the report says of it.
        finding: Finding,
    },
}

/// A record to be made.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// Its id.
    pub id: RecordId,
    /// Where to.
    pub route: Route,
    /// The keyed hash of RCPT's argument: the one recipient whom this citizen is shown.
    pub addressed: String,
    /// Whether the citizen is told by e-mail that it has come.
    pub notify: bool,
    /// What it asks.
    pub kind: Kind,
    /// Until when.
    pub due: Option<Date>,
    /// Whether the citizen may answer.
    pub reply_allowed: bool,
    /// The office's reference.
    pub case_reference: Option<String>,
}

/// What came back of our message: what a delivery report says of it (RFC 3464 §2.3.3), or a machine's answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// `Action: failed`.
    Failed {
        /// Of the Status and Diagnostic-Code fields, as far as they say; 5.0.0 else. What the citizen is told follows.
        status: Status,
        /// The Status and Diagnostic-Code fields, without addresses.
        detail: String,
    },
    /// `Action: delayed`.
    Delayed {
        /// As above.
        detail: String,
    },
    /// `Action: delivered`, `relayed` or `expanded`.
    Delivered,
    /// A receipt of the reader's program (RFC 8098).
    Receipt {
        /// `displayed`, `deleted`, ….
        disposition: &'static str,
    },
    /// The reader is away, says an automatic answer.
    Away,
    /// Another automatic answer.
    Answered,
    /// Nothing that can be read: kept as an event for the admins.
    Unreadable,
}

/// Proof that a message is durable: the 250 after a body cannot be written without one. Only the store makes one,
/// after its commit. (`tests/rooms.rs` holds that no other room names [`Receipt::issued`].)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    arrival: ArrivalId,
    repeated: bool,
}

impl Receipt {
    /// States that the arrival is committed. For `store` alone.
    #[must_use]
    pub fn issued(arrival: ArrivalId, repeated: bool) -> Self {
        Self { arrival, repeated }
    }

    /// The queue id; for a message that came again, the first one's.
    #[must_use]
    pub fn arrival(&self) -> ArrivalId {
        self.arrival
    }

    /// Whether the message had been kept before.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.repeated
    }
}
