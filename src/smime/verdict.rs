//! What a signature that holds is worth: who vouches for the certificate, at the time of arrival, and whether it is the
//! author's.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use super::certificate::{Certificate, name_of};
use super::signed::{Evidence, Signer};
use super::{oid, pem};
use crate::domain::seal::{Signature, SignatureProblem as Problem, SignatureState as State, Voucher};

/// Authorities whose word for a signer is taken.
#[derive(Clone, Default)]
pub struct Roots(Arc<[TrustAnchor<'static>]>);

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.0.len())
    }
}

impl Roots {
    /// The certificates of a PEM file. `None`: one of them is none that can vouch, or there is none.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let ders = pem::certificates(text);
        let anchor = |der: &Vec<u8>| {
            let der = CertificateDer::from(der.as_slice());
            anchor_from_trusted_cert(&der).ok().map(|anchor| anchor.to_owned())
        };
        let anchors: Vec<_> = ders.iter().map(anchor).collect::<Option<_>>()?;
        (!anchors.is_empty()).then(|| Self(anchors.into()))
    }
}

/// By what a signature is judged.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    /// Whose word is taken.
    pub roots: &'a Roots,
    /// SHA-256 of the office's own certificates.
    pub pinned: &'a [[u8; 32]],
    /// When the message came.
    pub at: Timestamp,
    /// The address in From.
    pub author: &'a str,
}

/// The verdict. Of several signers the best speaks; but where one does not hold, none does.
#[must_use]
pub fn judge(evidence: &Evidence, trust: &Trust<'_>) -> Signature {
    if evidence.openpgp {
        return Signature::plain(State::OpenpgpUnchecked, Vec::new());
    }
    let mut verdicts: Vec<Signature> =
        evidence.signers.iter().map(|signer| of_signer(signer, &evidence.certificates, trust)).collect();
    verdicts.sort_by_key(|verdict| verdict.state);
    let invalid = verdicts.iter().position(|verdict| verdict.state == State::Invalid);
    let mut verdict = match invalid {
        Some(at) => verdicts.swap_remove(at),
        None if verdicts.is_empty() => Signature::plain(State::Unreadable, vec![Problem::Malformed]),
        None => verdicts.swap_remove(0),
    };
    if !evidence.whole && matches!(verdict.state, State::Valid | State::ValidUnknownSigner) {
        verdict.state = State::Partial;
    }
    verdict
}

fn of_signer(signer: &Signer, beside: &[Vec<u8>], trust: &Trust<'_>) -> Signature {
    let certificate = signer.certificate.as_deref().and_then(|der| Certificate::read(der).ok());
    let mut verdict = Signature {
        signer: certificate.as_ref().map(Certificate::person),
        signed: signer.signed,
        certificate: certificate.as_ref().map(|certificate| hex(&certificate.sha256())),
        ..Signature::plain(State::Unreadable, Vec::new())
    };
    let (certificate, weak) = match (&signer.found, &certificate) {
        (Ok(weak), Some(certificate)) => (certificate, weak),
        (Err(problem), _) => {
            verdict.problems.push(*problem);
            if matches!(problem, Problem::ContentChanged | Problem::SignatureWrong) {
                verdict.state = State::Invalid;
            }
            return verdict;
        }
        (Ok(_), None) => {
            verdict.problems.push(Problem::Malformed);
            return verdict;
        }
    };
    verdict.problems.clone_from(weak);
    if !certificate.may_sign() {
        verdict.problems.push(Problem::WrongUse);
    }
    if trust.pinned.contains(&certificate.sha256()) {
        verdict.vouched = Some(Voucher::Office);
        if !certificate.holds_at(trust.at) {
            verdict.problems.push(Problem::NotOfToday);
        }
    } else {
        match chain(certificate.der, beside, trust) {
            Ok(root) => verdict.vouched = Some(Voucher::Root(root)),
            Err(problem) => verdict.problems.push(problem),
        }
        if !certificate.is_for(trust.author) {
            verdict.problems.push(Problem::OtherAddress);
        }
    }
    verdict.problems.dedup();
    verdict.state = if verdict.problems.is_empty() { State::Valid } else { State::ValidUnknownSigner };
    verdict
}

/// The name of the root to which the chain leads (RFC 5280 §6). Its search is bounded by itself.
fn chain(signer: &[u8], beside: &[Vec<u8>], trust: &Trust<'_>) -> Result<String, Problem> {
    let signer = CertificateDer::from(signer);
    let end = EndEntityCert::try_from(&signer).map_err(|_| Problem::UnknownIssuer)?;
    let beside: Vec<CertificateDer<'_>> = beside.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let seconds = u64::try_from(trust.at.as_second()).unwrap_or(0);
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let usage = KeyUsage::required_if_present(oid::EMAIL_PROTECTION);
    match end.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &trust.roots.0, &beside, at, usage, None, None) {
        Ok(path) => Ok(name_of(path.anchor().subject.as_ref()).unwrap_or_default()),
        Err(Error::CertExpired { .. } | Error::CertNotValidYet { .. }) => Err(Problem::NotOfToday),
        Err(Error::RequiredEkuNotFoundContext(_)) => Err(Problem::WrongUse),
        Err(_) => Err(Problem::UnknownIssuer),
    }
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
