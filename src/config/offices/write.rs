//! Offices, accounts and service addresses → the file, every key written out.

use std::fmt::Write;

use super::network;
use super::size::size_written;
use super::trust::{certificate_written, rule_written};
use crate::domain::address::Mailbox;
use crate::domain::directory::ServiceAddress;
use crate::domain::identity::IdentityCode;
use crate::domain::office::{Office, RelayRule, RelayTo, ReplyRoute, SenderRule, TlsDemand};
use crate::domain::wanted::{Wanted, WantedAccount};

/// The text of `offices.toml`. It holds identity codes: whoever writes it to a file makes it readable for few.
#[must_use]
pub fn write(wanted: &Wanted) -> String {
    let mut file = Text(String::new());
    wanted.offices.iter().for_each(|one| office(&mut file, one));
    wanted.accounts.iter().for_each(|one| account(&mut file, one));
    wanted.services.iter().for_each(|one| service(&mut file, one));
    file.0
}

struct Text(String);

impl Text {
    fn section(&mut self, name: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.0, "{gap}[[{name}]]");
    }

    fn key(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.0, "{key} = {}", quoted(value));
    }

    fn list(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let values: Vec<String> = values.map(|value| quoted(&value)).collect();
        let _ = writeln!(self.0, "{key} = [{}]", values.join(", "));
    }

    fn table(&mut self, key: &str, entries: &[(&str, &str)]) {
        let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key} = {}", quoted(value))).collect();
        let _ = writeln!(self.0, "{key} = {{ {} }}", entries.join(", "));
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn replies(allowed: bool) -> &'static str {
    if allowed { "allowed" } else { "off" }
}

fn office(file: &mut Text, office: &Office) {
    file.section("office");
    file.key("id", office.id.as_str());
    let names = [("sv", &office.name.sv), ("fi", &office.name.fi), ("en", &office.name.en)];
    let names: Vec<(&str, &str)> = names.iter().filter_map(|(tag, name)| Some((*tag, name.as_deref()?))).collect();
    file.table("name", &names);
    file.key("language", office.language.tag());
    file.list(
        "senders",
        office.senders.iter().map(|rule| match rule {
            SenderRule::Domain(domain) => domain.shown(),
            SenderRule::Mailbox(mailbox) => mailbox.shown(),
        }),
    );
    file.list("trust", office.trust.iter().map(rule_written));
    file.list("networks", office.networks.iter().map(ToString::to_string));
    file.list("certificates", office.certificates.iter().map(certificate_written));
    file.list("signing_certificates", office.signing_certificates.iter().map(certificate_written));
    file.key("tls", if office.tls == TlsDemand::Required { "required" } else { "optional" });
    file.key("replies", replies(office.replies_allowed));
    file.key("kind", office.kind.word());
    file.list(
        "reply_routes",
        office.reply_routes.iter().map(|route| match route {
            ReplyRoute::Sender => "sender".to_owned(),
            ReplyRoute::Mailbox(mailbox) => mailbox.shown(),
        }),
    );
    let (to, tls) = relay(&office.relay);
    file.table("relay", &[("to", &to), ("tls", tls)]);
    file.key("max_message", &size_written(office.max_message));
}

fn relay(rule: &RelayRule) -> (String, &'static str) {
    let to = match &rule.to {
        RelayTo::Mx => "mx".to_owned(),
        RelayTo::Host { host, port, implicit_tls } => {
            let scheme = if *implicit_tls { "smtps" } else { "smtp" };
            format!("{scheme}://{}:{port}", host.shown())
        }
    };
    let tls = network::RELAY_TLS.iter().find(|(_, tls)| *tls == rule.tls).map_or("verified", |(word, _)| *word);
    (to, tls)
}

fn account(file: &mut Text, wanted: &WantedAccount) {
    let account = &wanted.account;
    file.section("account");
    file.key("id", account.id.as_str());
    if let Some(code) = &wanted.identity {
        file.key("identity", &written(code));
    }
    file.key("name", &account.name);
    file.key("state", account.state.word());
    let opaque = wanted.opaque.iter().map(|characters| grouped(characters));
    file.list("aliases", wanted.aliases.iter().map(Mailbox::shown).chain(opaque));
    file.key("language", account.language.tag());
    file.list("notices", account.notices.iter().map(Mailbox::shown));
}

fn written(code: &IdentityCode) -> String {
    format!("{}:{}", code.scheme().word(), code.canonical())
}

/// `k7m2xq4d9tfa` → `k7m2-xq4d-9tfa`.
fn grouped(characters: &str) -> String {
    let characters: Vec<char> = characters.chars().collect();
    characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

fn service(file: &mut Text, service: &ServiceAddress) {
    file.section("address");
    file.key("address", &service.address.shown());
    file.key("office", service.office.as_str());
    if let Some(kind) = service.kind {
        file.key("kind", kind.word());
    }
    if let Some(allowed) = service.replies_allowed {
        file.key("replies", replies(allowed));
    }
    if let Some(prefix) = &service.case_prefix {
        file.key("case_prefix", prefix);
    }
}
