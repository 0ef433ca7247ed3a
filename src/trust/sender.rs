//! Who writes? What connection and envelope prove at MAIL. The rest is `message`'s.

use std::cmp::Reverse;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::TrustedOffice;
use crate::domain::address::{Mailbox, ReversePath};
use crate::domain::directory::Directory;
use crate::domain::envelope::{Claim, Sender};
use crate::domain::ids::OfficeId;
use crate::domain::office::{CertificateRule, Office, Peer, Proof, SenderRule, TlsDemand, TrustRule};
use crate::domain::status::{Class, Refusal};

/// One rule that was asked, for `route test`: in the order of asking, up to the one that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Whose rule.
    pub office: OfficeId,
    /// As in `offices.toml`: `senders`, `network+dmarc`, `tls = required`.
    pub rule: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Why, in a sentence; holds no address of a person.
    pub detail: String,
}

/// What came of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Proved,
    /// It does not hold.
    NotProved,
    /// It cannot be judged yet: the message itself must say.
    Later,
}

impl Verdict {
    /// Of several proofs that are asked for together.
    pub(super) fn of_all(judged: &[(Verdict, String)]) -> Self {
        let any = |verdict| judged.iter().any(|(one, _)| *one == verdict);
        // A rule that asks for nothing proves nothing.
        if judged.is_empty() || any(Self::NotProved) {
            Self::NotProved
        } else if any(Self::Later) {
            Self::Later
        } else {
            Self::Proved
        }
    }
}

/// `hel-social:dmarc=no("…")`, for each rule: for the event.
#[must_use]
pub fn words(asked: &[Asked]) -> String {
    let one = |asked: &Asked| {
        let verdict = match asked.verdict {
            Verdict::Proved => "yes",
            Verdict::NotProved => "no",
            Verdict::Later => "later",
        };
        format!("{}:{}={verdict}({:?})", asked.office, asked.rule.replace(' ', ""), asked.detail)
    };
    asked.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Which office writes, judged at MAIL: one whose senders cover the reverse path, and of whose trust rules one is
/// proved whole. Where several offices share an address, one that names it alone goes before one that names its domain,
/// then the order of the directory decides; the first that is proved is the sender.
///
/// Where none is proved, but a rule of one lacks nothing except what the message must prove (DMARC, DKIM), the sender is
/// a [`Claim`] for [`super::message::proved`].
///
/// The null path proves nobody: a report or an automatic answer (RFC 3834 §3) comes from a stranger, whichever network
/// it comes from, and so reaches a return path of ours but no citizen.
///
/// # Errors
/// [`Class::TlsNeeded`], for an office that demands TLS, is proved, and writes in clear.
pub fn claimed(
    directory: &Directory,
    peer: &Peer,
    path: &ReversePath,
    now: Timestamp,
) -> (Result<Sender, Refusal>, Vec<Asked>) {
    let mut asked = Vec::new();
    let ReversePath::Mailbox(from) = path else { return (Ok(Sender::Stranger), asked) };
    let (mut covering, others): (Vec<_>, Vec<_>) = directory.offices().iter().partition(|o| o.speaks_with(from));
    covering.sort_by_key(|office| Reverse(names_alone(office, from)));
    let mut claims = Vec::new();
    for office in covering {
        asked.push(says(office, "senders", Verdict::Proved, "MAIL FROM is one of the senders"));
        let judge = |proof: &Proof| judge(office, peer, proof, now);
        let (proofs, later) = ask(office, judge, &mut asked);
        if let Some(proofs) = proofs {
            let sender = over_tls(office, peer, &mut asked).map(|()| {
                let trusted = TrustedOffice::attest(Arc::clone(office), proofs, &words(&asked));
                Sender::Office(trusted)
            });
            return (sender, asked);
        }
        if later {
            claims.push(office);
        }
    }
    let mut claims = claims.into_iter().cloned();
    if let Some(first) = claims.next() {
        let encrypted = over_tls(&first, peer, &mut asked);
        return (encrypted.map(|()| Sender::Claimed(Claim::new(first, claims.collect()))), asked);
    }
    // What an admin most often looks for: the right server with the wrong sender.
    for office in others.into_iter().filter(|office| network(office, peer).is_some()) {
        asked.push(says(office, "senders", Verdict::NotProved, "from its network, but MAIL FROM is no sender of it"));
    }
    (Ok(Sender::Stranger), asked)
}

fn names_alone(office: &Office, from: &Mailbox) -> bool {
    let folded = from.folded();
    office.senders.iter().any(|rule| matches!(rule, SenderRule::Mailbox(mailbox) if mailbox.folded() == folded))
}

/// Asks every rule of the office, for the trace tells which hold and not merely the first: the proofs of those that
/// do, and whether one waits for the message.
pub(super) fn ask(
    office: &Office,
    judge: impl Fn(&Proof) -> (Verdict, String),
    asked: &mut Vec<Asked>,
) -> (Option<Vec<Proof>>, bool) {
    let mut good: Option<Vec<Proof>> = None;
    let mut later = false;
    for TrustRule(proofs) in &office.trust {
        let judged: Vec<_> = proofs.iter().map(&judge).collect();
        let verdict = Verdict::of_all(&judged);
        let words: Vec<_> = proofs.iter().map(word).collect();
        let details: Vec<_> = judged.into_iter().map(|(_, detail)| detail).collect();
        asked.push(says(office, &words.join("+"), verdict, &details.join("; ")));
        later |= verdict == Verdict::Later;
        if verdict == Verdict::Proved {
            let good = good.get_or_insert_default();
            good.extend(proofs.iter().filter(|p| !good.contains(p)).cloned().collect::<Vec<_>>());
        }
    }
    if office.trust.is_empty() {
        asked.push(says(office, "trust", Verdict::NotProved, "no trust rule: nothing can prove this office"));
    }
    (good, later)
}

fn over_tls(office: &Office, peer: &Peer, asked: &mut Vec<Asked>) -> Result<(), Refusal> {
    match (office.tls, &peer.tls) {
        (TlsDemand::Optional, _) => Ok(()),
        (TlsDemand::Required, Some(tls)) => {
            asked.push(says(office, "tls = required", Verdict::Proved, &tls.version));
            Ok(())
        }
        (TlsDemand::Required, None) => {
            asked.push(says(office, "tls = required", Verdict::NotProved, "the connection is in clear"));
            let cause = format!("{} must write over TLS", office.id);
            Err(Refusal::new(Class::TlsNeeded, cause).in_language(office.language))
        }
    }
}

/// What the connection says of a proof.
pub(super) fn judge(office: &Office, peer: &Peer, proof: &Proof, now: Timestamp) -> (Verdict, String) {
    match proof {
        Proof::Network => match network(office, peer) {
            Some(net) => (Verdict::Proved, format!("{} is in {net}", peer.ip)),
            None => (Verdict::NotProved, format!("{} is in none of its networks", peer.ip)),
        },
        Proof::ClientCertificate => certificate(office, peer, now),
        Proof::Dmarc | Proof::Dkim(_) => (Verdict::Later, "the message itself must say".to_owned()),
        Proof::Login => match &peer.login {
            Some(login) if login.office == office.id => (Verdict::Proved, format!("logged in as {}", login.label)),
            Some(_) => (Verdict::NotProved, "logged in for another office".to_owned()),
            None => (Verdict::NotProved, "not logged in".to_owned()),
        },
    }
}

fn certificate(office: &Office, peer: &Peer, now: Timestamp) -> (Verdict, String) {
    let not = |detail: &str| (Verdict::NotProved, detail.to_owned());
    let shown = peer.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
    let Some(shown) = shown else { return not("no client certificate") };
    let fits = |rule: &&CertificateRule| match rule {
        CertificateRule::Sha256(sha256, _) => shown.sha256 == *sha256,
        CertificateRule::Name(name) => shown.names.contains(name),
    };
    let Some(rule) = office.certificates.iter().find(fits) else {
        return not("another client certificate than the office's");
    };
    if shown.expires < now {
        return not(&format!("the office's client certificate, which ended on {}", shown.expires.strftime("%F")));
    }
    match rule {
        CertificateRule::Sha256(..) => (Verdict::Proved, "the certificate's fingerprint".to_owned()),
        CertificateRule::Name(name) => (Verdict::Proved, format!("a certificate for {}", name.wire())),
    }
}

fn network<'a>(office: &'a Office, peer: &Peer) -> Option<&'a IpNet> {
    // A listener on both families gives ::ffff:192.0.2.1 for 192.0.2.1.
    let ip = peer.ip.to_canonical();
    office.networks.iter().find(|net| net.contains(&ip))
}

/// As `offices.toml` writes it.
fn word(proof: &Proof) -> String {
    match proof {
        Proof::Network => "network".to_owned(),
        Proof::ClientCertificate => "client-certificate".to_owned(),
        Proof::Dmarc => "dmarc".to_owned(),
        Proof::Dkim(domain) => format!("dkim:{}", domain.wire()),
        Proof::Login => "login".to_owned(),
    }
}

pub(super) fn says(office: &Office, rule: &str, verdict: Verdict, detail: &str) -> Asked {
    Asked { office: office.id.clone(), rule: rule.to_owned(), verdict, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests;
