//! Keys for encrypted messages: fitting their certificates, of today, for encryption; roots that can vouch.

use std::fs;

use jiff::{Timestamp, ToSpan};

use super::Findings;
use crate::config::Smime;
use crate::domain::directory::Directory;
use crate::smime::{KeyFault, OwnKey, Roots};

/// A certificate that ends sooner than this is mentioned: offices must learn of the next one.
const SOON_DAYS: i64 = 30;

/// Every file that `[smime]` names.
pub(super) fn check(smime: &Smime, now: Timestamp, findings: &mut Findings) {
    for (at, named) in smime.keys.iter().enumerate() {
        let at = |name: &str| format!("smime.key[{at}].{name}");
        // The configuration has said already where a file cannot be read.
        let (Ok(certificate), Ok(key)) = (fs::read(&named.certificate), fs::read(&named.key)) else { continue };
        match OwnKey::read(&certificate, &key, None) {
            Ok(own) => days(&own, &at("certificate"), now, findings),
            Err(fault) => {
                let (key, file, remedy) = match fault {
                    KeyFault::NoCertificate => {
                        (at("certificate"), &named.certificate, "it begins with -----BEGIN CERTIFICATE-----")
                    }
                    KeyFault::NoKey => (at("key"), &named.key, "a private key begins with -----BEGIN PRIVATE KEY-----"),
                    KeyFault::Passphrase => {
                        (at("key"), &named.key, "write it without a passphrase; the file's rights protect it")
                    }
                    KeyFault::Kind => (at("key"), &named.key, "ask for a certificate with such a key"),
                    KeyFault::DoesNotFit => {
                        (at("key"), &named.key, "name the key with which the certificate was asked for")
                    }
                };
                findings.fault(&key, format!("{}: {fault}", file.display()), remedy);
            }
        }
    }
    if let Some(file) = &smime.roots
        && let Ok(text) = fs::read(file)
        && Roots::read(&text).is_none()
    {
        let remedy = "name a PEM file with the authorities' certificates, and nothing else in it";
        findings.fault("smime.roots", format!("{} holds no authority, or something else", file.display()), remedy);
    }
}

/// Whether the offices are there for which alone keys are.
pub(super) fn check_offices(smime: &Smime, directory: &Directory, findings: &mut Findings) {
    for (at, named) in smime.keys.iter().enumerate() {
        if let Some(office) = named.office.as_ref().filter(|office| directory.office(office).is_none()) {
            let key = format!("smime.key[{at}].office");
            findings.fault(&key, format!("there is no office {office}"), "name one that `apply` has taken");
        }
    }
}

fn days(own: &OwnKey, key: &str, now: Timestamp, findings: &mut Findings) {
    let Some((begins, ends)) = own.validity() else { return };
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let next = "get the next certificate, give it to the offices, and keep this one and its key until they use it";
    if ends <= now {
        findings.fault(key, format!("the certificate ended on {}: offices will not encrypt to it", day(ends)), next);
    } else if begins > now {
        let remedy = "look at this machine's clock";
        findings.fault(key, format!("the certificate begins on {}", day(begins)), remedy);
    } else if ends < now.checked_add((SOON_DAYS * 24).hours()).unwrap_or(now) {
        findings.note(key, format!("the certificate ends on {}", day(ends)), next);
    }
    if !own.may_receive() {
        let remedy = "get one with the use keyEncipherment (RSA) or keyAgreement (curves)";
        findings.fault(key, "the certificate is not for encryption".to_owned(), remedy);
    }
}
