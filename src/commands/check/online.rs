//! Whether what the offices publish in DNS can prove their mail, and take ours. Nothing but DNS is asked.

use std::collections::BTreeSet;

use super::Findings;
use crate::app;
use crate::authentication::Authenticator;
use crate::authentication::published::{Published, SELECTORS, Told};
use crate::config::Sections;
use crate::domain::address::Domain;
use crate::domain::directory::Directory;
use crate::domain::office::{Office, Proof, RelayTls, RelayTo, SenderRule};

/// Who asks DNS, if one can be made.
pub(super) fn resolver(config: &Sections, findings: &mut Findings) -> Option<Authenticator> {
    app::resolver(&config.resolver, config.node.name.as_ref()?)
        .map_err(|fault| findings.fault(&fault.key, fault.what, fault.remedy))
        .ok()
}

pub(super) async fn check(authenticator: &Authenticator, directory: &Directory, findings: &mut Findings) {
    for office in directory.offices() {
        for domain in domains(office) {
            Of { office, domain: &domain, findings }.look(&authenticator.published(&domain).await);
        }
    }
}

/// Every domain that an office writes from.
fn domains(office: &Office) -> BTreeSet<Domain> {
    let of = |sender: &SenderRule| match sender {
        SenderRule::Domain(domain) => domain.clone(),
        SenderRule::Mailbox(mailbox) => mailbox.domain.clone(),
    };
    office.senders.iter().map(of).filter(|domain| !domain.is_literal()).collect()
}

/// An office and one of its domains.
struct Of<'a> {
    office: &'a Office,
    domain: &'a Domain,
    findings: &'a mut Findings,
}

impl Of<'_> {
    fn look(&mut self, published: &Published) {
        if let Some(texts) = self.told("SPF", &published.spf) {
            self.spf(&texts);
        }
        if let Some(policy) = self.told("DMARC", &published.dmarc) {
            self.dmarc(policy.as_ref().map(|(_, text)| text.as_str()));
        }
        if let Some(selectors) = self.told("DKIM", &published.selectors) {
            self.dkim(&selectors);
        }
        self.mail(published);
        self.mta_sts(published);
    }

    fn rests_on(&self, proof: impl Fn(&Proof) -> bool) -> bool {
        self.office.trust.iter().any(|rule| rule.0.iter().any(&proof))
    }

    /// Where its mail cannot come or go without it, a fault; else what may be mended.
    fn say(&mut self, needed: bool, sentence: &str, remedy: impl Into<String>) {
        let key = format!("office {}", self.office.id);
        let sentence = format!("{}: {sentence}", self.domain.shown());
        if needed {
            self.findings.fault(&key, sentence, remedy);
        } else {
            self.findings.note(&key, sentence, remedy);
        }
    }

    fn told<T: Clone>(&mut self, what: &str, told: &Told<T>) -> Option<T> {
        match told {
            Ok(told) => Some(told.clone()),
            Err(why) => {
                let remedy = "look at resolver.nameservers, and at the domain's own servers; its mail is told to wait";
                self.say(true, &format!("{what} could not be found out: {why}"), remedy);
                None
            }
        }
    }

    fn spf(&mut self, texts: &[String]) {
        let by_dmarc = self.rests_on(|proof| *proof == Proof::Dmarc);
        match texts {
            [] => self.say(false, "there is no SPF record", "publish one that ends in -all: v=spf1 mx -all"),
            [text] => {
                let words = || text.split_ascii_whitespace().map(str::to_ascii_lowercase);
                if words().any(|word| word == "+all" || word == "all") {
                    let sentence = "SPF lets every server in the world send for it";
                    self.say(by_dmarc, sentence, "end the record in -all");
                } else if !words().any(|word| word == "-all" || word == "~all" || word.starts_with("redirect=")) {
                    self.say(false, "SPF does not say what other servers are", "end the record in -all");
                }
            }
            _ => self.say(by_dmarc, "there are several SPF records, which counts as an error", "publish one"),
        }
    }

    fn dmarc(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            let by_dmarc = self.rests_on(|proof| *proof == Proof::Dmarc);
            let remedy = format!("publish _dmarc.{} TXT \"v=DMARC1; p=reject\"", self.domain.wire());
            return self.say(by_dmarc, "there is no DMARC record: nothing says which of its mail is genuine", remedy);
        };
        let tags = text.split(';').filter_map(|tag| tag.split_once('='));
        let policy = tags.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("p"));
        match policy.map(|(_, policy)| policy.trim().to_ascii_lowercase()).as_deref() {
            Some("reject" | "quarantine") => {}
            Some("none") => {
                let remedy =
                    "that is enough here, where only a pass counts; others take forgeries: p=reject in the end";
                self.say(false, "DMARC says p=none", remedy);
            }
            _ => self.say(false, "its DMARC record has no policy", "write p=reject, p=quarantine or p=none into it"),
        }
    }

    fn dkim(&mut self, found: &[&str]) {
        let rests = self.rests_on(|proof| matches!(proof, Proof::Dkim(_) | Proof::Dmarc));
        if found.is_empty() && rests {
            let sentence = format!(
                "no DKIM key was found. That does not mean that there is none: only a signed message names its \
                 selector, and these were tried: {}",
                SELECTORS.join(", ")
            );
            let remedy =
                "brevbro route test --message FILE, with a message of the office, says whether its signature holds";
            self.say(false, &sentence, remedy);
        }
    }

    /// How our mail gets there.
    fn mail(&mut self, published: &Published) {
        let (to_mx, tls) = (self.office.relay.to == RelayTo::Mx, self.office.relay.tls);
        if !to_mx {
            return;
        }
        let Some(hosts) = self.told("MX", &published.mx) else { return };
        if hosts.is_empty() {
            self.say(
                false,
                "there is no MX record: replies go to the host of that name",
                "write relay.to, or publish MX",
            );
        }
        for host in &hosts {
            match &host.tlsa {
                Ok(false) if tls == RelayTls::Dane => {
                    let sentence = format!("{} has no TLSA record that DNSSEC proves: replies wait", host.name);
                    self.say(
                        true,
                        &sentence,
                        "have TLSA records published and the zone signed, or write relay.tls = \"verified\"",
                    );
                }
                Ok(_) => {}
                Err(why) => {
                    let sentence = format!("TLSA of {} could not be found out: {why}", host.name);
                    self.say(tls == RelayTls::Dane, &sentence, "look at the zone's signatures");
                }
            }
        }
    }

    /// Whether others must speak TLS to its servers (RFC 8461).
    fn mta_sts(&mut self, published: &Published) {
        let tls = self.office.relay.tls;
        let Some(policy) = self.told("MTA-STS", &published.mta_sts) else { return };
        let policy_file = format!("https://mta-sts.{}/.well-known/mta-sts.txt", self.domain.wire());
        match policy {
            Some(_) if tls == RelayTls::MtaSts => self.say(
                false,
                "it has an MTA-STS policy, of which only the record in DNS was looked at",
                format!("look at {policy_file}: it must name every MX host"),
            ),
            None if tls == RelayTls::MtaSts => self.say(
                true,
                "there is no MTA-STS policy, which relay.tls asks for",
                format!("publish _mta-sts.{} and {policy_file}, or write relay.tls = \"verified\"", self.domain.wire()),
            ),
            Some(_) => {}
            None => self.say(
                false,
                "there is no MTA-STS policy: what others send to it may go without TLS",
                format!("publish _mta-sts.{} and {policy_file}", self.domain.wire()),
            ),
        }
    }
}
