//! THE WALK IN, written out: who writes (`trust`), to whom (`routing`), what (`intake`), kept (`store`). Facts are
//! fetched from the store here and handed to the rooms that decide, which know neither the store nor each other.

pub mod certificates;
mod contents;
pub mod login;
mod machines;
mod proof;
mod rates;
mod recent;
mod refusals;
mod seals;
mod terms;
mod trace;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use bytes::Bytes;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use self::contents::Looking;
pub use self::login::FailedLogins;
use self::machines::Written;
pub use self::rates::PerHour;
use self::rates::Rates;
use self::recent::Recent;
pub use self::refusals::Refusals;
pub use self::seals::Sealing;
use crate::authentication::{Authenticator, Need};
use crate::clock::{Clock, Ids};
use crate::domain::address::{Domain, ForwardPath, ReversePath};
use crate::domain::arrival::{Arrival, Placement, Raw, Receipt, Summary};
use crate::domain::directory::{Directory, Served};
use crate::domain::envelope::{Destination, Envelope, Route, Sender};
use crate::domain::ids::{ArrivalId, RecordId};
use crate::domain::keys::Keys;
use crate::domain::lookup::{Found, Lookup};
use crate::domain::office::Peer;
use crate::domain::record::Person;
use crate::domain::status::{Class, Refusal};
use crate::domain::token;
use crate::intake::report::Told;
use crate::intake::{self, Glance};
use crate::routing::{Mapped, recipient as routing};
use crate::store::Store;
use crate::trust;

/// What is read at once into memory of large messages, in KiB, over all connections: one of the largest, since reading
/// takes milliseconds and receiving takes seconds.
const READING_KIB: u32 = 48 * 1024;
/// Received fields that are taken for a loop: the least that RFC 5321 §6.3 allows.
const MAX_HOPS: u32 = 100;
/// Above this many octets a message is read on a thread of its own, so that it holds up nobody's session.
const READ_ASIDE: usize = 256 * 1024;

/// The way in, shared by all listeners.
pub struct Inbound {
    /// Where everything is kept.
    pub store: Store,
    /// The gateway's name.
    pub host: Domain,
    /// Which domains are ours.
    pub served: Served,
    /// For the addresses that we have made.
    pub keys: Keys,
    /// Who asks DNS about senders.
    pub authenticator: Authenticator,
    /// How much of a message is read.
    pub limits: intake::Limits,
    /// What opens sealed messages, and who vouches for signatures.
    pub sealing: Sealing,
    /// Where every refusal becomes an event.
    pub refusals: Arc<Refusals>,
    directory: Arc<ArcSwap<Directory>>,
    clock: Clock,
    ids: Ids,
    reading: Arc<Semaphore>,
    recent: Arc<Recent>,
    logins: Arc<login::Logins>,
    told: Arc<certificates::Told>,
    messages: PerHour,
    failed_logins: FailedLogins,
    looking: Looking,
    rates: Arc<Rates>,
}

/// What a way in is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The gateway's name, in the fields that it adds.
    pub host: Domain,
    /// Which domains are ours.
    pub served: Served,
    /// For the addresses that we have made.
    pub keys: Keys,
    /// The offices as they are now.
    pub directory: Directory,
    /// Who asks DNS about senders.
    pub authenticator: Authenticator,
    /// How much of a message is read.
    pub limits: intake::Limits,
    /// What opens sealed messages, and who vouches for signatures.
    pub sealing: Sealing,
    /// Refusals of one network an hour that are written one by one.
    pub refusals_per_network: NonZeroU32,
    /// Messages an hour.
    pub messages: PerHour,
    /// Failed logins that are answered.
    pub failed_logins: FailedLogins,
    /// What is looked for in a message.
    pub looking: Looking,
}

impl Inbound {
    /// A way in.
    #[must_use]
    pub fn new(parts: Parts, clock: Clock, ids: Ids) -> Self {
        let refusals = Refusals::new(parts.keys.clone(), ids.clone(), parts.refusals_per_network).into();
        Self {
            refusals,
            store: parts.store,
            host: parts.host,
            served: parts.served,
            keys: parts.keys,
            authenticator: parts.authenticator,
            limits: parts.limits,
            sealing: parts.sealing,
            directory: Arc::new(ArcSwap::from_pointee(parts.directory)),
            clock,
            ids,
            reading: Arc::new(Semaphore::new(READING_KIB as usize)),
            recent: Arc::default(),
            logins: Arc::default(),
            told: Arc::default(),
            messages: parts.messages,
            failed_logins: parts.failed_logins,
            looking: parts.looking,
            rates: Arc::new(Rates::new(parts.messages)),
        }
    }

    /// The same way in under another configuration. What has been learned and what is counted is shared with this one,
    /// which goes on for the sessions that have begun: offices (not the parts') change for both, and large messages wait
    /// for each other.
    #[must_use]
    pub fn renewed(&self, parts: Parts) -> Self {
        let rates =
            if parts.messages == self.messages { self.rates.clone() } else { Rates::new(parts.messages).into() };
        Self {
            refusals: self.refusals.clone(),
            directory: self.directory.clone(),
            reading: self.reading.clone(),
            recent: self.recent.clone(),
            logins: self.logins.clone(),
            told: self.told.clone(),
            rates,
            ..Self::new(parts, self.clock.clone(), self.ids.clone())
        }
    }

    /// Takes a newer directory into use; sessions that have begun go on with what was proved to them.
    pub fn replace_directory(&self, directory: Directory) {
        self.directory.store(Arc::new(directory));
    }

    /// The offices in use.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// MAIL: whose message it is, as far as that can be proved before it is read. Of a sender that only the message
    /// can prove, SPF is asked now: it decides whether RCPT may tell the truth. A login ends with its password.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub async fn sender(&self, peer: &Peer, path: &ReversePath) -> Result<Sender, Refusal> {
        self.login_holds(peer).await?;
        let sender = trust::sender::claimed(&self.directory.load(), peer, path, self.clock.now()).0?;
        if let Sender::Office(trusted) = &sender {
            let office = trusted.office();
            self.look_at_certificate(peer, trusted).await;
            self.rates.may_begin(&office.id, Instant::now()).map_err(|over| over.in_language(office.language))?;
        }
        Ok(match sender {
            Sender::Claimed(claim) => {
                let spf = self.authenticator.spf(peer, path, Need::Proof).await;
                Sender::Claimed(claim.with_spf(spf))
            }
            known => known,
        })
    }

    /// RCPT: where the address leads, for this sender, who gave this reverse path.
    ///
    /// # Errors
    /// The refusal to answer with. Of a stranger its cause has every proof that was asked: an admin looks there first.
    pub async fn recipient(
        &self,
        peer: &Peer,
        sender: &Sender,
        from: &ReversePath,
        path: &ForwardPath,
    ) -> Result<Route, Refusal> {
        let directory = self.directory.load_full();
        let mapped = routing::read(&self.served, &self.keys, &directory, path);
        if matches!((sender, from), (Sender::Stranger, ReversePath::Null))
            && let Some(route) = routing::answers(&directory, &self.keys, &mapped)
        {
            return Ok(route);
        }
        self.route(sender, from, &mapped).await.map_err(|mut refusal| {
            if matches!(sender, Sender::Stranger) {
                let asked = trust::sender::claimed(&directory, peer, from, self.clock.now()).1;
                if !asked.is_empty() {
                    refusal.cause = format!("{}; {}", refusal.cause, trust::sender::words(&asked));
                }
            }
            refusal
        })
    }

    /// Asks the store what routing needs to know, and routing for its decision. A stranger's answer never depends on
    /// the store, and takes no look-up: neither words nor time tell who has an account.
    async fn route(&self, sender: &Sender, from: &ReversePath, mapped: &Mapped) -> Result<Route, Refusal> {
        let found = match (sender, mapped.question()) {
            (Sender::Office(_), Some(lookup)) => self.find(lookup).await?,
            (Sender::Claimed(claim), Some(lookup)) if claim.is_vouched() => self.find(lookup).await?,
            _ => None,
        };
        let decided = routing::decide(sender, mapped, found.as_ref(), &self.keys).and_then(|route| {
            if let Destination::Citizen(to) = route.destination() {
                self.rates.pair(from, &to.account)?;
            }
            terms::may_be_due(&route, self.today())?;
            Ok(route)
        });
        decided.map_err(|refusal| refusal.in_language(sender.language()))
    }

    async fn find(&self, lookup: Lookup) -> Result<Option<Found>, Refusal> {
        let now = Instant::now();
        if let Some(found) = self.recent.get(&lookup, now) {
            return Ok(Some(found));
        }
        let found = self.store.find(&lookup).await.map_err(|e| Refusal::from(&e))?;
        if let Some(found) = &found {
            self.recent.put(lookup, found, now);
        }
        Ok(found)
    }

    /// Writes what is noted of refusals, and forgets who was here long ago, until `stop`.
    pub async fn tidy(&self, stop: CancellationToken) {
        self.refusals.write(&self.store, || self.rates.forget(), stop).await;
    }

    /// A name for a body's file, while it comes in.
    #[must_use]
    pub fn spool_name(&self) -> String {
        self.ids.next(ArrivalId::new).to_string()
    }

    /// After the body: reads it, places it, keeps it. The receipt means that it is durable.
    ///
    /// # Errors
    /// The refusal to answer with; then nothing of the message is kept.
    pub async fn keep(&self, peer: &Peer, envelope: &Envelope, raw: Raw, sha256: [u8; 32]) -> Result<Receipt, Refusal> {
        let id = self.ids.next(ArrivalId::new);
        let kept = self.place(id, peer, envelope, raw, sha256).await;
        match &kept {
            Ok(receipt) if receipt.is_repeated() => info!(arrival = %receipt.arrival(), "kept before"),
            Ok(receipt) => info!(arrival = %receipt.arrival(), "kept"),
            Err(_) => {}
        }
        kept.map_err(|refusal| refusal.in_language(envelope.sender.language()))
    }

    async fn place(
        &self,
        id: ArrivalId,
        peer: &Peer,
        envelope: &Envelope,
        raw: Raw,
        sha256: [u8; 32],
    ) -> Result<Receipt, Refusal> {
        let Held { bytes, budget } = self.hold(&raw).await?;
        let Reading { mut glance, told, seals } = self.read(&bytes, envelope).await?;
        if let Some(why) = &glance.too_complex {
            return Err(Refusal::new(Class::TooComplex, why.clone()));
        }
        if glance.hops > MAX_HOPS {
            return Err(Refusal::new(Class::Loop, format!("{} Received fields", glance.hops)));
        }
        let citizens = envelope.recipients().any(|to| terms::may_be_citizen(&to.route));
        if let Some(item) = glance.marks.iter().find_map(|mark| token::read_mark(&self.keys, mark))
            && citizens
        {
            return Err(Refusal::new(Class::Loop, format!("we have sent it ourselves, as outbox item {item}")));
        }
        let mut proof = self.prove(peer, envelope, &glance, bytes.clone()).await?;
        // Not before: a stranger learns nothing of our keys.
        if let Some(shut) = glance.shut.filter(|_| citizens) {
            return Err(seals::refusal(shut));
        }
        let from = match author(&proof.sender, &glance) {
            // To the postmaster anybody may write, also as somebody else (RFC 5321 §4.5.1).
            Err(_) if !citizens => {
                proof.sender = Sender::Stranger;
                author(&Sender::Stranger, &glance)?
            }
            author => author?,
        };
        let received = self.clock.now();
        let seals = self.sealing.judge(seals, &mut proof, &from, received)?;
        if proof.by_signature_alone.is_some() {
            glance.forget_machines();
        }
        let mut placements = Vec::with_capacity(1 + envelope.rest.len());
        for recipient in envelope.recipients() {
            let mut route = recipient.route.clone();
            if *route.destination() == Destination::Undecided {
                route = self.recipient(peer, &proof.sender, &envelope.reverse_path, &recipient.path).await?;
            }
            if let Destination::CitizenBySubject(defaults) = route.destination() {
                let mapped = routing::by_subject(&self.served, &recipient.path, defaults, &glance.tags)?;
                route = self.route(&proof.sender, &envelope.reverse_path, &mapped).await?;
            }
            let message = Written { glance: &glance, told: told.as_ref() };
            placements.push(match self.noted(&proof.sender, &route, &message).await? {
                Some(noted) => noted,
                None => self.record(route, &recipient.path, &glance)?,
            });
        }
        if let Sender::Office(trusted) = &proof.sender {
            self.rates.message(&trusted.office().id, Instant::now())?;
        }
        // Last, since it costs most: nobody has a scan who is refused anyway.
        self.look_through(&bytes, glance.attachments).await?;
        drop((bytes, budget));
        let summary = Summary {
            subject: glance.subject,
            from,
            date: glance.date,
            message_id: glance.message_id,
            answers: glance.answers,
            attachments: glance.attachments,
            classification: glance.classification,
        };
        let arrival = Arrival {
            id,
            received,
            reverse_path: envelope.reverse_path.clone(),
            sender: proof.sender,
            peer: peer.clone(),
            raw,
            sha256,
            signature: proof.by_signature_alone,
            signatures: proof.authentication.holding().collect(),
            trace: trace::fields(&self.host, id, peer, envelope.smtputf8, received, &proof.authentication),
            proofs: proof.words,
            seals,
            summary,
            placements,
        };
        self.store.keep(arrival).await
    }

    fn record(&self, route: Route, path: &ForwardPath, glance: &Glance) -> Result<Placement, Refusal> {
        let id = self.ids.next(RecordId::new);
        let addressed = match path {
            ForwardPath::Mailbox(to) => self.keys.trace_hash(&to.folded()),
            ForwardPath::Postmaster => String::new(),
        };
        let record = terms::record(id, route, addressed, glance, self.today())?;
        Ok(Placement::Record(Box::new(record)))
    }

    fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.clock.now()).date()
    }

    /// The octets in memory: large ones come from their file only as far as the budget for all connections goes, one
    /// after another if need be.
    async fn hold(&self, raw: &Raw) -> Result<Held<'_>, Refusal> {
        match raw {
            Raw::Memory(bytes) => Ok(Held { bytes: bytes.clone(), budget: None }),
            Raw::File { path, size } => {
                let kib = u32::try_from(size / 1024).unwrap_or(READING_KIB).min(READING_KIB);
                let budget = self.reading.acquire_many(kib).await.map_err(unavailable)?;
                let bytes = Bytes::from(tokio::fs::read(path).await.map_err(unavailable)?);
                Ok(Held { bytes, budget: Some(budget) })
            }
        }
    }

    /// Reads the message once, and what it says of another where it may: to a return path, or written by a machine.
    async fn read(&self, bytes: &Bytes, envelope: &Envelope) -> Result<Reading, Refusal> {
        let reports = envelope.recipients().any(|r| matches!(r.route.destination(), Destination::Report(_)));
        let (bytes, limits, keyring) = (bytes.clone(), self.limits.clone(), self.sealing.keyring.clone());
        let aside = bytes.len() > READ_ASIDE;
        let look = move || {
            let opened = intake::Opened::of(&bytes, &limits, &keyring);
            let (glance, evidence) = opened.glance_and_evidence();
            let tells = reports || !glance.classification.is_letter();
            let told = tells.then(|| intake::report::read(&bytes, &limits));
            Reading { glance, told, seals: seals::Found::of(&opened, evidence) }
        };
        if aside { tokio::task::spawn_blocking(look).await.map_err(unavailable) } else { Ok(look()) }
    }
}

/// The author to show: of an office the one that was proved, of a stranger what it says.
fn author(sender: &Sender, glance: &Glance) -> Result<Person, Refusal> {
    match sender {
        Sender::Office(trusted) => {
            let proved = trust::message::author(trusted, &glance.from)?;
            let name = glance.from.first().and_then(trust::message::name).map(str::to_owned);
            Ok(Person { name, address: proved.shown() })
        }
        Sender::Claimed(_) | Sender::Stranger => Ok(glance.from.first().cloned().unwrap_or_default()),
    }
}

/// What the door has read of a message.
struct Reading {
    glance: Glance,
    /// What it says of another, where it may.
    told: Option<Told>,
    seals: seals::Found,
}

/// A message in memory, and its share of the room for large ones.
struct Held<'a> {
    bytes: Bytes,
    budget: Option<SemaphorePermit<'a>>,
}

fn unavailable(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(Class::Unavailable, error.to_string())
}
