//! The words of `trust` and `certificates`, read and written in one place.

use super::fault::{Wrong, nearest};
use super::file::Node;
use super::values::{domain_of, text};
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

/// `sha256:` and 64 hex digits, with colons or without, or `name:` and a DNS name.
pub(super) fn certificate(node: &Node) -> Result<CertificateRule, Wrong> {
    let text = text(node)?;
    if let Some(name) = text.strip_prefix("name:") {
        return domain_of(name).map(CertificateRule::Name);
    }
    text.strip_prefix("sha256:").and_then(fingerprint).map(CertificateRule::Sha256).ok_or_else(|| {
        let remedy = "write \"sha256:\" and the 64 digits that `openssl x509 -noout -fingerprint -sha256 -in FILE` \
                      prints, or \"name:\" and a DNS name in the certificate";
        Wrong::new(format!("\"{text}\" names no certificate"), remedy)
    })
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
        CertificateRule::Sha256(octets) => {
            octets.iter().fold("sha256:".to_owned(), |text, octet| format!("{text}{octet:02x}"))
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
        let read = certificate(&node(&format!("sha256:{}", pairs.join(":")))).unwrap();
        assert_eq!(certificate_written(&read), format!("sha256:{}", pairs.concat().to_lowercase()));
        for bad in ["sha256:", "sha256:00", "sha256:zz", "sha1:00", "name:", "name:a b"] {
            assert!(certificate(&node(bad)).is_err(), "{bad}");
        }
    }
}
