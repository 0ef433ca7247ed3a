//! THE WALK IN, written out: who writes (`trust`), to whom (`routing`), what (`intake`), kept (`store`). Facts are
//! fetched from the store here and handed to the rooms that decide, which know neither the store nor each other.

mod recent;

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::sync::Semaphore;
use tracing::{info, warn};

use self::recent::Recent;
use crate::clock::{Clock, Ids};
use crate::domain::address::{ForwardPath, ReversePath};
use crate::domain::arrival::{Arrival, Finding, NewRecord, Placement, Raw, Receipt, Summary};
use crate::domain::directory::{Directory, Served};
use crate::domain::envelope::{Defaults, Destination, Envelope, Route, Sender};
use crate::domain::event::What;
use crate::domain::ids::{ArrivalId, RecordId};
use crate::domain::keys::Keys;
use crate::domain::lookup::{Found, Lookup};
use crate::domain::office::Peer;
use crate::domain::record::{Kind, Person, Tags};
use crate::domain::status::{Class, Refusal};
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
    /// Which domains are ours.
    pub served: Served,
    /// For the addresses that we have made.
    pub keys: Keys,
    /// How much of a message is read.
    pub limits: intake::Limits,
    directory: ArcSwap<Directory>,
    clock: Clock,
    ids: Ids,
    reading: Semaphore,
    recent: Recent,
}

impl Inbound {
    /// A way in, with the offices as they are now.
    #[must_use]
    pub fn new(store: Store, served: Served, keys: Keys, directory: Directory, clock: Clock, ids: Ids) -> Self {
        Self {
            store,
            served,
            keys,
            limits: intake::Limits::default(),
            directory: ArcSwap::from_pointee(directory),
            clock,
            ids,
            reading: Semaphore::new(READING_KIB as usize),
            recent: Recent::default(),
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

    /// MAIL: whose message it is, as far as that can be proved before it is read.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub fn sender(&self, peer: &Peer, path: &ReversePath) -> Result<Sender, Refusal> {
        trust::sender::claimed(&self.directory.load(), peer, path).0
    }

    /// RCPT: where the address leads, for this sender.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub async fn recipient(&self, sender: &Sender, path: &ForwardPath) -> Result<Route, Refusal> {
        let directory = self.directory.load_full();
        let mapped = routing::read(&self.served, &self.keys, &directory, path);
        self.route(sender, &mapped).await
    }

    /// Asks the store what routing needs to know, and routing for its decision. A stranger's answer never depends on
    /// the store, and takes no look-up: neither words nor time tell who has an account.
    async fn route(&self, sender: &Sender, mapped: &Mapped) -> Result<Route, Refusal> {
        let found = match (sender, mapped.question()) {
            (Sender::Office(_), Some(lookup)) => self.find(lookup).await?,
            _ => None,
        };
        routing::decide(sender, mapped, found.as_ref(), &self.keys).map_err(|r| r.in_language(sender.language()))
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

    /// A name for a body's file, while it comes in.
    #[must_use]
    pub fn spool_name(&self) -> String {
        self.ids.next(ArrivalId::new).to_string()
    }

    /// After the body: reads it, places it, keeps it. The receipt means that it is durable.
    ///
    /// # Errors
    /// The refusal to answer with; then nothing of the message is kept but an event with the cause.
    pub async fn keep(&self, peer: &Peer, envelope: &Envelope, raw: Raw, sha256: [u8; 32]) -> Result<Receipt, Refusal> {
        let id = self.ids.next(ArrivalId::new);
        let kept = self.place(id, peer, envelope, raw, sha256).await;
        match &kept {
            Ok(receipt) if receipt.is_repeated() => info!(arrival = %receipt.arrival(), "kept before"),
            Ok(receipt) => info!(arrival = %receipt.arrival(), "kept"),
            Err(refusal) => {
                let class = refusal.class.key();
                info!(arrival = %id, class, cause = %refusal.cause, "refused");
                let detail = format!("class={class} cause={:?}", refusal.cause);
                if let Err(error) = self.store.note(What::Refused, &id.to_string(), &detail).await {
                    warn!(arrival = %id, %error, "the refusal could not be noted");
                }
            }
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
        let (glance, finding) = self.read(&raw, envelope).await?;
        if let Some(why) = &glance.too_complex {
            return Err(Refusal::new(Class::TooComplex, why.clone()));
        }
        if glance.hops > MAX_HOPS {
            return Err(Refusal::new(Class::Loop, format!("{} Received fields", glance.hops)));
        }
        let from = Self::author(envelope, &glance)?;
        let mut placements = Vec::with_capacity(1 + envelope.rest.len());
        for recipient in envelope.recipients() {
            placements.push(match recipient.route.destination() {
                Destination::Report(outbox) => Placement::Report { outbox: *outbox, finding: finding.clone() },
                Destination::CitizenBySubject(defaults) => {
                    let mapped = routing::by_subject(&self.served, &recipient.path, defaults, &glance.tags)?;
                    self.record(self.route(&envelope.sender, &mapped).await?, &glance)?
                }
                Destination::Citizen(_) | Destination::Postmaster => self.record(recipient.route.clone(), &glance)?,
            });
        }
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
            received: self.clock.now(),
            reverse_path: envelope.reverse_path.clone(),
            sender: envelope.sender.clone(),
            peer: peer.clone(),
            raw,
            sha256,
            summary,
            placements,
        };
        self.store.keep(arrival).await
    }

    /// The author to show: of an office the one that was proved, of a stranger what it says.
    fn author(envelope: &Envelope, glance: &Glance) -> Result<Person, Refusal> {
        match &envelope.sender {
            Sender::Office(trusted) => {
                let proved = trust::sender::author(trusted, &glance.from)?;
                let name = glance.from.first().and_then(|person| person.name.clone());
                Ok(Person { name, address: proved.shown() })
            }
            Sender::Stranger => Ok(glance.from.first().cloned().unwrap_or_default()),
        }
    }

    /// One record, of what the address says, then the subject, then the office.
    fn record(&self, route: Route, glance: &Glance) -> Result<Placement, Refusal> {
        let plain = Defaults { kind: Kind::Message, reply_allowed: false, case_prefix: None, tags: Tags::default() };
        let defaults = match route.destination() {
            Destination::Citizen(citizen) => &citizen.defaults,
            _ => &plain,
        };
        let tags = defaults.tags.clone().or(glance.tags.clone());
        if let Some(unreadable) = &tags.unreadable_due {
            return Err(Refusal::new(Class::DueDate, format!("a due date of {} characters", unreadable.len())));
        }
        let kind = match (tags.kind, tags.due) {
            (Some(kind), _) => kind,
            (None, Some(_)) => Kind::Request,
            (None, None) => defaults.kind,
        };
        let case_reference = match (&defaults.case_prefix, tags.case_reference) {
            (Some(prefix), Some(reference)) if !reference.starts_with(prefix.as_str()) => {
                Some(format!("{prefix} {reference}"))
            }
            (_, reference) => reference,
        };
        let reply_allowed = defaults.reply_allowed && !tags.no_reply;
        let due = tags.due;
        let id = self.ids.next(RecordId::new);
        Ok(Placement::Record(Box::new(NewRecord { id, route, kind, due, reply_allowed, case_reference })))
    }

    /// Reads the message once, and as a report too where it goes to a return path. Large ones come from their file
    /// into memory only as far as the budget for all connections goes, one after another if need be.
    async fn read(&self, raw: &Raw, envelope: &Envelope) -> Result<(Glance, Finding), Refusal> {
        let kib = u32::try_from(raw.size() / 1024).unwrap_or(READING_KIB).min(READING_KIB);
        let _budget = match raw {
            Raw::Memory(_) => None,
            Raw::File { .. } => Some(self.reading.acquire_many(kib).await.map_err(unavailable)?),
        };
        let bytes = match raw {
            Raw::Memory(bytes) => bytes.clone(),
            Raw::File { path, .. } => Bytes::from(tokio::fs::read(path).await.map_err(unavailable)?),
        };
        let reports = envelope.recipients().any(|r| matches!(r.route.destination(), Destination::Report(_)));
        let limits = self.limits.clone();
        let aside = bytes.len() > READ_ASIDE;
        let look = move || {
            let finding = if reports { intake::report::finding(&bytes) } else { Finding::Unreadable };
            (intake::glance(&bytes, &limits), finding)
        };
        if aside { tokio::task::spawn_blocking(look).await.map_err(unavailable) } else { Ok(look()) }
    }
}

fn unavailable(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(Class::Unavailable, error.to_string())
}
