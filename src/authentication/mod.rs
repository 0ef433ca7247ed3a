//! What DNS and signatures say of a message: SPF, DKIM, DMARC, ARC. Finds facts and judges nothing: which of them prove
//! an office, `trust` decides.
//!
//! Promises: no check takes longer than its limit of time and of queries; trouble with DNS is a
//! [`Verdict::TempError`], never a pass and never a final no; nothing that a message says can stop the program.
//! Leaves out: the rules of offices, and whatever is told to the sender.

pub mod results;

use bytes::Bytes;

use crate::domain::address::{Domain, ReversePath};
use crate::domain::authentication::{Authentication, Spf, SpfIdentity, Verdict};
use crate::domain::office::Peer;

/// How much depends on the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Whether the message is taken: DNS is given all of its time.
    Proof,
    /// Only what the admin reads afterwards: DNS that does not answer at once is not waited for.
    Evidence,
}

/// Asks DNS about senders. Clones share one cache.
#[derive(Debug, Clone, Default)]
pub struct Authenticator {}

impl Authenticator {
    /// Whether the peer may send for the domain of MAIL FROM; for the null path, for EHLO's name (RFC 7208 §2.4).
    pub async fn spf(&self, peer: &Peer, path: &ReversePath, _need: Need) -> Spf {
        let (domain, identity) = match path {
            ReversePath::Mailbox(mailbox) => (Some(mailbox.domain.clone()), SpfIdentity::MailFrom),
            ReversePath::Null => (Domain::parse(&peer.helo).ok(), SpfIdentity::Helo),
        };
        Spf { verdict: Verdict::None, identity, domain, reason: "not asked".to_owned() }
    }

    /// Everything about the message. `spf` is the answer to [`Authenticator::spf`].
    pub async fn message(&self, _message: Bytes, spf: Spf, _need: Need) -> Authentication {
        Authentication { spf: Some(spf), ..Authentication::default() }
    }
}
