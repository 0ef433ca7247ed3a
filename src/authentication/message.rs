//! DKIM (RFC 6376, RFC 8463), DMARC (RFC 9989) and ARC (RFC 8617) of one message, with what DNS has said so far.

use jiff::Timestamp;
use mail_auth::crypto::{Algorithm, CryptoError};
use mail_auth::dkim::{self, DkimError, VerifySignature};
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, DnsError, Error, MessageAuthenticator, Parameters,
    SpfOutput, SpfResult,
};

use super::at_once;
use super::dns::{Kind, Question};
use super::known::{Known, Reading};
use crate::domain::address::Domain;
use crate::domain::authentication::{Authentication, Dmarc, Signature, Spf, Verdict};

/// Signatures that are looked at; honest mail has two or three.
const SIGNATURES: usize = 8;
/// Seals that are looked at. ARC allows fifty, and is no more than a hint here.
const SEALS: usize = 10;
/// Octets of the shortest RSA signature that counts, as long as its key (RFC 8301 §3.2: 1024 bits).
const SHORTEST_RSA: usize = 128;
/// Labels at the end of a name among which DMARC looks for its organisation (RFC 9989 §4.10).
const WALK: usize = 7;

/// Everything, or the questions whose answers it lacks.
pub(super) enum Step {
    Ask(Vec<Question>),
    Done(Authentication),
}

/// What the header alone says: whom DNS must be asked about. The body is not hashed for it.
pub(super) struct Outline {
    questions: Vec<Question>,
    signed: bool,
}

impl Outline {
    pub fn of(message: &[u8]) -> Self {
        let end = memchr::memmem::find(message, b"\r\n\r\n").map_or(message.len(), |at| at + 4);
        let Some(header) = message.get(..end).and_then(AuthenticatedMessage::parse) else {
            return Self { questions: Vec::new(), signed: false };
        };
        let signatures = header.dkim_signatures();
        let mut questions: Vec<_> =
            signatures.iter().take(SIGNATURES).map(|s| Question::new(Kind::Txt, &s.header.domain_key())).collect();
        let seals = header.arc_seals();
        if seals.len() <= SEALS {
            questions.extend(seals.iter().map(|seal| Question::new(Kind::Txt, &seal.header.domain_key())));
            let last = header.arc_message_signatures().iter().max_by_key(|signature| signature.header.i);
            questions.extend(last.map(|last| Question::new(Kind::Txt, &last.header.domain_key())));
        }
        if let Some(domain) = From::of(&header).domain() {
            questions.extend(walk(&domain));
        }
        questions.dedup();
        Self { questions, signed: !signatures.is_empty() || !seals.is_empty() }
    }

    pub fn questions(&self) -> Vec<Question> {
        self.questions.clone()
    }

    /// Whether the body must be hashed.
    pub fn is_signed(&self) -> bool {
        self.signed
    }
}

/// The names that DMARC looks at: the domain, and those above it.
fn walk(domain: &Domain) -> Vec<Question> {
    let labels: Vec<&str> = domain.wire().split('.').collect();
    let above = labels.len().min(WALK + 1);
    let mut starts: Vec<usize> = (labels.len() - above..labels.len()).collect();
    if labels.len() > above {
        starts.remove(0);
        starts.insert(0, 0);
    }
    let name = |start: usize| Question::new(Kind::Txt, &format!("_dmarc.{}", labels[start..].join(".")));
    starts.into_iter().map(name).collect()
}

/// Who the message says to be from.
struct From {
    /// From fields.
    fields: usize,
    /// The domains of their addresses, each once; those that can be none are left out.
    domains: Vec<Domain>,
}

impl From {
    fn of(message: &AuthenticatedMessage<'_>) -> Self {
        let is_from = |name: &[u8]| name.trim_ascii().eq_ignore_ascii_case(b"from");
        let fields = message.headers().iter().filter(|(name, _)| is_from(name)).count();
        let mut domains = Vec::new();
        for address in message.from_addresses() {
            let domain = address.rsplit_once('@').and_then(|(_, domain)| Domain::parse(domain).ok());
            domains.extend(domain.filter(|domain| !domains.contains(domain)));
        }
        Self { fields, domains }
    }

    /// The one that DMARC is asked about.
    fn domain(&self) -> Option<Domain> {
        match self.domains.as_slice() {
            [domain] if self.fields == 1 && !domain.is_literal() => Some(domain.clone()),
            _ => None,
        }
    }
}

/// Looks at everything with what is known.
pub(super) fn step(authenticator: &MessageAuthenticator, known: &Known, bytes: &[u8], spf: Spf) -> Step {
    let Some(mut message) = AuthenticatedMessage::parse(bytes) else {
        return Step::Done(Authentication { spf: Some(spf), ..Authentication::default() });
    };
    let mut looked_at = 0;
    message.retain_dkim_signatures(|_| {
        looked_at += 1;
        if looked_at > SIGNATURES { Err(DkimError::UnsupportedAlgorithm) } else { Ok(()) }
    });
    known.begin();
    let keys = known.as_cache(Reading::Keys);
    let outputs = at_once(authenticator.verify_dkim(Parameters::new(&message).with_cache(&keys))).unwrap_or_default();
    let arc = if (1..=SEALS).contains(&message.arc_seals().len()) {
        at_once(authenticator.verify_arc(Parameters::new(&message).with_cache(&keys)))
            .map_or(Verdict::TempError, |output| plain(output.result()))
    } else {
        Verdict::None
    };
    let trouble = known.trouble().unwrap_or("DNS has no answer");
    let counted: Vec<(DkimOutput<'_>, Signature)> = outputs
        .into_iter()
        .filter_map(|output| {
            let signature = judged(output.signature()?, output.result(), trouble)?;
            Some((output, signature))
        })
        .collect();
    let counts = |verdict| matches!(verdict, Verdict::Pass | Verdict::TempError);
    let for_dmarc: Vec<DkimOutput<'_>> =
        counted.iter().filter(|(_, signature)| counts(signature.verdict)).map(|(output, _)| output.clone()).collect();
    let dmarc = dmarc(authenticator, known, &message, &for_dmarc, &spf);
    let missed = known.missed();
    if !missed.is_empty() {
        return Step::Ask(missed);
    }
    let signatures = in_order(&message, counted.into_iter().map(|(_, signature)| signature));
    Step::Done(Authentication { spf: Some(spf), signatures, dmarc, arc })
}

/// The signatures as the message has them, and among them those over a part of the body, which mail-auth leaves out.
fn in_order(message: &AuthenticatedMessage<'_>, judged: impl Iterator<Item = Signature>) -> Vec<Signature> {
    let mut judged = judged.peekable();
    let mut all = Vec::new();
    for (name, value) in message.headers() {
        if !name.trim_ascii().eq_ignore_ascii_case(b"dkim-signature") || all.len() >= SIGNATURES {
            continue;
        }
        let Ok(written) = dkim::Signature::parse(value) else { continue };
        if written.l > 0 {
            all.extend(signature(&written, Verdict::Policy, "l=: a part of the body may be anybody's"));
        } else if judged.peek().is_some_and(|next| next.fingerprint == fingerprint(&written.b)) {
            all.extend(judged.next());
        }
    }
    all
}

/// What we make of one signature.
fn judged(written: &dkim::Signature, result: &DkimResult, trouble: &'static str) -> Option<Signature> {
    let is_rsa = matches!(written.a, Algorithm::RsaSha1 | Algorithm::RsaSha256);
    let is_from = |field: &String| field.trim().eq_ignore_ascii_case("from");
    let (verdict, reason) = match result {
        _ if written.a == Algorithm::RsaSha1 => (Verdict::Policy, "rsa-sha1 proves nothing any more (RFC 8301)"),
        _ if is_rsa && written.b.len() < SHORTEST_RSA => (Verdict::Policy, "its RSA key has less than 1024 bits"),
        _ if written.v != 1 => (Verdict::PermError, "v= is not 1"),
        DkimResult::Pass if !written.h.iter().any(is_from) => (Verdict::PermError, "From is not signed"),
        DkimResult::Pass => (Verdict::Pass, "it holds"),
        DkimResult::TempError(_) => (Verdict::TempError, trouble),
        DkimResult::PermError(error) => (Verdict::PermError, why(error)),
        DkimResult::Fail(error) | DkimResult::Neutral(error) => (Verdict::Fail, why(error)),
        DkimResult::None => (Verdict::None, "it was not looked at"),
    };
    signature(written, verdict, reason)
}

/// `None`: its `d=` is no domain's name, and so nobody's signature.
fn signature(written: &dkim::Signature, verdict: Verdict, reason: &str) -> Option<Signature> {
    let time =
        |seconds: u64| i64::try_from(seconds).ok().filter(|s| *s > 0).and_then(|s| Timestamp::from_second(s).ok());
    Some(Signature {
        verdict,
        domain: Domain::parse(&written.d).ok()?,
        selector: written.s.clone(),
        algorithm: match written.a {
            Algorithm::RsaSha1 => "rsa-sha1",
            Algorithm::RsaSha256 => "rsa-sha256",
            Algorithm::Ed25519Sha256 => "ed25519-sha256",
            Algorithm::MlDsa44 => "mldsa44",
        }
        .to_owned(),
        fields: written.h.iter().map(|field| field.trim().to_ascii_lowercase()).collect(),
        signed: time(written.t),
        expires: time(written.x),
        fingerprint: fingerprint(&written.b),
        reason: reason.to_owned(),
    })
}

fn fingerprint(octets: &[u8]) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets);
    fingerprint.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    fingerprint
}

/// In an admin's words.
fn why(error: &Error) -> &'static str {
    match error {
        Error::Dkim(DkimError::BodyHashMismatch) => "the body is not the one that was signed",
        Error::Dkim(DkimError::SignatureExpired) => "it has expired",
        Error::Dkim(DkimError::AuidMismatch) => "i= is not of d=",
        Error::Dkim(DkimError::PublicKeyRevoked) => "its key was revoked",
        Error::Dkim(DkimError::UnsupportedKeyType) => "its key is of a kind that nobody knows",
        Error::Dns(DnsError::RecordNotFound(_)) => "there is no such key in DNS",
        Error::Crypto(CryptoError::FailedVerification) => "the fields are not those that were signed",
        Error::Crypto(CryptoError::IncompatibleAlgorithms) => "its key is of another algorithm",
        Error::Crypto(_) => "its key cannot be used",
        _ => "its key's record cannot be read",
    }
}

fn plain(result: &DkimResult) -> Verdict {
    match result {
        DkimResult::Pass => Verdict::Pass,
        DkimResult::Neutral(_) | DkimResult::Fail(_) => Verdict::Fail,
        DkimResult::PermError(_) => Verdict::PermError,
        DkimResult::TempError(_) => Verdict::TempError,
        DkimResult::None => Verdict::None,
    }
}

fn dmarc(
    authenticator: &MessageAuthenticator,
    known: &Known,
    message: &AuthenticatedMessage<'_>,
    signatures: &[DkimOutput<'_>],
    spf: &Spf,
) -> Option<Dmarc> {
    let from = From::of(message);
    let found = |domain: Domain, verdict, reason: &str| Dmarc {
        verdict,
        domain,
        policy: None,
        by_spf: false,
        by_dkim: false,
        reason: reason.to_owned(),
    };
    let Some(domain) = from.domain() else {
        let several = if from.fields > 1 { "several From fields" } else { "From names several domains, or none" };
        return from.domains.into_iter().next().map(|first| found(first, Verdict::PermError, several));
    };
    let sender = spf.domain.as_ref().map_or("", Domain::wire);
    let spf_output = SpfOutput::new(sender.to_owned()).with_result(result(spf.verdict));
    let asked = DmarcParameters::new(message, signatures, sender, &spf_output);
    let cache = known.as_cache(Reading::Dmarc);
    let Some(output) = at_once(authenticator.verify_dmarc(Parameters::new(asked).with_cache(&cache))) else {
        return Some(found(domain, Verdict::TempError, "it could not be evaluated"));
    };
    let policy = output.record().map(|_| match output.policy() {
        Policy::None | Policy::Unspecified => "none",
        Policy::Quarantine => "quarantine",
        Policy::Reject => "reject",
    });
    let (by_spf, by_dkim) = (*output.spf_result() == DmarcResult::Pass, *output.dkim_result() == DmarcResult::Pass);
    let (verdict, reason) = match output.result() {
        DmarcResult::Pass if by_spf && by_dkim => (Verdict::Pass, "by SPF and DKIM"),
        DmarcResult::Pass if by_dkim => (Verdict::Pass, "by DKIM"),
        DmarcResult::Pass => (Verdict::Pass, "by SPF"),
        DmarcResult::Fail(_) => (Verdict::Fail, "neither SPF nor a signature speaks for From's domain"),
        DmarcResult::TempError(_) => (Verdict::TempError, known.trouble().unwrap_or("DNS has no answer")),
        DmarcResult::PermError(_) => (Verdict::PermError, "its DMARC record cannot be read"),
        DmarcResult::None => (Verdict::None, "it publishes no DMARC record"),
    };
    Some(Dmarc { policy, by_spf, by_dkim, ..found(domain, verdict, reason) })
}

fn result(verdict: Verdict) -> SpfResult {
    match verdict {
        Verdict::Pass => SpfResult::Pass,
        Verdict::Fail => SpfResult::Fail,
        Verdict::SoftFail => SpfResult::SoftFail,
        Verdict::Neutral | Verdict::Policy => SpfResult::Neutral,
        Verdict::None => SpfResult::None,
        Verdict::TempError => SpfResult::TempError,
        Verdict::PermError => SpfResult::PermError,
    }
}

#[cfg(test)]
mod tests;
