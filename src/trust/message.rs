//! After the body: whether From says the same as the proofs, and whether the message proves an office that only claimed
//! to be one at MAIL.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::sender::{Asked, Verdict, ask, judge, says, words};
use crate::domain::TrustedOffice;
use crate::domain::address::{Domain, ForwardPath, Mailbox};
use crate::domain::authentication::{self as found, Authentication, Signature};
use crate::domain::envelope::Claim;
use crate::domain::office::{Office, Peer, Proof};
use crate::domain::record::Person;
use crate::domain::status::{Class, Refusal};

/// How long after it was signed a message is taken from somewhere else than the office: as long as mail servers try.
const FRESH: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Fields that decide what the citizen sees and to what it belongs. Of a message that only its signature proves, each
/// that is there must be signed, and there once.
const SHOWN: [&str; 15] = [
    "from",
    "sender",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "content-id",
    "content-description",
    "content-language",
];

/// What is known of a message when it has come in whole.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Every author in every From field.
    pub from: &'a [Person],
    /// Everybody in To and Cc.
    pub addressed: &'a [Person],
    /// Date.
    pub date: Option<Timestamp>,
    /// Names of its header fields, in lower case, as often as they stand there.
    pub fields: &'a [String],
    /// What DNS and signatures say.
    pub authentication: &'a Authentication,
    /// RCPT's arguments.
    pub recipients: &'a [&'a ForwardPath],
}

/// An office that the message has proved.
#[derive(Debug, Clone)]
pub struct Proved {
    /// Which.
    pub office: TrustedOffice,
    /// Nothing but this signature proves it, whose fingerprint stands for the message: the peer is nobody that the
    /// office names.
    pub by_signature_alone: Option<[u8; 32]>,
}

/// The one author, who must be of the proved office: what the citizen sees as the sender (RFC 5322 §3.6.2).
///
/// # Errors
/// [`Class::AuthorNotOfOffice`] where From names nobody, several, what is no address, or somebody else.
pub fn author(trusted: &TrustedOffice, from: &[Person]) -> Result<Mailbox, Refusal> {
    author_of(trusted.office(), from)
}

fn author_of(office: &Office, from: &[Person]) -> Result<Mailbox, Refusal> {
    let refuse = |cause: String| Refusal::new(Class::AuthorNotOfOffice, cause).in_language(office.language);
    let [person] = from else {
        return Err(refuse(format!("From names {} authors, not one", from.len())));
    };
    let author = Mailbox::parse(person.address.trim()).map_err(|fault| refuse(format!("From: {fault}")))?;
    if office.speaks_with(&author) { Ok(author) } else { Err(refuse(format!("From is no sender of {}", office.id))) }
}

/// The name beside the author's address, if it may be shown: it is proved by nothing, and must not look like another
/// address than the one that was.
#[must_use]
pub fn name(author: &Person) -> Option<&str> {
    let looks_like_an_address = |name: &str| name.contains(['@', '\u{FE6B}', '\u{FF20}']);
    author.name.as_deref().filter(|name| !looks_like_an_address(name))
}

/// Which of the offices that were claimed the message proves: the first of which From is a sender, and of whose rules
/// one holds.
///
/// A message that comes from a server that the office does not name (by SPF) is proved by its signature alone. Then
/// whoever has it can send it on: it must name every recipient in a signed To or Cc, be signed not long ago, and have
/// all of [`SHOWN`] signed once and for all.
///
/// # Errors
/// [`Class::AuthorNotOfOffice`], [`Class::Spf`], [`Class::Dkim`], [`Class::Dmarc`], [`Class::Replay`]; and
/// [`Class::Dns`] where another time the answer may be yes.
pub fn proved(
    claim: &Claim,
    peer: &Peer,
    message: &Message<'_>,
    now: Timestamp,
) -> (Result<Proved, Refusal>, Vec<Asked>) {
    let mut asked = Vec::new();
    let mut refused = None;
    for office in claim.offices() {
        match of_office(office, claim, peer, message, now, &mut asked) {
            Ok(proved) => return (Ok(proved), asked),
            // What may be a yes another time goes before a no.
            Err(refusal) if refusal.class.is_transient() => refused = Some(refusal),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    let refused = refused.unwrap_or_else(|| Refusal::new(Class::NotAnOffice, "no office was claimed"));
    (Err(refused), asked)
}

fn of_office(
    office: &Arc<Office>,
    claim: &Claim,
    peer: &Peer,
    message: &Message<'_>,
    now: Timestamp,
    asked: &mut Vec<Asked>,
) -> Result<Proved, Refusal> {
    let refuse = |class: Class, cause: &str| Refusal::new(class, cause).in_language(office.language);
    let from = author_of(office, message.from)?;
    let judge = |proof: &Proof| match proof {
        Proof::Dmarc => dmarc(message.authentication, &from),
        Proof::Dkim(domain) => dkim(message.authentication, domain),
        Proof::Network | Proof::ClientCertificate | Proof::Login => judge(office, peer, proof, now),
    };
    let (proofs, later) = ask(office, judge, asked);
    let Some(proofs) = proofs else {
        if later {
            return Err(refuse(Class::Dns, "DNS does not say what the proof needs"));
        }
        return Err(refuse(class(office, message.authentication), "no rule of the office holds"));
    };
    let connected = |proof: &Proof| matches!(proof, Proof::Network | Proof::ClientCertificate | Proof::Login);
    if claim.is_named_by_domain() || proofs.iter().any(connected) {
        let office = TrustedOffice::attest(Arc::clone(office), proofs, &words(asked));
        return Ok(Proved { office, by_signature_alone: None });
    }
    let signature = alone(&proofs, &from, message, now).map_err(|cause| {
        asked.push(says(office, "replay", Verdict::NotProved, cause));
        refuse(Class::Replay, cause)
    })?;
    asked.push(says(office, "replay", Verdict::Proved, "the signed fields name every recipient"));
    let office = TrustedOffice::attest(Arc::clone(office), proofs, &words(asked));
    Ok(Proved { office, by_signature_alone: Some(signature.fingerprint) })
}

fn dmarc(found: &Authentication, from: &Mailbox) -> (Verdict, String) {
    let Some(dmarc) = &found.dmarc else { return (Verdict::NotProved, "From names no domain to ask".to_owned()) };
    // Facts about another From than the one that is shown prove nothing.
    if dmarc.domain != from.domain {
        return (Verdict::NotProved, "DMARC was asked of another domain".to_owned());
    }
    (verdict(dmarc.verdict), format!("dmarc={}: {}", dmarc.verdict.word(), dmarc.reason))
}

fn dkim(found: &Authentication, domain: &Domain) -> (Verdict, String) {
    let mut theirs = found.signatures.iter().filter(|s| s.domain == *domain).peekable();
    if theirs.peek().is_none() {
        return (Verdict::NotProved, "no signature of this domain".to_owned());
    }
    let mut worst = (Verdict::NotProved, String::new());
    for signature in theirs {
        let said = format!("dkim={} selector {}: {}", signature.verdict.word(), signature.selector, signature.reason);
        match verdict(signature.verdict) {
            Verdict::Proved => return (Verdict::Proved, said),
            Verdict::Later => worst = (Verdict::Later, said),
            Verdict::NotProved if worst.1.is_empty() => worst.1 = said,
            Verdict::NotProved => {}
        }
    }
    worst
}

fn verdict(found: found::Verdict) -> Verdict {
    match found {
        found::Verdict::Pass => Verdict::Proved,
        found::Verdict::TempError => Verdict::Later,
        _ => Verdict::NotProved,
    }
}

/// In which words to say no: what the office's admin should look at first.
fn class(office: &Office, found: &Authentication) -> Class {
    let asks_dmarc = office.trust.iter().any(|rule| rule.0.contains(&Proof::Dmarc));
    let spf_says_no = found.spf.as_ref().is_some_and(|spf| spf.verdict == found::Verdict::Fail);
    match (asks_dmarc, found.signatures.is_empty()) {
        (false, _) => Class::Dkim,
        (true, true) if spf_says_no => Class::Spf,
        (true, _) => Class::Dmarc,
    }
}

/// The signature that proves the message wherever it comes from, if it covers what it must.
fn alone<'a>(
    proofs: &[Proof],
    from: &Mailbox,
    message: &Message<'a>,
    now: Timestamp,
) -> Result<&'a Signature, &'static str> {
    let counts = |signature: &&Signature| {
        signature.verdict == found::Verdict::Pass
            && proofs.iter().any(|proof| match proof {
                Proof::Dkim(domain) => signature.domain == *domain,
                // Relaxed alignment has been judged; the office's own or its organisation's domain.
                Proof::Dmarc => from.domain.is_within(&signature.domain) || signature.domain.is_within(&from.domain),
                _ => false,
            })
    };
    let mut fault = "no signature that holds: another server may not send for the office";
    for signature in message.authentication.signatures.iter().filter(counts) {
        match covers(signature, message, now) {
            Ok(()) => return Ok(signature),
            Err(why) => fault = why,
        }
    }
    Err(fault)
}

fn covers(signature: &Signature, message: &Message<'_>, now: Timestamp) -> Result<(), &'static str> {
    let times = |fields: &[String], name: &str| fields.iter().filter(|field| *field == name).count();
    let signed = |name: &str| times(&signature.fields, name) >= times(message.fields, name);
    if SHOWN.iter().any(|name| times(message.fields, name) > 1) {
        return Err("a field that may stand once stands twice");
    }
    if !SHOWN.iter().all(|name| signed(name)) {
        return Err("a field that decides what is shown is not signed");
    }
    if !signed("to") || !signed("cc") {
        return Err("To or Cc is not signed, so that it names nobody");
    }
    // Date is signed, as SHOWN asks.
    if signature.signed.or(message.date).is_none_or(|at| now.duration_since(at) > FRESH) {
        return Err("signed too long ago, or it does not say when");
    }
    let named = |path: &ForwardPath| match path {
        ForwardPath::Postmaster => true,
        ForwardPath::Mailbox(to) => message
            .addressed
            .iter()
            .filter_map(|person| Mailbox::parse(person.address.trim()).ok())
            .any(|addressed| addressed.folded() == to.folded()),
    };
    if message.recipients.iter().all(|path| named(path)) { Ok(()) } else { Err("it does not name the recipient") }
}

#[cfg(test)]
mod tests;
