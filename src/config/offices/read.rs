//! The file → offices, accounts and service addresses.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use ipnet::IpNet;

use super::fault::{Place, Wrong};
use super::file::Node;
use super::section::Section;
use super::trust::{certificate, rule};
use super::values::{domain_of, mailbox, one_of, parsed, size, text, words};
use super::{defaults, network};
use crate::domain::account::{Account, AccountState};
use crate::domain::address::Mailbox;
use crate::domain::directory::ServiceAddress;
use crate::domain::identity::{IdentityCode, Scheme};
use crate::domain::ids::{AccountId, OfficeId};
use crate::domain::language::{Language, Names};
use crate::domain::office::{CertificateRule, Office, Proof, ReplyRoute, SenderRule, TlsDemand, TrustRule};
use crate::domain::opaque::Opaque;
use crate::domain::record::Kind;
use crate::domain::wanted::WantedAccount;

const KINDS: [(&str, Kind); 4] =
    [("decision", Kind::Decision), ("notice", Kind::Notice), ("request", Kind::Request), ("message", Kind::Message)];
const REPLIES: [(&str, bool); 2] = [("allowed", true), ("off", false)];
const DEMANDS: [(&str, TlsDemand); 2] = [("required", TlsDemand::Required), ("optional", TlsDemand::Optional)];
const STATES: [(&str, AccountState); 3] =
    [("active", AccountState::Active), ("waiting", AccountState::Waiting), ("closed", AccountState::Closed)];
const LANGUAGES: [(&str, Language); 3] = [("sv", Language::Sv), ("fi", Language::Fi), ("en", Language::En)];

/// What may stand once only in a file, and where it stood first.
struct Once<T>(HashMap<T, String>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

/// What has stood in this file and those before it.
#[derive(Default)]
pub(super) struct Seen {
    offices: Once<OfficeId>,
    accounts: Once<AccountId>,
    people: Once<IdentityCode>,
    aliases: Once<String>,
    services: Once<String>,
}

impl<T: Hash + Eq> Once<T> {
    /// Reports a value that has been there before.
    fn see(&mut self, value: T, section: &Section<'_>, place: &Place, key: &str, owner: &str) {
        if let Some(first) = self.0.get(&value) {
            let remedy = "take it out of one of them";
            section.fault(place, key, Wrong::new(format!("this stands in {first} already"), remedy));
        } else {
            self.0.insert(value, owner.to_owned());
        }
    }
}

pub(super) fn offices(root: &mut Section<'_>, seen: &mut Seen) -> Vec<Office> {
    root.sections("office").into_iter().filter_map(|section| office(section, seen)).collect()
}

fn office(mut section: Section<'_>, seen: &mut Seen) -> Option<Office> {
    let place = section.place().clone();
    let id = section.required("id", "write a short name for it: id = \"hel-social\"", parsed::<OfficeId>);
    if let Some(id) = &id {
        section.name(id.as_str());
        seen.offices.see(id.clone(), &section, &place, "id", "another office");
    }
    let name = names(&mut section);
    let language = section.or("language", Language::En, |node| one_of(&LANGUAGES, node));
    let senders = section.required_list("senders", "write its mail domains: senders = [\"hel.example\"]", sender);
    let remedy = "write what proves it: trust = [\"network\"], with networks = [\"192.0.2.0/24\"]";
    let trust = section.required_list("trust", remedy, rule);
    let (has_networks, has_certificates) = (section.is_written("networks"), section.is_written("certificates"));
    let networks = section.list("networks", net);
    let folder = section.folder().to_owned();
    let certificates = section.list("certificates", |node| certificate(node, &folder));
    let asks = |proof: &Proof| trust.iter().flatten().any(|TrustRule(proofs)| proofs.contains(proof));
    if !has_networks && asks(&Proof::Network) {
        let wrong = Wrong::new("trust asks for a network, and none is named", "networks = [\"192.0.2.0/24\"]");
        section.fault(&place, "networks", wrong);
    }
    if !has_certificates && asks(&Proof::ClientCertificate) {
        let wrong = Wrong::new("trust asks for a certificate, and none is named", "certificates = [\"sha256:…\"]");
        section.fault(&place, "certificates", wrong);
    }
    let signing = section.list("signing_certificates", |node| match certificate(node, &folder)? {
        CertificateRule::Name(_) => Err(Wrong::new(
            "a name vouches for no signature",
            "write \"file:\" and the certificate in PEM, or \"sha256:\" and its fingerprint",
        )),
        rule => Ok(rule),
    });
    let tls = section.or("tls", TlsDemand::Required, |node| one_of(&DEMANDS, node));
    let replies_allowed = section.or("replies", true, |node| one_of(&REPLIES, node));
    let kind = section.or("kind", Kind::Message, |node| one_of(&KINDS, node));
    let has_routes = section.is_written("reply_routes");
    let reply_routes = section.list("reply_routes", reply_route).unwrap_or_else(|| vec![ReplyRoute::Sender]);
    if reply_routes.is_empty() && !has_routes && replies_allowed {
        let wrong = Wrong::new("there is nowhere for replies to go", "name one, or write replies = \"off\"");
        section.fault(&place, "reply_routes", wrong);
    }
    let relay = network::relay_rule(&mut section.section("relay"));
    let max_message = section.or("max_message", defaults::MAX_MESSAGE, size(64 << 10));
    Some(Office {
        id: id?,
        name: name?,
        language,
        senders: senders?,
        trust: trust?,
        networks: networks.unwrap_or_default(),
        certificates: certificates.unwrap_or_default(),
        signing_certificates: signing.unwrap_or_default(),
        tls,
        replies_allowed,
        kind,
        reply_routes,
        relay,
        max_message,
    })
}

/// `name = { sv = "…", fi = "…", en = "…" }`, one of them at least.
fn names(section: &mut Section<'_>) -> Option<Names> {
    let remedy = "write it in one language at least: name = { sv = \"…\", fi = \"…\", en = \"…\" }";
    let place = section.place().clone();
    let Some(mut below) = section.table("name") else {
        section.missing("name", remedy);
        return None;
    };
    let names =
        Names { sv: below.optional("sv", words), fi: below.optional("fi", words), en: below.optional("en", words) };
    if names == Names::default() {
        section.fault(&place, "name", Wrong::new("there is no name in any language", remedy));
    }
    Some(names)
}

/// A domain, or one address.
fn sender(node: &Node) -> Result<SenderRule, Wrong> {
    if text(node)?.contains('@') {
        mailbox(node).map(SenderRule::Mailbox)
    } else {
        domain_of(text(node)?).map(SenderRule::Domain)
    }
}

/// `192.0.2.0/24`; one address without a slash.
fn net(node: &Node) -> Result<IpNet, Wrong> {
    let text = text(node)?;
    let remedy = "write an address and the length of its prefix: \"192.0.2.0/24\", \"2001:db8::/32\"";
    let net: IpNet = text
        .parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| Wrong::new(format!("\"{text}\" is not a network"), remedy))?;
    if net.trunc() == net {
        Ok(net)
    } else {
        let remedy = format!("the network that it lies in is {}", net.trunc());
        Err(Wrong::new(format!("\"{text}\" is an address in a network, not a network"), remedy))
    }
}

fn reply_route(node: &Node) -> Result<ReplyRoute, Wrong> {
    if text(node)? == "sender" { Ok(ReplyRoute::Sender) } else { mailbox(node).map(ReplyRoute::Mailbox) }
}

pub(super) fn accounts(root: &mut Section<'_>, seen: &mut Seen) -> Vec<WantedAccount> {
    root.sections("account").into_iter().filter_map(|section| account(section, seen)).collect()
}

fn account(mut section: Section<'_>, seen: &mut Seen) -> Option<WantedAccount> {
    let place = section.place().clone();
    let id = section.required("id", "write a short name for it: id = \"anna\"", account_id);
    let owner = id.as_ref().map_or_else(|| "another account".to_owned(), |id| format!("account {id}"));
    if let Some(id) = &id {
        section.name(id.as_str());
        seen.accounts.see(id.clone(), &section, &place, "id", "another account");
    }
    let identity = section.optional("identity", identity);
    if let Some(code) = &identity {
        seen.people.see(code.clone(), &section, &place, "identity", &owner);
    }
    let name = section.required("name", "write the person's name, as replies are signed: name = \"…\"", words);
    let state = section.or("state", AccountState::Waiting, |node| one_of(&STATES, node));
    let language = section.or("language", Language::En, |node| one_of(&LANGUAGES, node));
    let notices = section.list("notices", mailbox).unwrap_or_default();
    let (mut aliases, mut opaque) = (Vec::new(), Vec::new());
    let written = section.list("aliases", |node| Ok((alias(node)?, node.place.clone()))).unwrap_or_default();
    for (at, (alias, place)) in written.into_iter().enumerate() {
        let folded = match &alias {
            Alias::Named(mailbox) => mailbox.folded(),
            Alias::Opaque(characters) => characters.clone(),
        };
        seen.aliases.see(folded, &section, &place, &format!("aliases[{at}]"), &owner);
        match alias {
            Alias::Named(mailbox) => aliases.push(mailbox),
            Alias::Opaque(characters) => opaque.push(characters),
        }
    }
    let account = Account { id: id?, name: name?, state, language, notices };
    Some(WantedAccount { account, identity, aliases, opaque })
}

/// A slug that is no identity code: it stands in traces.
fn account_id(node: &Node) -> Result<AccountId, Wrong> {
    if is_identity_code(text(node)?) {
        return Err(Wrong::new("an identity code may not be the account's name", "write a short name: id = \"anna\""));
    }
    parsed(node)
}

fn is_identity_code(text: &str) -> bool {
    IdentityCode::parse(Scheme::Hetu, text).is_ok()
}

/// `hetu:131052-308T`. What was written is not repeated.
fn identity(node: &Node) -> Result<IdentityCode, Wrong> {
    let remedy = "write the scheme and the code: \"hetu:131052-308T\"";
    text(node)?.parse().map_err(|fault| Wrong::new(format!("{fault}"), remedy))
}

enum Alias {
    Named(Mailbox),
    Opaque(String),
}

/// An address of ours. An opaque one, with a domain or without, holds check characters.
fn alias(node: &Node) -> Result<Alias, Wrong> {
    let text = text(node)?;
    let local = text.split_once('@').map_or(text, |(local, _)| local);
    match Opaque::parse(local) {
        Ok(opaque) => return Ok(Alias::Opaque(opaque.canonical())),
        Err(fault) if has_opaque_form(local) => {
            return Err(Wrong::new(format!("\"{text}\": {fault}"), "copy it anew, or leave it out"));
        }
        Err(_) => {}
    }
    if is_identity_code(local) {
        let remedy = "write it as identity = \"hetu:…\", and name its domain in mail.identity_domains";
        return Err(Wrong::new("an identity code may not be an alias", remedy));
    }
    mailbox(node).map(Alias::Named)
}

/// Three groups of four: meant as an opaque alias, whatever they hold.
fn has_opaque_form(local: &str) -> bool {
    let groups: Vec<&str> = local.split('-').collect();
    groups.len() == 3 && groups.iter().all(|g| g.len() == 4 && g.chars().all(|c| c.is_ascii_alphanumeric()))
}

pub(super) fn services(root: &mut Section<'_>, seen: &mut Seen) -> Vec<ServiceAddress> {
    root.sections("address").into_iter().filter_map(|section| service(section, seen)).collect()
}

fn service(mut section: Section<'_>, seen: &mut Seen) -> Option<ServiceAddress> {
    let place = section.place().clone();
    let remedy = "write an address on one of our domains: address = \"begaran.social@konto.example\"";
    let address = section.required("address", remedy, mailbox);
    if let Some(address) = &address {
        section.name(&address.shown());
        seen.services.see(address.folded(), &section, &place, "address", "another [[address]]");
    }
    let office = section.required("office", "name the office by its id: office = \"hel-social\"", parsed::<OfficeId>);
    let kind = section.optional("kind", |node| one_of(&KINDS, node));
    let replies_allowed = section.optional("replies", |node| one_of(&REPLIES, node));
    let case_prefix = section.optional("case_prefix", words);
    Some(ServiceAddress { address: address?, office: office?, kind, replies_allowed, case_prefix })
}
