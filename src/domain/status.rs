//! What is wrong with a message, as one value from which both codes of the SMTP answer follow (RFC 5321 §4.2,
//! RFC 3463, RFC 5248, RFC 7372). Code and enhanced code cannot come apart: nobody writes them side by side but here.

use super::address::{ForwardPath, ReversePath};
use super::ids::OfficeId;
use super::language::Language;
use super::tags::{self, Said};

/// A basic reply code with its enhanced code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// 2xx, 4xx or 5xx.
    pub code: u16,
    /// class.subject.detail; the class is the code's first digit.
    pub enhanced: (u8, u8, u8),
}

/// Why something is refused. The list is the one of the outer contract, then what the protocol itself asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// A proven office wrote to an address that does not exist.
    NoSuchMailbox,
    /// The account is closed, or the citizen has not consented: to be sent on paper.
    AccountNotInUse,
    /// An opaque address whose check characters do not fit, or an identity code whose check character does not.
    CheckCharacters,
    /// Said to whoever is not a proven office, whoever the recipient and whether or not it exists.
    NotAnOffice,
    /// The office may only write over TLS.
    TlsNeeded,
    /// The From field names nobody, several, or somebody who is not of the office.
    AuthorNotOfOffice,
    /// SPF says that the peer may not send for the office (RFC 7372 §3.2), and nothing else proves it.
    Spf,
    /// The office's signature is missing or does not hold (RFC 7372 §3.1).
    Dkim,
    /// DMARC does not pass for From (RFC 7489 §6.7).
    Dmarc,
    /// A signed message from somewhere else, to somebody whom it does not name: anybody may have sent it on.
    Replay,
    /// DNS does not say what a proof needs: not a no, nor a yes.
    Dns,
    /// This listener takes mail only after a login (RFC 4954 §6).
    LoginNeeded,
    /// Wrong name or password, or a password that has ended: the same answer for all (RFC 4954 §6).
    LoginFailed,
    /// Too many of those from one place: nothing is looked at for a while (RFC 4954 §6).
    TooManyLogins,
    /// The office has switched replies off, or the conversation is not the sender's.
    NotYourConversation,
    /// The scanner found something in this part.
    Malware {
        /// The part's file name, as shown.
        part: String,
    },
    /// The policy does not want this part, or what is in it.
    Attachment {
        /// What it is.
        why: Unwanted,
        /// The part's file name, as shown.
        part: String,
        /// The name of the file in it, where the part is an archive.
        entry: Option<String>,
    },
    /// A part that is too large for the scanner.
    NotScanned {
        /// The part's file name, as shown.
        part: String,
        /// In octets, decoded.
        size: u64,
        /// In octets; `None` where it holds more, once unpacked, than the scanner looks at.
        limit: Option<u64>,
    },
    /// Larger than the limit.
    TooLarge {
        /// In octets; `None` where only the limit was reached.
        size: Option<u64>,
        /// In octets.
        limit: u64,
    },
    /// More recipients than one message may have.
    TooManyRecipients,
    /// A lone CR or LF in the body, or a NUL where none may stand.
    LineEnds,
    /// More parts, or deeper nesting, than we read.
    TooComplex,
    /// Encrypted (S/MIME) to a certificate that is not ours, or in a way that we cannot open.
    Undecryptable,
    /// Encrypted with OpenPGP, of which we have no keys.
    OpenPgp,
    /// A due date that cannot be taken.
    DueDate {
        /// What stands in its place.
        read: String,
        /// What is wrong with it.
        fault: DueFault,
    },
    /// Two tags that cannot both hold.
    TagsConflict {
        /// The one.
        first: Said,
        /// The other.
        second: Said,
    },
    /// A subject that names two citizens.
    CitizensConflict,
    /// A delivery report, a receipt or an automatic answer, to a citizen.
    AutomaticMail,
    /// A service address without a word on which citizen is meant.
    CitizenNotNamed,
    /// No space left, here or in the database.
    StorageFull,
    /// The database, the scanner or the resolver does not answer.
    Unavailable,
    /// Over a limit of rate.
    TooFast,
    /// The message has been here before.
    Loop,
    /// The gateway is being stopped.
    ShuttingDown,
    /// As many connections are open as may be, in all or of this peer.
    TooManyConnections,
    /// As many connections are open, or were opened in the last minute, as one network may have.
    TooManyOfNetwork,
}

/// What is wrong with a due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueFault {
    /// It is no date, or could be two.
    Unreadable,
    /// It is over.
    Past,
    /// It lies too far ahead to be meant: [`tags::YEARS_AHEAD`].
    Far,
    /// It stands with something that is no request.
    NoRequest,
}

impl From<&tags::Fault> for Class {
    fn from(fault: &tags::Fault) -> Self {
        match fault {
            tags::Fault::DueUnreadable(read) => Self::DueDate { read: read.clone(), fault: DueFault::Unreadable },
            tags::Fault::DueOfOther(_, read) => Self::DueDate { read: read.clone(), fault: DueFault::NoRequest },
            tags::Fault::Conflict(first, second) => Self::TagsConflict { first: first.clone(), second: second.clone() },
            tags::Fault::Citizens => Self::CitizensConflict,
        }
    }
}

/// Why an attachment is not wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwanted {
    /// A program, a script, or what starts or installs one.
    Executable,
    /// An office file with macros.
    Macros,
    /// An archive or a document under a password: nobody can look into it.
    Encrypted,
    /// An archive whose list is damaged, or of a format that is not read.
    Unreadable,
}

impl Class {
    /// Both codes.
    #[must_use]
    pub fn status(&self) -> Status {
        let (code, subject, detail) = match self {
            Self::NoSuchMailbox => (550, 1, 1),
            Self::AccountNotInUse => (550, 2, 1),
            Self::CheckCharacters => (550, 1, 3),
            Self::NotAnOffice | Self::AuthorNotOfOffice | Self::NotYourConversation | Self::Replay => (550, 7, 1),
            Self::Spf => (550, 7, 23),
            Self::Dkim => (550, 7, 20),
            Self::Dmarc => (550, 7, 26),
            Self::Dns => (451, 4, 3),
            Self::TlsNeeded | Self::LoginNeeded => (530, 7, 0),
            Self::LoginFailed => (535, 7, 8),
            Self::Malware { .. } | Self::Attachment { .. } => (554, 7, 1),
            Self::TooLarge { .. } | Self::NotScanned { .. } => (552, 3, 4),
            Self::TooManyRecipients => (452, 5, 3),
            Self::LineEnds | Self::TooComplex => (554, 6, 0),
            Self::Undecryptable => (554, 7, 5),
            Self::OpenPgp => (554, 7, 4),
            Self::DueDate { .. } | Self::TagsConflict { .. } | Self::CitizensConflict | Self::AutomaticMail => {
                (554, 6, 1)
            }
            Self::CitizenNotNamed => (550, 1, 6),
            Self::StorageFull => (452, 3, 1),
            Self::Unavailable => (451, 3, 0),
            Self::TooFast => (450, 7, 0),
            Self::Loop => (554, 4, 6),
            Self::ShuttingDown | Self::TooManyConnections => (421, 3, 2),
            Self::TooManyOfNetwork | Self::TooManyLogins => (421, 7, 0),
        };
        let class = if code < 500 { 4 } else { 5 };
        Status { code, enhanced: (class, subject, detail) }
    }

    /// The name under which the sentence stands in the translation files, and the cause in metrics and events.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoSuchMailbox => "no-such-mailbox",
            Self::AccountNotInUse => "account-not-in-use",
            Self::CheckCharacters => "check-characters",
            Self::NotAnOffice => "not-an-office",
            Self::TlsNeeded => "tls-needed",
            Self::AuthorNotOfOffice => "author-not-of-office",
            Self::Spf => "spf",
            Self::Dkim => "dkim",
            Self::Dmarc => "dmarc",
            Self::Replay => "replay",
            Self::Dns => "dns",
            Self::LoginNeeded => "login-needed",
            Self::LoginFailed => "login-failed",
            Self::TooManyLogins => "too-many-logins",
            Self::NotYourConversation => "not-your-conversation",
            Self::Malware { .. } => "malware",
            Self::Attachment { why: Unwanted::Executable, .. } => "executable",
            Self::Attachment { why: Unwanted::Macros, .. } => "macros",
            Self::Attachment { why: Unwanted::Encrypted, .. } => "encrypted-archive",
            Self::Attachment { why: Unwanted::Unreadable, .. } => "unreadable-archive",
            Self::NotScanned { .. } => "not-scanned",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyRecipients => "too-many-recipients",
            Self::LineEnds => "line-ends",
            Self::TooComplex => "too-complex",
            Self::Undecryptable => "undecryptable",
            Self::OpenPgp => "openpgp",
            Self::DueDate { fault: DueFault::Unreadable, .. } => "due-date",
            Self::DueDate { fault: DueFault::Past, .. } => "due-date-past",
            Self::DueDate { fault: DueFault::Far, .. } => "due-date-far",
            Self::DueDate { fault: DueFault::NoRequest, .. } => "due-date-no-request",
            Self::TagsConflict { .. } => "tags-conflict",
            Self::CitizensConflict => "citizens-conflict",
            Self::AutomaticMail => "automatic-mail",
            Self::CitizenNotNamed => "citizen-not-named",
            Self::StorageFull => "storage-full",
            Self::Unavailable => "unavailable",
            Self::TooFast => "too-fast",
            Self::Loop => "loop",
            Self::ShuttingDown => "shutting-down",
            Self::TooManyConnections => "too-many-connections",
            Self::TooManyOfNetwork => "too-many-of-network",
        }
    }

    /// Whether the same message may be taken later: the fault is ours, or passes.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.status().code < 500
    }
}

/// A refusal, made where the fact is known. The class is for the peer, in the language of the office; the cause is for
/// the admin's log and events, never reaches a peer, and holds no address, identity code or content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the peer is told.
    pub class: Class,
    /// In which language, before English.
    pub language: Language,
    /// What the admin is told.
    pub cause: String,
}

impl Refusal {
    /// A refusal in English; see [`Refusal::in_language`].
    #[must_use]
    pub fn new(class: Class, cause: impl Into<String>) -> Self {
        Self { class, language: Language::En, cause: cause.into() }
    }

    /// The same, to be worded in this language first.
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }
}

/// What a refusal was said to: for its event, which names addresses by their keyed hashes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// `connect`, `login`, `mail`, `rcpt`, `body`; `session` for whatever else.
    pub step: &'static str,
    /// The sender, where an office was proved.
    pub office: Option<OfficeId>,
    /// MAIL's argument.
    pub from: Option<ReversePath>,
    /// RCPT's argument; of a whole message the first.
    pub to: Option<ForwardPath>,
}

impl Default for Occasion {
    fn default() -> Self {
        Self { step: "session", office: None, from: None, to: None }
    }
}
