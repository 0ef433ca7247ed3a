//! Certificates and keys of listeners and relay: whole, fitting each other, of today, for our name.

use std::fs;
use std::path::Path;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use jiff::{Timestamp, ToSpan};
use x509_cert::Certificate;
use x509_cert::der::{Encode, pem};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

use super::Findings;
use crate::config::Sections;
use crate::domain::address::Domain;

/// A certificate that ends sooner than this is mentioned: what renews it has missed its time.
const SOON_DAYS: i64 = 14;

/// Every certificate that the configuration names.
pub(super) fn check(config: &Sections, now: Timestamp, findings: &mut Findings) {
    for (at, listener) in config.listeners.iter().enumerate() {
        let Some(files) = listener.tls.files() else { continue };
        let key = |name: &str| format!("listener[{at}].{name}");
        if files.acme && !files.certificate.exists() {
            let remedy =
                "it comes in the first minute of the gateway, if port 80 of every name in acme.names leads here";
            findings.note(&key("certificate"), "no certificate has been given yet", remedy);
        } else if let Some(own) = own(&files.certificate, &key("certificate"), now, findings) {
            if let Some(name) = &config.node.name {
                covers(&own, name, &files.certificate, &key("certificate"), findings);
            }
            fits(&own, &files.certificate, &files.key, &key("key"), findings);
        }
        if let Some(authorities) = &files.client_ca {
            chain(authorities, &key("client_ca"), findings);
        }
    }
    let Some(relay) = &config.relay else { return };
    if let Some(client) = &relay.client
        && let Some(own) = own(&client.certificate, "relay.certificate", now, findings)
    {
        fits(&own, &client.certificate, &client.key, "relay.key", findings);
    }
    match &relay.ca_file {
        Some(file) => {
            chain(file, "relay.ca_file", findings);
        }
        None => system_authorities(findings),
    }
}

/// The certificates in a PEM file, one at least.
fn chain(file: &Path, key: &str, findings: &mut Findings) -> Option<Vec<Certificate>> {
    let remedy = "a certificate in PEM begins with -----BEGIN CERTIFICATE-----";
    // The configuration has said already where a file cannot be read.
    let bytes = fs::read(file).ok()?;
    // A key may stand behind them.
    let end = memchr::memmem::rfind(&bytes, b"-----END CERTIFICATE-----").map_or(bytes.len(), |at| at + 25);
    match Certificate::load_pem_chain(&bytes[..end]) {
        Ok(chain) if !chain.is_empty() => Some(chain),
        _ => {
            findings.fault(key, format!("{} holds no certificate", file.display()), remedy);
            None
        }
    }
}

/// The first certificate of the file, its days looked at.
fn own(file: &Path, key: &str, now: Timestamp, findings: &mut Findings) -> Option<Certificate> {
    let own = chain(file, key, findings)?.into_iter().next()?;
    let validity = own.tbs_certificate().validity();
    let time = |time: Time| Timestamp::UNIX_EPOCH.checked_add(time.to_unix_duration()).ok();
    let (begins, ends) = (time(validity.not_before)?, time(validity.not_after)?);
    let soon = now.checked_add((SOON_DAYS * 24).hours()).unwrap_or(now);
    let renew = "renew it, and see that what renews it runs";
    if ends <= now {
        findings.fault(key, format!("{} ended on {}", file.display(), day(ends)), renew);
    } else if begins > now {
        findings.fault(key, format!("{} begins on {}", file.display(), day(begins)), "look at this machine's clock");
    } else if ends < soon {
        findings.note(key, format!("{} ends on {}", file.display(), day(ends)), renew);
    }
    Some(own)
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// RFC 6125 §6.4: a DNS name, or a wildcard for its first label. The subject's common name says nothing any more.
fn covers(own: &Certificate, name: &Domain, file: &Path, key: &str, findings: &mut Findings) {
    let names: Vec<String> = match own.tbs_certificate().get_extension::<SubjectAltName>() {
        Ok(Some((_, SubjectAltName(names)))) => names
            .iter()
            .filter_map(|n| if let GeneralName::DnsName(n) = n { Some(n.to_string()) } else { None })
            .collect(),
        _ => Vec::new(),
    };
    let wanted = name.wire();
    let covered = names.iter().map(|n| n.to_ascii_lowercase()).any(|n| match n.strip_prefix("*.") {
        Some(parent) => wanted.split_once('.').is_some_and(|(_, rest)| rest == parent),
        None => n == wanted,
    });
    if !covered {
        let sentence = match names.as_slice() {
            [] => format!("{} names no host", file.display()),
            names => format!("{} is for {}, not for {wanted}", file.display(), names.join(", ")),
        };
        findings.fault(key, sentence, "get a certificate for node.name, or set node.name to a name that it has");
    }
}

fn fits(own: &Certificate, certificate: &Path, file: &Path, key: &str, findings: &mut Findings) {
    let Ok(bytes) = fs::read(file) else { return };
    match public_half(&bytes) {
        Err(sentence) => {
            let remedy = "write the key in PEM without a passphrase; the file's rights protect it";
            findings.fault(key, format!("{} {sentence}", file.display()), remedy);
        }
        Ok(public) if own.tbs_certificate().subject_public_key_info().to_der().ok().as_deref() != Some(&public[..]) => {
            let sentence = format!("{} is not the key of {}", file.display(), certificate.display());
            findings.fault(key, sentence, "name the key with which the certificate was asked for");
        }
        Ok(_) => {}
    }
}

/// The public half of a private key, as a certificate has it (`SubjectPublicKeyInfo`).
fn public_half(file: &[u8]) -> Result<Vec<u8>, &'static str> {
    let text = std::str::from_utf8(file).map_err(|_| "is not PEM")?;
    // Other blocks may stand before it: curve parameters, certificates.
    let end = text.find("PRIVATE KEY-----").ok_or("holds no private key")?;
    let begin = text[..end].rfind("-----BEGIN ").ok_or("holds no private key")?;
    let (label, der) = pem::decode_vec(block(&text[begin..]).as_bytes()).map_err(|_| "holds a damaged private key")?;
    if label.starts_with("ENCRYPTED") {
        return Err("holds a private key with a passphrase");
    }
    let public = |public: Result<PublicKeyX509Der<'static>, aws_lc_rs::error::Unspecified>| {
        public.map(|der| der.as_ref().to_vec()).ok()
    };
    let rsa = || RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)).ok();
    let curves = [
        &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    let ecdsa = || curves.into_iter().find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, &der).ok());
    let ed25519 = || Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok();
    let found = ecdsa()
        .and_then(|pair| public(pair.public_key().as_der()))
        .or_else(|| rsa().and_then(|pair| public(pair.public_key().as_der())))
        .or_else(|| ed25519().and_then(|pair| public(pair.public_key().as_der())));
    found.ok_or("holds a private key of a kind that is not known (RSA, ECDSA P-256, P-384, P-521, Ed25519 are)")
}

/// From `-----BEGIN` to the end of its last line.
fn block(text: &str) -> &str {
    let last = text.find("-----END ").and_then(|end| Some(end + 9 + text[end + 9..].find("-----")? + 5));
    text.get(..last.unwrap_or(text.len())).unwrap_or(text)
}

/// Where Linux systems keep the authorities that they trust; `SSL_CERT_FILE` and `SSL_CERT_DIR` go before.
const STORES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

fn system_authorities(findings: &mut Findings) {
    let folder = std::env::var_os("SSL_CERT_DIR");
    let found = match std::env::var_os("SSL_CERT_FILE") {
        Some(file) => holds_authorities(file.as_ref()),
        None => folder.is_some() || STORES.iter().any(|file| holds_authorities(file.as_ref())),
    };
    if !found {
        let remedy = "install the package ca-certificates, or set relay.ca_file";
        findings.fault(
            "relay.ca_file",
            "this system has no store of authorities: no next hop could be verified",
            remedy,
        );
    }
}

fn holds_authorities(file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| memchr::memmem::find(&bytes, b"-----BEGIN CERTIFICATE-----").is_some())
}
