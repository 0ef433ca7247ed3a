//! What DNS has said so far, shown to mail-auth as its cache. The crate then never asks anybody itself: it gets trouble
//! for whatever is not known yet, the question is noted, [`super::Authenticator`] asks it, and the check runs anew with
//! the answer. So a check is a pure function of message and answers, and all of DNS goes through `dns`.

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use mail_auth::dkim::{AtpsRecord, DkimReportRecord, DomainKey};
use mail_auth::dmarc::DmarcRecord;
use mail_auth::dns::TxtRecordParser;
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::spf::SpfRecord;
use mail_auth::{DnsCache, DnsError, DnssecStatus, Error, Mx, Negative, RecordSet, ResolverCache, TxtRecord};

use super::dns::{Answer, Kind, Question};

/// What a check reads TXT records as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Spf,
    /// Keys, of DKIM and of ARC.
    Keys,
    Dmarc,
}

/// Answers, and what was asked beyond them.
#[derive(Default)]
pub(super) struct Known {
    answers: HashMap<Question, Answer>,
    /// The address that SPF is asked about.
    peer: Option<IpAddr>,
    /// In the order of asking.
    missed: RefCell<Vec<Question>>,
    /// What was the trouble that a check ran into last.
    trouble: Cell<Option<&'static str>>,
    /// Whether it was one that mail-auth cannot be told of, with the hosts and addresses that SPF asked for.
    fatal: Cell<bool>,
    /// Names that mechanisms of SPF asked about for nothing (RFC 7208 §4.6.4).
    void: RefCell<BTreeSet<Box<str>>>,
    /// Nothing more is asked: whatever is not known is trouble.
    closed: Option<&'static str>,
}

impl Known {
    /// For SPF.
    pub fn of_peer(ip: IpAddr) -> Self {
        Self { peer: Some(ip), ..Self::default() }
    }

    pub fn learn(&mut self, question: Question, answer: Answer) {
        self.answers.insert(question, answer);
    }

    /// From now on, what is not known cannot be found out, for this reason.
    pub fn close(&mut self, why: &'static str) {
        self.closed = Some(why);
    }

    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    pub fn knows(&self, question: &Question) -> bool {
        self.answers.contains_key(question)
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Forgets how the last check went.
    pub fn begin(&self) {
        self.missed.take();
        self.void.take();
        self.trouble.take();
        self.fatal.take();
    }

    /// What the check lacked, in the order of asking.
    pub fn missed(&self) -> Vec<Question> {
        self.missed.borrow().clone()
    }

    /// How many names it asked about for nothing.
    pub fn void(&self) -> usize {
        self.void.borrow().len()
    }

    /// The last trouble that it ran into.
    pub fn trouble(&self) -> Option<&'static str> {
        self.trouble.get()
    }

    /// Whether it must end in a temporary error, whatever mail-auth made of it (RFC 7208 §5).
    pub fn is_fatal(&self) -> bool {
        self.fatal.get()
    }

    pub fn as_cache(&self, reading: Reading) -> Cache<'_> {
        Cache {
            txt: Txt { known: self, reading },
            mx: Records { known: self, kind: Kind::Mx },
            ipv4: Records { known: self, kind: Kind::A },
            ipv6: Records { known: self, kind: Kind::Aaaa },
            ptr: Records { known: self, kind: Kind::Ptr },
        }
    }

    /// The answer; a question that has none is noted.
    fn answer(&self, kind: Kind, name: &str) -> Answer {
        let question = Question::new(kind, name);
        match (self.answers.get(&question), self.closed) {
            (Some(answer), _) => {
                if let Answer::Trouble(why) = answer {
                    self.trouble.set(Some(why));
                }
                answer.clone()
            }
            (None, Some(why)) => {
                self.trouble.set(Some(why));
                Answer::Trouble(why)
            }
            (None, None) => {
                let mut missed = self.missed.borrow_mut();
                if !missed.contains(&question) {
                    missed.push(question);
                }
                Answer::Trouble("not asked yet")
            }
        }
    }

    /// An answer that is a list. Trouble cannot be told apart from nothing here, and is noted instead.
    fn list<T>(&self, kind: Kind, name: &str, read: impl FnOnce(Answer) -> Option<Vec<T>>) -> Found<T> {
        let answer = self.answer(kind, name);
        if matches!(answer, Answer::Trouble(_)) {
            self.fatal.set(true);
        }
        if matches!(answer, Answer::Nothing { .. } | Answer::NoName) {
            self.void.borrow_mut().insert(name.into());
        }
        let code = match answer {
            Answer::Nothing { named: true } => ResponseCode::NoError,
            _ => ResponseCode::NXDomain,
        };
        let records = read(answer).ok_or(Negative { code })?;
        Ok(RecordSet { records: records.into(), dnssec_status: DnssecStatus::Indeterminate })
    }
}

type Found<T> = Result<RecordSet<T>, Negative>;

/// The view of [`Known`] that mail-auth takes.
pub(super) struct Cache<'k> {
    txt: Txt<'k>,
    mx: Records<'k>,
    ipv4: Records<'k>,
    ipv6: Records<'k>,
    ptr: Records<'k>,
}

impl<'k> DnsCache for Cache<'k> {
    type Txt = Txt<'k>;
    type Mx = Records<'k>;
    type Ipv4 = Records<'k>;
    type Ipv6 = Records<'k>;
    type Ptr = Records<'k>;

    fn txt(&self) -> Option<&Self::Txt> {
        Some(&self.txt)
    }

    fn mx(&self) -> Option<&Self::Mx> {
        Some(&self.mx)
    }

    fn ipv4(&self) -> Option<&Self::Ipv4> {
        Some(&self.ipv4)
    }

    fn ipv6(&self) -> Option<&Self::Ipv6> {
        Some(&self.ipv6)
    }

    fn ptr(&self) -> Option<&Self::Ptr> {
        Some(&self.ptr)
    }
}

pub(super) struct Txt<'k> {
    known: &'k Known,
    reading: Reading,
}

impl ResolverCache<Box<str>, TxtRecord> for Txt<'_> {
    fn get<Q>(&self, name: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let name = spelled(name);
        // Reports to signers, and others who sign for a domain (RFC 6651, RFC 6541): neither changes what holds.
        if self.reading == Reading::Keys && name.starts_with("_report._domainkey.") {
            return Some(read::<DkimReportRecord>(&[]));
        }
        if self.reading == Reading::Keys && name.contains("._atps.") {
            return Some(read::<AtpsRecord>(&[b"v=ATPS1".to_vec()]));
        }
        Some(match self.known.answer(Kind::Txt, &name) {
            Answer::Txt(strings) => match self.reading {
                Reading::Spf => read::<SpfRecord>(&strings),
                Reading::Keys => read::<DomainKey>(&strings),
                Reading::Dmarc => read::<DmarcRecord>(&strings),
            },
            Answer::Nothing { named } => {
                let code = if named { ResponseCode::NoError } else { ResponseCode::NXDomain };
                TxtRecord::Error(Error::Dns(DnsError::RecordNotFound(code)))
            }
            Answer::NoName => TxtRecord::Error(Error::Parse),
            _ => TxtRecord::Error(Error::Dns(DnsError::Resolver(String::new()))),
        })
    }

    fn remove<Q>(&self, _: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: TxtRecord, _: Instant) {}
}

fn read<T: TxtRecordParser>(strings: &[Vec<u8>]) -> TxtRecord
where
    TxtRecord: From<T>,
{
    match T::parse_records(strings) {
        Ok(record) => record.into(),
        Err(error) => TxtRecord::Error(error),
    }
}

pub(super) struct Records<'k> {
    known: &'k Known,
    kind: Kind,
}

/// A cache of one kind of record, under names.
macro_rules! by_name {
    ($item:ty, $read:expr) => {
        impl ResolverCache<Box<str>, Found<$item>> for Records<'_> {
            fn get<Q>(&self, name: &Q) -> Option<Found<$item>>
            where
                Box<str>: Borrow<Q>,
                Q: Hash + Eq + ?Sized,
            {
                Some(self.known.list(self.kind, &spelled(name), $read))
            }

            fn remove<Q>(&self, _: &Q) -> Option<Found<$item>>
            where
                Box<str>: Borrow<Q>,
                Q: Hash + Eq + ?Sized,
            {
                None
            }

            fn insert(&self, _: Box<str>, _: Found<$item>, _: Instant) {}
        }
    };
}

by_name!(Mx, |answer| match answer {
    Answer::Mx(hosts) => Some(by_preference(hosts)),
    _ => None,
});
by_name!(Ipv4Addr, |answer| match answer {
    Answer::A(ips) => Some(ips),
    _ => None,
});
by_name!(Ipv6Addr, |answer| match answer {
    Answer::Aaaa(ips) => Some(ips),
    _ => None,
});

fn by_preference(mut hosts: Vec<(u16, Box<str>)>) -> Vec<Mx> {
    hosts.sort();
    let each = |(preference, host): (u16, Box<str>)| Mx { exchanges: Box::new([host]), preference };
    hosts.into_iter().map(each).collect()
}

impl ResolverCache<IpAddr, Found<Box<str>>> for Records<'_> {
    fn get<Q>(&self, _: &Q) -> Option<Found<Box<str>>>
    where
        IpAddr: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let name = Question::reverse(self.known.peer?).name;
        let before = self.known.fatal.get();
        let found = self.known.list(self.kind, &name, |answer| match answer {
            Answer::Ptr(hosts) => Some(hosts),
            _ => None,
        });
        // RFC 7208 §5.5: an error here only means that nothing matches.
        self.known.fatal.set(before);
        Some(found)
    }

    fn remove<Q>(&self, _: &Q) -> Option<Found<Box<str>>>
    where
        IpAddr: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: IpAddr, _: Found<Box<str>>, _: Instant) {}
}

/// Writes down what is hashed: all that the trait lets be known of a key is its hash and whether it equals another.
#[derive(Default)]
struct Scribe(Vec<u8>);

impl Hasher for Scribe {
    fn write(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// The name, which text hashes as its octets and one that ends it.
fn spelled<Q: Hash + ?Sized>(name: &Q) -> String {
    let mut scribe = Scribe::default();
    name.hash(&mut scribe);
    scribe.0.pop();
    String::from_utf8(scribe.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the standard library hashes of a text is no promise of its own: this one holds it.
    #[test]
    fn a_name_is_spelled_out() {
        for name in ["", "_dmarc.hel.example.", "räksmörgås.example.", "a\u{0}b"] {
            assert_eq!(spelled(name), name);
        }
    }

    #[test]
    fn what_is_not_known_is_noted_once_and_is_trouble() {
        let mut known = Known::default();
        let asked = |known: &Known| known.as_cache(Reading::Spf).txt().and_then(|txt| txt.get::<str>("hel.example."));
        for _ in 0..2 {
            assert!(matches!(asked(&known), Some(TxtRecord::Error(Error::Dns(DnsError::Resolver(_))))));
        }
        assert_eq!(known.missed(), [Question::new(Kind::Txt, "hel.example")]);
        known.learn(Question::new(Kind::Txt, "HEL.example"), Answer::Txt(vec![b"v=spf1 -all".to_vec()]));
        known.begin();
        assert!(matches!(asked(&known), Some(TxtRecord::Spf(_))));
        assert!(known.missed().is_empty() && known.trouble().is_none());
    }
}
