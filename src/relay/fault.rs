//! What can go wrong on the way to one host, and what it means for the message.

use std::fmt;

use crate::domain::outcome::Outcome;
use crate::domain::status::Status;
use crate::relay::answer::{self, Struck};
use crate::smtp::reply::ServerReply;

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Connect,
    Greeting,
    Hello,
    StartTls,
    Handshake,
    /// MAIL, or a RSET before it.
    Mail,
    Recipient,
    /// DATA's 354, and the octets until the last.
    Data,
    /// The answer to the whole message.
    Message,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Greeting => "greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Handshake => "TLS handshake",
            Self::Mail => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
            Self::Message => "end of message",
        })
    }
}

/// Why a message did not go over a connection.
#[derive(Debug)]
pub(super) enum Fault {
    /// Nothing more came: closed, reset, timed out, TLS failed.
    Lost { phase: Phase, cause: String },
    /// The same, or an answer that cannot be read, when the server may already have the whole message.
    Unsure { cause: String },
    /// An answer other than the one wanted.
    Answered { phase: Phase, answer: ServerReply },
    /// Not SMTP, or against its rules.
    Broken { phase: Phase, cause: String },
    /// What the host offers does not meet the rule for its TLS.
    Tls { cause: &'static str },
    /// What the host offers does not do for this message: it will not take it.
    Unfit { status: Status, cause: String },
}

impl Fault {
    /// Whether a reused connection had died, or the server had enough of it (some count messages), before it knew of
    /// this message: a new one may do better.
    pub(super) fn is_stale_connection(&self) -> bool {
        match self {
            Self::Lost { phase, .. } => *phase == Phase::Mail,
            Self::Answered { phase, answer } => *phase == Phase::Mail && answer.is_transient(),
            _ => false,
        }
    }

    /// What it means for the message. `host` says whom we spoke to.
    pub(super) fn outcome(&self, host: &str, struck: &Struck) -> Outcome {
        match self {
            Self::Lost { phase, cause } | Self::Broken { phase, cause } => {
                Outcome::Deferred { status: None, detail: format!("{host}, {phase}: {cause}") }
            }
            Self::Unsure { cause } => Outcome::Unsure { detail: format!("{host}, {}: {cause}", Phase::Message) },
            Self::Tls { cause } => Outcome::Deferred { status: None, detail: format!("{host}, TLS: {cause}") },
            Self::Unfit { status, cause } => {
                Outcome::Rejected { status: *status, detail: format!("{host}: {cause}, so nothing was sent") }
            }
            Self::Answered { phase, answer } => {
                let (status, detail) = (answer::status(answer), answer::detail(host, *phase, answer, struck));
                // A host that turns us away before MAIL (RFC 5321 §3.1) has not looked at the address: that may pass.
                let of_message = matches!(phase, Phase::Mail | Phase::Recipient | Phase::Data | Phase::Message);
                if answer.code >= 500 && of_message {
                    Outcome::Rejected { status, detail }
                } else {
                    Outcome::Deferred { status: Some(status), detail }
                }
            }
        }
    }
}
