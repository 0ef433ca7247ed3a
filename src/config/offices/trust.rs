//! The words of `trust` and `certificates`, read and written in one place.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::Encode;

use super::fault::{Wrong, nearest};
use super::file::Node;
use super::values::{domain_of, text, unreadable};
use crate::domain::office::{CertificateRule, Proof, TrustRule};

/// The proofs that need no further word.
const PROOFS: [(&str, Proof); 4] = [
    ("network", Proof::Network),
    ("client-certificate", Proof::ClientCertificate),
    ("dmarc", Proof::Dmarc),
    ("login", Proof::Login),
];
const DKIM: &str = "dkim:";
const KNOWN: &str = "known: network, client-certificate, dmarc, dkim:DOMAIN, login, and several with + between";

/// `network`, or `network+dmarc` where both are asked for.
pub(super) fn rule(node: &Node) -> Result<TrustRule, Wrong> {
    text(node)?.split('+').map(|word| proof(word.trim())).collect::<Result<_, _>>().map(TrustRule)
}

fn proof(word: &str) -> Result<Proof, Wrong> {
    if let Some(domain) = word.strip_prefix(DKIM) {
        return domain_of(domain).map(Proof::Dkim);
    }
    if let Some((_, proof)) = PROOFS.iter().find(|(name, _)| *name == word) {
        return Ok(proof.clone());
    }
    let remedy = match nearest(word, PROOFS.iter().map(|(name, _)| *name)) {
        Some(meant) => format!("did you mean \"{meant}\"? {KNOWN}"),
        None => KNOWN.to_owned(),
    };
    Err(Wrong::new(format!("\"{word}\" is no proof that is known"), remedy))
}

pub(super) fn rule_written(rule: &TrustRule) -> String {
    let word = |proof: &Proof| match proof {
        Proof::Dkim(domain) => format!("{DKIM}{}", domain.shown()),
        other => PROOFS.iter().find(|(_, p)| p == other).map(|(name, _)| (*name).to_owned()).unwrap_or_default(),
    };
    rule.0.iter().map(word).collect::<Vec<_>>().join("+")
}

/// `sha256:` and 64 hex digits, with colons or without (`until` a time, where it is known); `name:` and a DNS name; or
/// `file:` and a certificate in PEM, which is read now and need not stay.
pub(super) fn certificate(node: &Node, folder: &Path) -> Result<CertificateRule, Wrong> {
    let text = text(node)?;
    if let Some(file) = text.strip_prefix("file:") {
        return certificate_in(&folder.join(file));
    }
    if let Some(name) = text.strip_prefix("name:") {
        return domain_of(name).map(CertificateRule::Name);
    }
    let known = || {
        let (digits, end) = match text.strip_prefix("sha256:")?.split_once(" until ") {
            Some((digits, end)) => (digits, Some(end.parse().ok()?)),
            None => (text.strip_prefix("sha256:")?, None),
        };
        Some(CertificateRule::Sha256(fingerprint(digits)?, end))
    };
    known().ok_or_else(|| {
        let remedy = "write \"file:\" and a certificate in PEM, \"sha256:\" and the 64 digits that `openssl x509 -noout \
                      -fingerprint -sha256 -in FILE` prints, or \"name:\" and a DNS name in the certificate";
        Wrong::new(format!("\"{text}\" names no certificate"), remedy)
    })
}

/// The first certificate of the file: the office's own, where its issuers follow.
fn certificate_in(file: &Path) -> Result<CertificateRule, Wrong> {
    const REMEDY: &str = "name the file that the office's server shows: it begins with -----BEGIN CERTIFICATE-----";
    let pem = std::fs::read(file).map_err(|error| unreadable(file, &error, REMEDY))?;
    let read = || {
        let own = Certificate::load_pem_chain(&pem).ok()?.into_iter().next()?;
        let sha256 = digest(&SHA256, &own.to_der().ok()?).as_ref().try_into().ok()?;
        let seconds = own.tbs_certificate().validity().not_after.to_unix_duration().as_secs();
        let end = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
        Some(CertificateRule::Sha256(sha256, Some(end)))
    };
    read().ok_or_else(|| Wrong::new(format!("{} holds no certificate", file.display()), REMEDY))
}

/// The octets of a SHA-256 fingerprint: 64 hex digits, with colons or without.
#[must_use]
pub fn fingerprint(hex: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = hex
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()?;
    let octets: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)).collect();
    if digits.len() == 64 { octets.try_into().ok() } else { None }
}

pub(super) fn certificate_written(rule: &CertificateRule) -> String {
    match rule {
        CertificateRule::Sha256(octets, end) => {
            let digits = octets.iter().fold("sha256:".to_owned(), |text, octet| format!("{text}{octet:02x}"));
            end.map_or_else(|| digits.clone(), |end| format!("{digits} until {end}"))
        }
        CertificateRule::Name(name) => format!("name:{}", name.shown()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::Place;
    use super::super::file::Value;
    use super::*;

    fn node(text: &str) -> Node {
        Node { place: Place::of("f"), value: Value::Text(text.to_owned()), from_environment: false }
    }

    #[test]
    fn rules_come_back() {
        for text in ["network", "network+dmarc", "client-certificate", "dkim:hel.example+login"] {
            assert_eq!(rule_written(&rule(&node(text)).unwrap()), text);
        }
        let wrong = rule(&node("network+dmark")).unwrap_err();
        assert!(wrong.remedy.starts_with("did you mean \"dmarc\"?"), "{wrong:?}");
        assert!(rule(&node("")).is_err());
    }

    #[test]
    fn fingerprints_as_openssl_prints_them() {
        let pairs: Vec<String> = (0..32).map(|n| format!("{n:02X}")).collect();
        let certificate = |node: &Node| certificate(node, Path::new("nowhere"));
        let read = certificate(&node(&format!("sha256:{}", pairs.join(":")))).unwrap();
        assert_eq!(certificate_written(&read), format!("sha256:{}", pairs.concat().to_lowercase()));
        let ends = format!("sha256:{} until 2027-03-01T12:00:00Z", pairs.concat().to_lowercase());
        assert_eq!(certificate_written(&certificate(&node(&ends)).unwrap()), ends);
        for bad in ["sha256:", "sha256:00", "sha256:zz", "sha1:00", "name:", "name:a b", "file:", "file:none.pem"] {
            assert!(certificate(&node(bad)).is_err(), "{bad}");
        }
    }
}
