//! Who writes? At MAIL, what connection and envelope prove; after the body, whether From says the same.

use std::cmp::Reverse;
use std::sync::Arc;

use ipnet::IpNet;
use serde::Serialize;

use crate::domain::TrustedOffice;
use crate::domain::address::{Mailbox, ReversePath};
use crate::domain::directory::Directory;
use crate::domain::envelope::Sender;
use crate::domain::ids::OfficeId;
use crate::domain::office::{CertificateRule, Office, Peer, Proof, SenderRule, TlsDemand, TrustRule};
use crate::domain::record::Person;
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
    /// It cannot be judged at MAIL, and counts as not proved.
    Later,
}

/// Which office writes, judged at MAIL: one whose senders cover the reverse path, and of whose trust rules one is
/// proved whole. Where several offices share an address, one that names it alone goes before one that names its domain,
/// then the order of the directory decides; the first that is proved is the sender.
///
/// The null path proves nobody: a report or an automatic answer (RFC 3834 §3) comes from a stranger, whichever network
/// it comes from, and so reaches a return path of ours but no citizen.
///
/// # Errors
/// [`Class::TlsNeeded`], for an office that demands TLS, is proved, and writes in clear.
pub fn claimed(directory: &Directory, peer: &Peer, path: &ReversePath) -> (Result<Sender, Refusal>, Vec<Asked>) {
    let mut asked = Vec::new();
    let ReversePath::Mailbox(from) = path else { return (Ok(Sender::Stranger), asked) };
    let (mut covering, others): (Vec<_>, Vec<_>) = directory.offices().iter().partition(|o| o.speaks_with(from));
    covering.sort_by_key(|office| Reverse(names_alone(office, from)));
    for office in covering {
        asked.push(says(office, "senders", Verdict::Proved, "MAIL FROM is one of the senders"));
        if let Some(proofs) = proved(office, peer, &mut asked) {
            let sender = over_tls(office, peer, &mut asked).map(|()| {
                let trusted = TrustedOffice::attest(Arc::clone(office), proofs);
                Sender::Office(trusted)
            });
            return (sender, asked);
        }
    }
    // What an admin most often looks for: the right server with the wrong sender.
    for office in others.into_iter().filter(|office| network(office, peer).is_some()) {
        asked.push(says(office, "senders", Verdict::NotProved, "from its network, but MAIL FROM is no sender of it"));
    }
    (Ok(Sender::Stranger), asked)
}

/// The one author, who must be of the proved office: what the citizen sees as the sender (RFC 5322 §3.6.2).
///
/// # Errors
/// [`Class::AuthorNotOfOffice`] where From names nobody, several, what is no address, or somebody else.
pub fn author(trusted: &TrustedOffice, from: &[Person]) -> Result<Mailbox, Refusal> {
    let office = trusted.office();
    let refuse = |cause: String| Refusal::new(Class::AuthorNotOfOffice, cause).in_language(office.language);
    let [person] = from else {
        return Err(refuse(format!("From names {} authors, not one", from.len())));
    };
    let author = Mailbox::parse(person.address.trim()).map_err(|fault| refuse(format!("From: {fault}")))?;
    if office.speaks_with(&author) { Ok(author) } else { Err(refuse(format!("From is no sender of {}", office.id))) }
}

fn names_alone(office: &Office, from: &Mailbox) -> bool {
    let folded = from.folded();
    office.senders.iter().any(|rule| matches!(rule, SenderRule::Mailbox(mailbox) if mailbox.folded() == folded))
}

/// Asks every rule of the office: the trace tells which hold, not merely the first. `None`: none does.
fn proved(office: &Office, peer: &Peer, asked: &mut Vec<Asked>) -> Option<Vec<Proof>> {
    let mut good: Option<Vec<Proof>> = None;
    for TrustRule(proofs) in &office.trust {
        let judged: Vec<_> = proofs.iter().map(|proof| judge(office, peer, proof)).collect();
        // A rule that asks for nothing proves nothing.
        let verdict = if judged.is_empty() || judged.iter().any(|(v, _)| *v == Verdict::NotProved) {
            Verdict::NotProved
        } else if judged.iter().any(|(v, _)| *v == Verdict::Later) {
            Verdict::Later
        } else {
            Verdict::Proved
        };
        let words: Vec<_> = proofs.iter().map(word).collect();
        let details: Vec<_> = judged.into_iter().map(|(_, detail)| detail).collect();
        asked.push(says(office, &words.join("+"), verdict, &details.join("; ")));
        if verdict == Verdict::Proved {
            let good = good.get_or_insert_default();
            good.extend(proofs.iter().filter(|p| !good.contains(p)).cloned().collect::<Vec<_>>());
        }
    }
    if office.trust.is_empty() {
        asked.push(says(office, "trust", Verdict::NotProved, "no trust rule: nothing can prove this office"));
    }
    good
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

fn judge(office: &Office, peer: &Peer, proof: &Proof) -> (Verdict, String) {
    match proof {
        Proof::Network => match network(office, peer) {
            Some(net) => (Verdict::Proved, format!("{} is in {net}", peer.ip)),
            None => (Verdict::NotProved, format!("{} is in none of its networks", peer.ip)),
        },
        Proof::ClientCertificate => {
            let shown = peer.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
            let Some(shown) = shown else { return (Verdict::NotProved, "no client certificate".to_owned()) };
            let fits = |rule: &&CertificateRule| match rule {
                CertificateRule::Sha256(sha256) => shown.sha256 == *sha256,
                CertificateRule::Name(name) => shown.names.contains(name),
            };
            match office.certificates.iter().find(fits) {
                Some(CertificateRule::Sha256(_)) => (Verdict::Proved, "the certificate's fingerprint".to_owned()),
                Some(CertificateRule::Name(name)) => (Verdict::Proved, format!("a certificate for {}", name.wire())),
                None => (Verdict::NotProved, "another client certificate than the office's".to_owned()),
            }
        }
        Proof::Dmarc => (Verdict::Later, "DMARC is not checked yet".to_owned()),
        Proof::Dkim(_) => (Verdict::Later, "DKIM is not checked yet".to_owned()),
        Proof::Login => (Verdict::Later, "there is no login yet".to_owned()),
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

fn says(office: &Office, rule: &str, verdict: Verdict, detail: &str) -> Asked {
    Asked { office: office.id.clone(), rule: rule.to_owned(), verdict, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests;
