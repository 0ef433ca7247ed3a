//! One event for each refusal, with the reference that stands in the answer. Nobody waits for it: it is written behind
//! the answer, with whatever else is to be written.
//!
//! Strangers can be refused as often as they like, and must not fill the disk: of each network so many are written one
//! by one in an hour, of all together [`NETWORKS`] times as many. The rest share one event a minute, and its reference
//! stands in each of their answers: every reference leads to an event.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::Ids;
use crate::domain::address::{ForwardPath, ReversePath};
use crate::domain::event::What;
use crate::domain::keys::Keys;
use crate::domain::office::Peer;
use crate::domain::reference::Reference;
use crate::domain::status::{Occasion, Refusal};
use crate::store::Store;

/// How many networks may have their refusals written one by one: more than this are an attack from everywhere.
const NETWORKS: u32 = 100;
/// Of proven offices together, an hour: a mass mailing to an old list is refused thousandfold, and each is asked after.
const OF_OFFICES: u32 = 20_000;
/// How often the rest is written.
const SUM_EVERY: Duration = Duration::from_mins(1);
/// Events that wait to be written. Beyond them, with the database away, refusals are but counted.
const WAITING: usize = 4096;
/// Networks that a sum remembers, and those that it names.
const REMEMBERED: usize = 1000;
const NAMED: usize = 5;

/// Notes refusals.
pub struct Refusals {
    keys: Keys,
    ids: Ids,
    by_network: DefaultKeyedRateLimiter<IpAddr>,
    by_strangers: DefaultDirectRateLimiter,
    by_offices: DefaultDirectRateLimiter,
    to: mpsc::Sender<Note>,
    from: Mutex<Option<mpsc::Receiver<Note>>>,
    rest: Mutex<Option<Rest>>,
}

/// An event: what it is called, and its detail.
type Note = (String, String);

/// What is counted and not written one by one.
struct Rest {
    reference: Reference,
    classes: BTreeMap<&'static str, u64>,
    networks: HashMap<IpAddr, u64>,
}

impl Refusals {
    /// Writes at most so many refusals of one network an hour one by one.
    #[must_use]
    pub fn new(keys: Keys, ids: Ids, per_network: NonZeroU32) -> Self {
        let (to, from) = mpsc::channel(WAITING);
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX);
        Self {
            keys,
            ids,
            by_network: RateLimiter::keyed(Quota::per_hour(per_network)),
            by_strangers: RateLimiter::direct(Quota::per_hour(per_network.saturating_mul(number(NETWORKS)))),
            by_offices: RateLimiter::direct(Quota::per_hour(number(OF_OFFICES))),
            to,
            from: Mutex::new(Some(from)),
            rest: Mutex::new(None),
        }
    }

    /// Notes a refusal: the reference that finds it.
    #[must_use]
    pub fn note(&self, listener: SocketAddr, peer: &Peer, refusal: &Refusal, occasion: &Occasion) -> Reference {
        let one_by_one = match occasion.office {
            Some(_) => self.by_offices.check().is_ok(),
            None => self.by_network.check_key(&peer.network()).is_ok() && self.by_strangers.check().is_ok(),
        };
        if one_by_one {
            let reference = Reference::new(self.ids.bytes());
            let detail = self.detail(listener, peer, refusal, occasion);
            if self.to.try_send((reference.to_string(), detail)).is_ok() {
                info!(%reference, class = refusal.class.key(), ip = %peer.ip, cause = %refusal.cause, "refused");
                return reference;
            }
        }
        self.count(peer.network(), refusal)
    }

    /// `key=value` words. The first two have few values: refusals are counted by them.
    fn detail(&self, listener: SocketAddr, peer: &Peer, refusal: &Refusal, occasion: &Occasion) -> String {
        let mut detail =
            format!("class={} step={} listener={listener} ip={}", refusal.class.key(), occasion.step, peer.ip);
        let mut add = |word: &str, value: &str| {
            let _ = write!(detail, " {word}={value}");
        };
        if !peer.helo.is_empty() {
            add("helo", &self.keys.trace_hash(&peer.helo.to_ascii_lowercase()));
        }
        if let Some(login) = &peer.login {
            add("login", login.office.as_str());
        }
        if let Some(office) = &occasion.office {
            add("office", office.as_str());
        }
        match &occasion.from {
            Some(ReversePath::Mailbox(from)) => add("from", &self.keys.trace_hash(&from.folded())),
            Some(ReversePath::Null) => add("from", "null"),
            None => {}
        }
        match &occasion.to {
            Some(ForwardPath::Mailbox(to)) => add("to", &self.keys.trace_hash(&to.folded())),
            Some(ForwardPath::Postmaster) => add("to", "postmaster"),
            None => {}
        }
        let _ = write!(detail, " cause={:?}", refusal.cause);
        detail
    }

    fn count(&self, network: IpAddr, refusal: &Refusal) -> Reference {
        let mut held = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = held.get_or_insert_with(|| Rest {
            reference: Reference::new(self.ids.bytes()),
            classes: BTreeMap::new(),
            networks: HashMap::new(),
        });
        *rest.classes.entry(refusal.class.key()).or_default() += 1;
        if rest.networks.len() < REMEMBERED || rest.networks.contains_key(&network) {
            *rest.networks.entry(network).or_default() += 1;
        }
        rest.reference
    }

    /// Writes what is noted, until `stop`; then what is left. Does `each_minute`, too.
    pub async fn write(&self, store: &Store, each_minute: impl Fn(), stop: CancellationToken) {
        let Some(mut notes) = self.from.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let mut minutes = interval(SUM_EVERY);
        minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                _ = notes.recv_many(&mut batch, WAITING) => keep(store, What::Refused, std::mem::take(&mut batch)).await,
                _ = minutes.tick() => {
                    self.by_network.retain_recent();
                    each_minute();
                    self.write_rest(store).await;
                }
                () = stop.cancelled() => break,
            }
        }
        notes.close();
        while notes.recv_many(&mut batch, WAITING).await > 0 {
            keep(store, What::Refused, std::mem::take(&mut batch)).await;
        }
        self.write_rest(store).await;
    }

    async fn write_rest(&self, store: &Store) {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(rest) = rest {
            let detail = rest.detail();
            info!(reference = %rest.reference, detail, "refused, too many to be told one by one");
            keep(store, What::RefusedMore, vec![(rest.reference.to_string(), detail)]).await;
        }
    }
}

impl Rest {
    /// `not-an-office=532 spf=3 networks=2 from=192.0.2.7(530),2001:db8::(5)`.
    fn detail(&self) -> String {
        let mut words: Vec<String> = self.classes.iter().map(|(class, many)| format!("{class}={many}")).collect();
        let mut networks: Vec<_> = self.networks.iter().collect();
        networks.sort_by_key(|(network, many)| (std::cmp::Reverse(**many), **network));
        let more = if networks.len() == REMEMBERED { "+" } else { "" };
        words.push(format!("networks={}{more}", networks.len()));
        let named = networks.iter().take(NAMED).map(|(network, many)| format!("{network}({many})"));
        words.push(format!("from={}", named.collect::<Vec<_>>().join(",")));
        words.join(" ")
    }
}

async fn keep(store: &Store, what: What, notes: Vec<Note>) {
    let many = notes.len();
    if let Err(error) = store.note_all(what, notes).await {
        warn!(%error, refusals = many, "refusals could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::domain::address::Mailbox;
    use crate::domain::status::Class;

    fn refusals(per_network: u32) -> Refusals {
        let keys = Keys::derive(&[1; 32]);
        Refusals::new(keys, Ids::system(Clock::system()), NonZeroU32::new(per_network).unwrap())
    }

    fn peer(ip: &str) -> Peer {
        Peer { ip: ip.parse().unwrap(), helo: "Mail.Hel.Example".to_owned(), tls: None, login: None }
    }

    fn refuse(refusals: &Refusals, ip: &str, office: bool) -> Reference {
        let mailbox = |text| Mailbox::parse(text).unwrap();
        let occasion = Occasion {
            step: "rcpt",
            office: office.then(|| "hel".parse().unwrap()),
            from: Some(ReversePath::Mailbox(mailbox("clerk@hel.example"))),
            to: Some(ForwardPath::Mailbox(mailbox("anna@konto.example"))),
        };
        let refusal = Refusal::new(Class::NotAnOffice, "the \"cause\"");
        refusals.note("192.0.2.1:25".parse().unwrap(), &peer(ip), &refusal, &occasion)
    }

    fn noted(refusals: &Refusals) -> Vec<Note> {
        let mut from = refusals.from.lock().unwrap();
        let from = from.as_mut().unwrap();
        std::iter::from_fn(|| from.try_recv().ok()).collect()
    }

    #[test]
    fn a_note_tells_no_name() {
        let refusals = refusals(9);
        let reference = refuse(&refusals, "192.0.2.7", true);
        let notes = noted(&refusals);
        let [(subject, detail)] = &notes[..] else { panic!("{notes:?}") };
        assert_eq!(*subject, reference.to_string());
        let hash = |text| refusals.keys.trace_hash(text);
        let expected = format!(
            "class=not-an-office step=rcpt listener=192.0.2.1:25 ip=192.0.2.7 helo={} office=hel from={} to={} \
             cause=\"the \\\"cause\\\"\"",
            hash("mail.hel.example"),
            hash("clerk@hel.example"),
            hash("anna@konto.example"),
        );
        assert_eq!(*detail, expected);
    }

    #[test]
    fn one_network_is_counted_and_another_is_not() {
        let refusals = refusals(2);
        let told: Vec<Reference> = (1..=5).map(|n| refuse(&refusals, &format!("2001:db8::{n}"), false)).collect();
        assert!(told[0] != told[1] && told[1] != told[2], "one by one");
        assert!(told[2] == told[3] && told[3] == told[4], "one /64 shares the rest");
        assert_ne!(refuse(&refusals, "2001:db8:1::1", false), told[4], "another network");
        assert_ne!(refuse(&refusals, "2001:db8::1", true), told[4], "an office, from whatever network");
        assert_eq!(noted(&refusals).len(), 4);
        let rest = refusals.rest.lock().unwrap().take().unwrap();
        assert_eq!(rest.detail(), "not-an-office=3 networks=1 from=2001:db8::(3)");
        // The next minute's rest is another event.
        assert_ne!(refuse(&refusals, "2001:db8::1", false), told[4]);
    }

    /// With nobody to write them, as while the database is away, refusals are counted and memory is bounded.
    #[test]
    fn what_cannot_wait_is_counted() {
        let refusals = refusals(1_000_000);
        for _ in 0..WAITING + 10 {
            refuse(&refusals, "192.0.2.7", false);
        }
        let rest = refusals.rest.lock().unwrap().take().unwrap();
        assert_eq!(rest.detail(), "not-an-office=10 networks=1 from=192.0.2.7(10)");
        assert_eq!(noted(&refusals).len(), WAITING);
    }

    #[test]
    fn an_attack_from_everywhere_is_bounded() {
        let refusals = refusals(1);
        for n in 0..3000_u32 {
            refuse(&refusals, &std::net::Ipv4Addr::from_bits(0x0a00_0000 + n).to_string(), false);
        }
        let written = noted(&refusals).len();
        assert!((NETWORKS as usize..NETWORKS as usize + 5).contains(&written), "{written}");
        let detail = refusals.rest.lock().unwrap().take().unwrap().detail();
        assert!(detail.contains(" networks=1000+ from=10.0.0."), "{detail}");
    }
}
