//! Offices and service addresses as they are written in a column: JSON, in the words of `offices.toml`.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::rows::{contradiction, hex, kind};
use crate::domain::address::{Domain, Mailbox};
use crate::domain::directory::ServiceAddress;
use crate::domain::ids::OfficeId;
use crate::domain::language::Names;
use crate::domain::office::{
    CertificateRule, Office, Proof, RelayRule, RelayTls, RelayTo, ReplyRoute, SenderRule, TlsDemand, TrustRule,
};

#[derive(Serialize, Deserialize)]
struct OfficeRow {
    name: NameRow,
    language: String,
    senders: Vec<String>,
    trust: Vec<String>,
    networks: Vec<IpNet>,
    certificates: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    signing_certificates: Vec<String>,
    tls: String,
    replies: bool,
    kind: String,
    reply_routes: Vec<String>,
    relay_to: String,
    relay_tls: String,
    max_message: u64,
}

#[derive(Serialize, Deserialize)]
struct NameRow {
    sv: Option<String>,
    fi: Option<String>,
    en: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ServiceRow {
    address: String,
    kind: Option<String>,
    replies: Option<bool>,
    case_prefix: Option<String>,
}

pub(super) fn office_text(office: &Office) -> String {
    let row = OfficeRow {
        name: NameRow { sv: office.name.sv.clone(), fi: office.name.fi.clone(), en: office.name.en.clone() },
        language: office.language.tag().to_owned(),
        senders: office.senders.iter().map(sender_text).collect(),
        trust: office.trust.iter().map(|rule| rule.0.iter().map(proof_text).collect::<Vec<_>>().join("+")).collect(),
        networks: office.networks.clone(),
        certificates: office.certificates.iter().map(certificate_text).collect(),
        signing_certificates: office.signing_certificates.iter().map(certificate_text).collect(),
        tls: if office.tls == TlsDemand::Required { "required" } else { "optional" }.to_owned(),
        replies: office.replies_allowed,
        kind: office.kind.word().to_owned(),
        reply_routes: office.reply_routes.iter().map(route_text).collect(),
        relay_to: relay_to_text(&office.relay.to),
        relay_tls: relay_tls_word(office.relay.tls).to_owned(),
        max_message: office.max_message,
    };
    serde_json::to_string(&row).unwrap_or_default()
}

pub(super) fn office(id: OfficeId, body: &str) -> Result<Office, StoreError> {
    let row: OfficeRow = serde_json::from_str(body).map_err(|_| contradiction("an office that cannot be read"))?;
    let fault = || contradiction("an office of which a part cannot be read");
    Ok(Office {
        id,
        name: Names { sv: row.name.sv, fi: row.name.fi, en: row.name.en },
        language: row.language.parse().map_err(|_| fault())?,
        senders: row.senders.iter().map(|text| sender(text)).collect::<Option<_>>().ok_or_else(fault)?,
        trust: row.trust.iter().map(|text| trust(text)).collect::<Option<_>>().ok_or_else(fault)?,
        networks: row.networks,
        certificates: row.certificates.iter().map(|text| certificate(text)).collect::<Option<_>>().ok_or_else(fault)?,
        signing_certificates: row
            .signing_certificates
            .iter()
            .map(|text| certificate(text))
            .collect::<Option<_>>()
            .ok_or_else(fault)?,
        tls: if row.tls == "required" { TlsDemand::Required } else { TlsDemand::Optional },
        replies_allowed: row.replies,
        kind: kind(&row.kind)?,
        reply_routes: row.reply_routes.iter().map(|text| route(text)).collect::<Option<_>>().ok_or_else(fault)?,
        relay: RelayRule {
            to: relay_to(&row.relay_to).ok_or_else(fault)?,
            tls: relay_tls(&row.relay_tls).ok_or_else(fault)?,
        },
        max_message: row.max_message,
    })
}

pub(super) fn service_text(service: &ServiceAddress) -> String {
    let row = ServiceRow {
        address: service.address.wire(),
        kind: service.kind.map(|kind| kind.word().to_owned()),
        replies: service.replies_allowed,
        case_prefix: service.case_prefix.clone(),
    };
    serde_json::to_string(&row).unwrap_or_default()
}

pub(super) fn service(office: OfficeId, body: &str) -> Result<ServiceAddress, StoreError> {
    let row: ServiceRow =
        serde_json::from_str(body).map_err(|_| contradiction("a service address that cannot be read"))?;
    Ok(ServiceAddress {
        address: super::rows::mailbox(&row.address)?,
        office,
        kind: row.kind.map(|word| kind(&word)).transpose()?,
        replies_allowed: row.replies,
        case_prefix: row.case_prefix,
    })
}

fn sender_text(rule: &SenderRule) -> String {
    match rule {
        SenderRule::Domain(domain) => domain.wire().to_owned(),
        SenderRule::Mailbox(mailbox) => mailbox.wire(),
    }
}

fn sender(text: &str) -> Option<SenderRule> {
    if text.contains('@') {
        Mailbox::parse(text).ok().map(SenderRule::Mailbox)
    } else {
        Domain::parse(text).ok().map(SenderRule::Domain)
    }
}

fn proof_text(proof: &Proof) -> String {
    match proof {
        Proof::Network => "network".to_owned(),
        Proof::ClientCertificate => "client-certificate".to_owned(),
        Proof::Dmarc => "dmarc".to_owned(),
        Proof::Dkim(domain) => format!("dkim:{}", domain.wire()),
        Proof::Login => "login".to_owned(),
    }
}

fn trust(text: &str) -> Option<TrustRule> {
    let proof = |text: &str| match text {
        "network" => Some(Proof::Network),
        "client-certificate" => Some(Proof::ClientCertificate),
        "dmarc" => Some(Proof::Dmarc),
        "login" => Some(Proof::Login),
        other => Domain::parse(other.strip_prefix("dkim:")?).ok().map(Proof::Dkim),
    };
    text.split('+').map(proof).collect::<Option<_>>().map(TrustRule)
}

fn certificate_text(rule: &CertificateRule) -> String {
    match rule {
        CertificateRule::Sha256(hash, None) => format!("sha256:{}", hex(hash)),
        CertificateRule::Sha256(hash, Some(end)) => format!("sha256:{} until {end}", hex(hash)),
        CertificateRule::Name(domain) => domain.wire().to_owned(),
    }
}

fn certificate(text: &str) -> Option<CertificateRule> {
    let Some(digits) = text.strip_prefix("sha256:") else {
        return Domain::parse(text).ok().map(CertificateRule::Name);
    };
    let (digits, end) = match digits.split_once(" until ") {
        Some((digits, end)) => (digits, Some(end.parse().ok()?)),
        None => (digits, None),
    };
    let mut hash = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(CertificateRule::Sha256(hash, end))
}

fn route_text(route: &ReplyRoute) -> String {
    match route {
        ReplyRoute::Sender => "sender".to_owned(),
        ReplyRoute::Mailbox(mailbox) => mailbox.wire(),
    }
}

fn route(text: &str) -> Option<ReplyRoute> {
    if text == "sender" { Some(ReplyRoute::Sender) } else { Mailbox::parse(text).ok().map(ReplyRoute::Mailbox) }
}

fn relay_to_text(to: &RelayTo) -> String {
    match to {
        RelayTo::Mx => "mx".to_owned(),
        RelayTo::Host { host, port, implicit_tls } => {
            format!("{}://{}:{port}", if *implicit_tls { "smtps" } else { "smtp" }, host.wire())
        }
    }
}

fn relay_to(text: &str) -> Option<RelayTo> {
    if text == "mx" {
        return Some(RelayTo::Mx);
    }
    let (scheme, rest) = text.split_once("://")?;
    let (host, port) = rest.rsplit_once(':')?;
    let implicit_tls = match scheme {
        "smtp" => false,
        "smtps" => true,
        _ => return None,
    };
    Some(RelayTo::Host { host: Domain::parse(host).ok()?, port: port.parse().ok()?, implicit_tls })
}

fn relay_tls_word(tls: RelayTls) -> &'static str {
    match tls {
        RelayTls::Verified => "verified",
        RelayTls::MtaSts => "mta-sts",
        RelayTls::Dane => "dane",
        RelayTls::Unverified => "unverified",
        RelayTls::Clear => "clear",
    }
}

fn relay_tls(word: &str) -> Option<RelayTls> {
    [RelayTls::Verified, RelayTls::MtaSts, RelayTls::Dane, RelayTls::Unverified, RelayTls::Clear]
        .into_iter()
        .find(|tls| relay_tls_word(*tls) == word)
}
