//! Whether what is enrolled can work on this gateway: addresses on domains that are served, proofs that can be given.

use super::Findings;
use crate::config::{ListenerTls, Sections};
use crate::domain::address::Domain;
use crate::domain::office::{CertificateRule, Office, Proof, TlsDemand, TrustRule};
use crate::domain::wanted::Wanted;

const APPLY: &str = "change it in the file that you apply, or add the domain to mail.domains";

pub(super) fn check(config: &Sections, wanted: &Wanted, findings: &mut Findings) {
    if wanted.offices.is_empty() {
        let remedy = "enrol one: brevbro apply config/offices.toml";
        findings.note("", "no office is enrolled yet: nobody may write to citizens", remedy);
    }
    let Some(mail) = &config.mail else { return };
    for office in &wanted.offices {
        check_office(config, mail.max_message, office, findings);
    }
    let served = |domain: &Domain| mail.served.domains.contains(domain);
    for service in &wanted.services {
        if !served(&service.address.domain) {
            let key = format!("address {}", service.address.shown());
            findings.fault(&key, "the domain is not served here", APPLY);
        }
        if !wanted.offices.iter().any(|office| office.id == service.office) {
            let key = format!("address {}", service.address.shown());
            findings.fault(&key, format!("there is no office {}", service.office), "apply the office, or name another");
        }
    }
    for one in &wanted.accounts {
        for alias in one.aliases.iter().filter(|alias| !served(&alias.domain)) {
            let key = format!("account {}", one.account.id);
            findings.fault(&key, format!("an alias is on {}, which is not served here", alias.domain.shown()), APPLY);
        }
    }
}

fn check_office(config: &Sections, max_message: u64, office: &Office, findings: &mut Findings) {
    let key = format!("office {}", office.id);
    let files = || config.listeners.iter().filter_map(|listener| listener.tls.files());
    let possible = |proof: &Proof| matches!(proof, Proof::Network | Proof::ClientCertificate);
    if !office.trust.iter().any(|TrustRule(proofs)| proofs.iter().all(possible)) {
        let remedy = "add a rule of network or client-certificate: the other proofs are not yet taken by this version";
        findings.fault(&key, "no rule of trust can be fulfilled: its mail is refused", remedy);
    }
    if office.tls == TlsDemand::Required && files().next().is_none() {
        let remedy = "give a listener tls = \"starttls\", or the office tls = \"optional\"";
        findings.fault(&key, "its mail must come over TLS, and no listener offers it", remedy);
    }
    let by_name = office.certificates.iter().any(|rule| matches!(rule, CertificateRule::Name(_)));
    if by_name && files().all(|files| files.client_ca.is_none()) {
        let remedy = "set client_ca at a listener, or name the certificate by its sha256";
        findings.fault(&key, "a certificate is known by name, and no listener knows whose names to believe", remedy);
    }
    if office.max_message > max_message {
        let sentence = "max_message is larger than mail.max_message, which holds for all";
        findings.note(&key, sentence, "raise mail.max_message, or lower the office's");
    }
    for listener in &config.listeners {
        let outside = !listener.address.ip().is_loopback() && listener.tls == ListenerTls::None;
        if outside && office.tls == TlsDemand::Optional {
            let sentence = format!("its mail may come in clear at {}", listener.address);
            findings.note(&key, sentence, "write tls = \"required\", unless the network is your own");
        }
    }
}
