//! The door: where a message becomes durable. A [`Receipt`] is given after the commit and never before.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256, digest};

use super::blobs::BlobName;
use super::error::{Fault, StoreError};
use super::open::Store;
use super::rows::postmaster;
use crate::domain::Receipt;
use crate::domain::arrival::{Arrival, Placement, Raw};
use crate::domain::envelope::{Destination, Sender};
use crate::domain::ids::{AccountId, OfficeId, OutboxId};
use crate::domain::status::{Class, Refusal};

/// A message made ready by whoever hands it in, so that the committer has little left to do: its octets in memory or
/// already durable in the blob folder, its fingerprints taken.
pub(super) struct Prepared {
    pub(super) arrival: Arc<Arrival>,
    pub(super) office: Option<OfficeId>,
    pub(super) octets: Octets,
    /// Sixty-four bits that stand for the Message-ID; where there is none, for the octets.
    pub(super) message_key: i64,
    /// What opens it again, sealed.
    pub(super) seals: Option<Vec<u8>>,
    /// One for each mailbox and each report.
    pub(super) places: Vec<Place>,
}

/// Where the octets are.
pub(super) enum Octets {
    Inline(bytes::Bytes),
    Blob(BlobName),
}

/// A placement, with what tells it from the same message's other ones.
pub(super) struct Place {
    /// Its index in the arrival's placements.
    pub(super) at: usize,
    /// In whose mailbox; none for a report.
    pub(super) account: Option<AccountId>,
    /// Of account (or outbox item), reverse path and octets.
    pub(super) fingerprint: [u8; 16],
    /// The ids of the arrival notices, one for each of the route's addresses.
    pub(super) notices: Vec<OutboxId>,
}

impl Prepared {
    /// What the transaction will carry.
    pub(super) fn octets(&self) -> usize {
        match &self.octets {
            Octets::Inline(bytes) => bytes.len(),
            Octets::Blob(_) => 0,
        }
    }
}

/// Sixty-four bits of a hash. Two texts may share them: whoever finds by them compares the text as well.
pub(super) fn message_key(message_id: &str) -> i64 {
    first_eight(digest(&SHA256, message_id.as_bytes()).as_ref())
}

fn first_eight(bytes: &[u8]) -> i64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    i64::from_be_bytes(eight)
}

fn fingerprint(place: &str, reverse_path: &str, sha256: &[u8; 32]) -> [u8; 16] {
    let mut context = Context::new(&SHA256);
    for part in [place, reverse_path] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.update(sha256);
    let mut sixteen = [0; 16];
    sixteen.copy_from_slice(&context.finish().as_ref()[..16]);
    sixteen
}

impl Store {
    /// Keeps a message: all its placements, its octets, its notices and its events in one commit, synced. The same
    /// message (sender, Message-ID, octets and recipients) again gives the first one's receipt.
    ///
    /// A large message's file is taken over; when the message is refused, nothing of it stays.
    ///
    /// # Errors
    /// 452 when there is no room, 451 when the database is away (also when it cannot be known whether a commit was
    /// done: the message sent again finds its receipt), 550 when an account was closed after RCPT.
    pub async fn keep(&self, arrival: Arrival) -> Result<Receipt, Refusal> {
        let language = arrival.sender.language();
        self.keep_or_fail(arrival).await.map_err(|refusal| refusal.in_language(language))
    }

    async fn keep_or_fail(&self, arrival: Arrival) -> Result<Receipt, Refusal> {
        let prepared = self.prepare(arrival).await?;
        let blob = match &prepared.octets {
            Octets::Blob(name) => Some(name.clone()),
            Octets::Inline(_) => None,
        };
        let end = self.desk().keep(prepared).await;
        let surplus = match &end {
            Ok(Ok(receipt)) => receipt.is_repeated(),
            // It may have been committed: then its row names the file, and otherwise the sweep finds it.
            Err(StoreError::Driver(Fault::Unknown | Fault::Closed)) => false,
            Ok(Err(_)) | Err(_) => true,
        };
        if let (true, Some(name)) = (surplus, blob) {
            self.blobs().remove(&name).await;
        }
        end.map_err(|error| Refusal::from(&error))?
    }

    async fn prepare(&self, arrival: Arrival) -> Result<Prepared, Refusal> {
        let office = match &arrival.sender {
            Sender::Office(trusted) => Some(trusted.office().id.clone()),
            Sender::Claimed(_) | Sender::Stranger => None,
        };
        let places = self.places(&arrival, office.is_some())?;
        let message_key = match &arrival.summary.message_id {
            Some(id) => message_key(id),
            None => first_eight(arrival.signature.as_ref().unwrap_or(&arrival.sha256)),
        };
        let seals = self.seal(arrival.id, &arrival.seals).map_err(|error| Refusal::from(&error))?;
        let octets = self.octets(&arrival).await.map_err(|error| Refusal::from(&error))?;
        Ok(Prepared { arrival: Arc::new(arrival), office, octets, message_key, seals, places })
    }

    /// Two recipients that lead to one mailbox are one place: the first of them.
    fn places(&self, arrival: &Arrival, proven: bool) -> Result<Vec<Place>, Refusal> {
        let (reverse_path, content) = match &arrival.signature {
            Some(signature) => (String::new(), signature),
            None => (arrival.reverse_path.wire(), &arrival.sha256),
        };
        let mut places: Vec<Place> = Vec::with_capacity(arrival.placements.len());
        for (at, placement) in arrival.placements.iter().enumerate() {
            let (account, notices, name) = match placement {
                Placement::Report { outbox, .. } => (None, 0, outbox.to_string()),
                Placement::Record(record) => match record.route.destination() {
                    Destination::Citizen(_) if !proven => {
                        return Err(Refusal::new(Class::NotAnOffice, "a stranger's message was routed to a citizen"));
                    }
                    Destination::Citizen(to) => {
                        let notices = if record.notify { to.notices.len() } else { 0 };
                        (Some(to.account.clone()), notices, to.account.to_string())
                    }
                    Destination::Postmaster => (Some(postmaster()), 0, postmaster().to_string()),
                    Destination::CitizenBySubject(_) => {
                        return Err(Refusal::new(
                            Class::CitizenNotNamed,
                            "no citizen was found for the service address",
                        ));
                    }
                    Destination::Report(_) | Destination::Answer(..) | Destination::Undecided => {
                        return Err(Refusal::new(Class::Unavailable, "no mailbox was decided on"));
                    }
                },
            };
            let fingerprint = fingerprint(&name, &reverse_path, content);
            if places.iter().all(|place| place.fingerprint != fingerprint) {
                let notices = (0..notices).map(|_| self.ids().next(OutboxId::new)).collect();
                places.push(Place { at, account, fingerprint, notices });
            }
        }
        if places.is_empty() {
            return Err(Refusal::new(Class::Unavailable, "a message without a recipient came to the door"));
        }
        Ok(places)
    }

    async fn octets(&self, arrival: &Arrival) -> Result<Octets, StoreError> {
        let small = arrival.raw.size() <= self.inline_limit() as u64;
        let name = || BlobName::of(arrival.id.to_bytes());
        Ok(match &arrival.raw {
            Raw::Memory(bytes) if small => Octets::Inline(bytes.clone()),
            Raw::Memory(bytes) => Octets::Blob(self.blobs().write(name(), bytes.clone()).await?),
            Raw::File { path, .. } if small => Octets::Inline(tokio::fs::read(path).await?.into()),
            Raw::File { path, .. } => Octets::Blob(self.blobs().adopt(name(), path.clone()).await?),
        })
    }
}
