//! Whether what is enrolled can work on this gateway: addresses on domains that are served, proofs that can be given.

use jiff::Timestamp;

use super::Findings;
use super::database::Enrolled;
use crate::config::{Listener, ListenerTls, Sections};
use crate::domain::office::{CertificateRule, LoginDemand, Office, Proof, TlsDemand, TrustRule};
use crate::inbound::certificates;
use crate::store::Password;

pub(super) fn check(config: &Sections, enrolled: &Enrolled, now: Timestamp, findings: &mut Findings) {
    let Enrolled { directory, passwords } = enrolled;
    let Some(mail) = &config.mail else { return };
    if directory.offices().is_empty() {
        let remedy = "enrol one: brevbro apply config/offices.toml";
        findings.note("", "no office is enrolled yet: nobody may write to citizens", remedy);
    }
    // A listener with a fault is not in the list: what it would offer is not known.
    let whole = !findings.faults.iter().any(|fault| fault.key.starts_with("listener"));
    for office in directory.offices() {
        check_office(office, mail.max_message, findings);
        check_certificates(office, now, findings);
        let own = passwords.iter().filter(|password| password.office == office.id && password.revoked.is_none());
        own.for_each(|password| check_password(password, now, findings));
        if whole {
            check_listeners(office, &config.listeners, findings);
        }
    }
    for service in directory.services().filter(|service| !mail.served.domains.contains(&service.address.domain)) {
        let sentence = format!("{} is on a domain that is not served here", service.address.shown());
        findings.fault("mail.domains", sentence, format!("add \"{}\" to the list", service.address.domain.shown()));
    }
}

/// Certificates whose end is known: told as the gateway itself tells them, once a day.
fn check_certificates(office: &Office, now: Timestamp, findings: &mut Findings) {
    let key = format!("office {}", office.id);
    for rule in &office.certificates {
        let CertificateRule::Sha256(sha256, Some(end)) = rule else { continue };
        let left = end.duration_since(now);
        if left >= certificates::SOON {
            continue;
        }
        let digits = sha256[..8].iter().fold(String::new(), |text, octet| format!("{text}{octet:02x}"));
        let day = end.strftime("%F");
        if left.is_negative() {
            let remedy = "take it out of certificates, and see that a newer one is there";
            findings.note(&key, format!("its certificate sha256:{digits}… ended on {day}"), remedy);
        } else {
            let remedy = "ask the office for the next one, and put it into certificates beside this one";
            findings.note(&key, format!("its certificate sha256:{digits}… ends on {day}"), remedy);
        }
    }
}

/// A password that ended long ago was let go of: no word of it.
fn check_password(password: &Password, now: Timestamp, findings: &mut Findings) {
    let Some(left) = password.expires.map(|end| end.duration_since(now)) else { return };
    if left.abs() < certificates::SOON {
        let Password { office, label, .. } = password;
        let sentence = if left.is_negative() {
            format!("the password {office}/{label} has ended")
        } else {
            format!("the password {office}/{label} ends in {} days", left.as_hours() / 24)
        };
        let remedy = "make the next one under another name, change the program over, revoke this one";
        findings.note(&format!("office {office}"), sentence, remedy);
    }
}

fn check_office(office: &Office, max_message: u64, findings: &mut Findings) {
    let key = format!("office {}", office.id);
    if office.trust.is_empty() {
        let remedy = "add one: network, client-certificate, dmarc, dkim:DOMAIN or login";
        findings.fault(&key, "it has no rule of trust: its mail is refused", remedy);
    }
    if office.max_message > max_message {
        let sentence = "max_message is larger than mail.max_message, which holds for all";
        findings.note(&key, sentence, "raise mail.max_message, or lower the office's");
    }
}

fn check_listeners(office: &Office, listeners: &[Listener], findings: &mut Findings) {
    let key = format!("office {}", office.id);
    let files = || listeners.iter().filter_map(|listener| listener.tls.files());
    if office.tls == TlsDemand::Required && files().next().is_none() {
        let remedy = "give a listener tls = \"starttls\", or the office tls = \"optional\"";
        findings.fault(&key, "its mail must come over TLS, and no listener offers it", remedy);
    }
    let needs_login = |TrustRule(proofs): &TrustRule| proofs.contains(&Proof::Login);
    if !office.trust.is_empty()
        && office.trust.iter().all(needs_login)
        && listeners.iter().all(|listener| listener.login == LoginDemand::Off)
    {
        let remedy = "set login = \"required\" at a listener of its own (port 587 or 465), or add another rule";
        findings.fault(&key, "only a login proves it, and no listener offers one", remedy);
    }
    let by_name = office.certificates.iter().any(|rule| matches!(rule, CertificateRule::Name(_)));
    if by_name && files().all(|files| files.client_ca.is_none()) {
        let remedy = "set client_ca at a listener, or name the certificate by its sha256";
        findings.fault(&key, "a certificate is known by name, and no listener knows whose names to believe", remedy);
    }
    let in_clear = |listener: &&Listener| !listener.address.ip().is_loopback() && listener.tls == ListenerTls::None;
    if office.tls == TlsDemand::Optional
        && let Some(listener) = listeners.iter().find(in_clear)
    {
        let sentence = format!("its mail may come in clear at {}", listener.address);
        findings.note(&key, sentence, "write tls = \"required\", unless the network is your own");
    }
}
