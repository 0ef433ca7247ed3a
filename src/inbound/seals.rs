//! Sealed messages at the door: what opens them, whose word for a signature is taken, and what is refused.

use jiff::Timestamp;

use super::proof::Proof;
use crate::domain::envelope::Sender;
use crate::domain::office::CertificateRule;
use crate::domain::record::Person;
use crate::domain::seal::{Encryption, Seals, Shut, Signature};
use crate::domain::status::{Class, Refusal};
use crate::intake::Opened;
use crate::smime::{self, Evidence, Keyring, Roots, Trust};

/// `[smime]`: keys of ours, and roots.
#[derive(Debug, Clone, Default)]
pub struct Sealing {
    /// What opens.
    pub keyring: Keyring,
    /// Who vouches.
    pub roots: Roots,
}

/// What was found at the opening, before it is known whose message it is.
#[derive(Debug, Default)]
pub(super) struct Found {
    seals: Seals,
    encryptions: Vec<Encryption>,
    evidence: Option<Evidence>,
}

impl Found {
    pub(super) fn of(opened: &Opened<'_>, evidence: Option<Evidence>) -> Self {
        Self { seals: opened.seals(None), encryptions: opened.encryptions().cloned().collect(), evidence }
    }
}

/// The refusal of what stays shut. Of the reasons the sender is told one alone: each would say something of our keys.
pub(super) fn refusal(shut: Shut) -> Refusal {
    let class = match shut {
        Shut::Undecryptable | Shut::Unsupported => Class::Undecryptable,
        Shut::TooLarge => Class::TooComplex,
        Shut::OpenPgp => Class::OpenPgp,
    };
    Refusal::new(class, format!("a part is sealed: {}", shut.word()))
}

impl Sealing {
    /// The verdict on the signature, with what is to be kept of the opening; adds words to the event's.
    ///
    /// # Errors
    /// [`Class::Undecryptable`] where the key that opened it is another office's.
    pub(super) fn judge(
        &self,
        found: Found,
        proof: &mut Proof,
        from: &Person,
        at: Timestamp,
    ) -> Result<Seals, Refusal> {
        let office = match &proof.sender {
            Sender::Office(trusted) => Some(trusted.office()),
            Sender::Claimed(_) | Sender::Stranger => None,
        };
        let foreign = |encryption: &Encryption| {
            encryption.office.as_ref().is_some_and(|only| office.is_none_or(|office| office.id != *only))
        };
        if found.encryptions.iter().any(foreign) {
            return Err(Refusal::new(Class::Undecryptable, "it is encrypted to the certificate of another office"));
        }
        let pinned: Vec<[u8; 32]> =
            office.into_iter().flat_map(|office| &office.signing_certificates).filter_map(pin).collect();
        let trust = Trust { roots: &self.roots, pinned: &pinned, at, author: &from.address };
        let signature: Option<Signature> = found.evidence.map(|evidence| smime::judge(&evidence, &trust));
        let mut note = |words: String| {
            let gap = if proof.words.is_empty() { "" } else { " " };
            proof.words = format!("{}{gap}{words}", proof.words);
        };
        if let Some(encryption) = found.encryptions.first() {
            note(format!("encryption={}", encryption.cipher));
        }
        if let Some(signature) = &signature {
            note(format!("signature={}", signature.state.word()));
        }
        Ok(Seals { signature, ..found.seals })
    }
}

fn pin(rule: &CertificateRule) -> Option<[u8; 32]> {
    match rule {
        CertificateRule::Sha256(hash, _) => Some(*hash),
        CertificateRule::Name(_) => None,
    }
}
