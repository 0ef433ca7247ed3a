//! Whether what is enrolled can work on this gateway: addresses on domains that are served, proofs that can be given.

use super::Findings;
use crate::config::{Listener, ListenerTls, Sections};
use crate::domain::directory::Directory;
use crate::domain::office::{CertificateRule, Office, Proof, TlsDemand, TrustRule};

pub(super) fn check(config: &Sections, directory: &Directory, findings: &mut Findings) {
    let Some(mail) = &config.mail else { return };
    if directory.offices().is_empty() {
        let remedy = "enrol one: brevbro apply config/offices.toml";
        findings.note("", "no office is enrolled yet: nobody may write to citizens", remedy);
    }
    // A listener with a fault is not in the list: what it would offer is not known.
    let whole = !findings.faults.iter().any(|fault| fault.key.starts_with("listener"));
    for office in directory.offices() {
        check_office(office, mail.max_message, findings);
        if whole {
            check_listeners(office, &config.listeners, findings);
        }
    }
    for service in directory.services().filter(|service| !mail.served.domains.contains(&service.address.domain)) {
        let sentence = format!("{} is on a domain that is not served here", service.address.shown());
        findings.fault("mail.domains", sentence, format!("add \"{}\" to the list", service.address.domain.shown()));
    }
}

fn check_office(office: &Office, max_message: u64, findings: &mut Findings) {
    let key = format!("office {}", office.id);
    let possible = |proof: &Proof| *proof != Proof::Login;
    if !office.trust.iter().any(|TrustRule(proofs)| proofs.iter().all(possible)) {
        let remedy = "add a rule of another proof: login is not yet taken by this version";
        findings.fault(&key, "no rule of trust can be fulfilled: its mail is refused", remedy);
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
