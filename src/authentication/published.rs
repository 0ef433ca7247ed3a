//! What a domain publishes about its mail: for `check --online`, which says what to mend.

use super::Authenticator;
use super::dns::{Answer, Kind, Question};
use crate::domain::address::Domain;

/// Selectors that are often used. DNS gives no list of a domain's selectors: only a signed message names one.
pub const SELECTORS: [&str; 12] =
    ["default", "selector1", "selector2", "dkim", "mail", "s1", "s2", "k1", "google", "key1", "mta", "smtp"];

/// What was told; the error is why it could not be found out.
pub type Told<T> = Result<T, &'static str>;

/// What a domain publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its records of `v=spf1`: one, where all is well (RFC 7208 §3.2).
    pub spf: Told<Vec<String>>,
    /// Selectors out of [`SELECTORS`] that have a key which is not revoked.
    pub selectors: Told<Vec<&'static str>>,
    /// The nearest DMARC record: at which name, and its text.
    pub dmarc: Told<Option<(Domain, String)>>,
    /// Hosts that take its mail, the preferred first.
    pub mx: Told<Vec<Host>>,
    /// The record that says that there is an MTA-STS policy (RFC 8461 §3.1). The policy itself lies on a web server.
    pub mta_sts: Told<Option<String>>,
}

/// A host that takes mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Whether it has TLSA records for port 25 that DNSSEC proves (RFC 7672).
    pub tlsa: Told<bool>,
}

impl Authenticator {
    /// Asks for everything about the domain.
    pub async fn published(&self, domain: &Domain) -> Published {
        let name = domain.wire();
        Published {
            spf: self.texts(name, "v=spf1").await,
            selectors: self.selectors(name).await,
            dmarc: self.policy(name).await,
            mx: self.hosts(name).await,
            mta_sts: self.texts(&format!("_mta-sts.{name}"), "v=STSv1").await.map(|texts| texts.into_iter().next()),
        }
    }

    /// TXT records that begin so.
    async fn texts(&self, name: &str, begin: &str) -> Told<Vec<String>> {
        match self.dns.ask(&Question::new(Kind::Txt, name)).await {
            Answer::Txt(texts) => {
                let texts = texts.iter().map(|text| String::from_utf8_lossy(text).into_owned());
                let is_it = |text: &String| text.get(..begin.len()).is_some_and(|is| is.eq_ignore_ascii_case(begin));
                Ok(texts.filter(is_it).collect())
            }
            Answer::Trouble(why) => Err(why),
            _ => Ok(Vec::new()),
        }
    }

    async fn selectors(&self, name: &str) -> Told<Vec<&'static str>> {
        let questions = SELECTORS.map(|selector| Question::new(Kind::Txt, &format!("{selector}._domainkey.{name}")));
        let answers = super::all(questions.iter().map(|question| self.dns.ask(question))).await;
        let mut found = Vec::new();
        for (selector, answer) in SELECTORS.into_iter().zip(answers) {
            match answer {
                Answer::Txt(texts) if texts.iter().any(|text| has_key(text)) => found.push(selector),
                Answer::Trouble(why) => return Err(why),
                _ => {}
            }
        }
        Ok(found)
    }

    async fn policy(&self, name: &str) -> Told<Option<(Domain, String)>> {
        let mut at = name;
        loop {
            let texts = self.texts(&format!("_dmarc.{at}"), "v=DMARC1").await?;
            if let (Some(text), Ok(domain)) = (texts.into_iter().next(), Domain::parse(at)) {
                return Ok(Some((domain, text)));
            }
            match at.split_once('.') {
                Some((_, above)) => at = above,
                None => return Ok(None),
            }
        }
    }

    async fn hosts(&self, name: &str) -> Told<Vec<Host>> {
        let mut exchanges = match self.dns.ask(&Question::new(Kind::Mx, name)).await {
            Answer::Mx(exchanges) => exchanges,
            Answer::Trouble(why) => return Err(why),
            _ => Vec::new(),
        };
        exchanges.sort();
        let mut hosts = Vec::new();
        for (_, host) in exchanges {
            let tlsa = match self.dns.ask(&Question::new(Kind::Tlsa, &format!("_25._tcp.{host}"))).await {
                Answer::Tlsa(records, proved) => Ok(records > 0 && proved),
                Answer::Trouble(why) => Err(why),
                _ => Ok(false),
            };
            hosts.push(Host { name: host.trim_end_matches('.').to_owned(), tlsa });
        }
        Ok(hosts)
    }
}

/// A key record with something in `p=` (RFC 6376 §3.6.1).
fn has_key(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.split(';')
        .filter_map(|tag| tag.split_once('='))
        .any(|(name, key)| name.trim() == "p" && !key.trim().is_empty())
}
