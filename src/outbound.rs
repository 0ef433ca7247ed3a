//! The walk out: claim, compose, send, record.
//!
//! An item is claimed with a lease, and the claim is committed before a word goes to the network; what takes long renews
//! its lease. Whoever dies on the way leaves an item that is due again when its lease ends, and that carries the same
//! Message-ID and the same octets.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::domain::directory::Directory;
use crate::domain::keys::Keys;
use crate::domain::office::RelayRule;
use crate::domain::outcome::Outcome;
use crate::domain::reply::{Claimed, Outgoing};
use crate::domain::schedule::Schedule;
use crate::relay::{Identity, Relay, compose};
use crate::store::{Store, StoreError};

/// The store wakes us when something is queued here; what another gateway queued, or what has become due, is found by
/// looking.
const LOOK: Duration = Duration::from_secs(5);
/// How long an item of a gateway that has died waits for another.
const LEASE: Duration = Duration::from_mins(1);
/// Twice before a lease ends.
const RENEW: Duration = Duration::from_secs(20);
/// Waits before a result that the store could not take is offered again: a minute in all. A result that is lost is a
/// message sent twice.
const RECORD_AGAIN: [u64; 6] = [1, 2, 4, 8, 15, 30];

/// What the walk needs.
pub struct Outbound {
    /// Where items are claimed and results kept.
    pub store: Store,
    /// What carries them.
    pub relay: Relay,
    /// For the addresses in them.
    pub keys: Keys,
    /// Who we are in them.
    pub identity: Identity,
    /// How arrival notices leave; replies go by the rule of their office.
    pub notices: RelayRule,
    /// When what did not go is tried again.
    pub schedule: Schedule,
    /// Items on their way at once; at least one.
    pub at_once: usize,
}

impl Outbound {
    /// Sends what is due, until `stop`; then finishes what is under way.
    pub async fn run(self, stop: CancellationToken) {
        let at_once = self.at_once.max(1);
        let walker = Arc::new(self);
        // One claim is one commit: while more is waiting than can go, it is worth waiting for a few places.
        let worth_a_claim = at_once.div_ceil(4);
        let wake = walker.store.outbox_wake();
        let mut under_way = JoinSet::new();
        let mut directory = Arc::new(Directory::default());
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            let mut woken = std::pin::pin!(wake.notified());
            woken.as_mut().enable(); // from here on: what is queued while we look is not missed
            let places = at_once - under_way.len();
            let claimed = walker.claim(places, &mut directory).await;
            let more = claimed.len() == places;
            for item in claimed {
                under_way.spawn(Arc::clone(&walker).walk(item, Arc::clone(&directory)));
            }
            loop {
                tokio::select! {
                    () = stop.cancelled() => break,
                    _ = look.tick() => {
                        walker.relay.sweep();
                        break;
                    }
                    () = &mut woken, if !more => break,
                    Some(ended) = under_way.join_next() => {
                        report(&ended);
                        if more && at_once - under_way.len() >= worth_a_claim {
                            break;
                        }
                    }
                }
            }
        }
        while let Some(ended) = under_way.join_next().await {
            report(&ended);
        }
        walker.relay.close();
    }

    /// What is due, and the offices as they are now. A store that is away is asked again at the next look.
    async fn claim(&self, places: usize, directory: &mut Arc<Directory>) -> Vec<Claimed> {
        if places == 0 {
            return Vec::new();
        }
        let look = async {
            // Before the claim: what fails after it leaves items to the end of their leases.
            if self.store.directory_version().await? != directory.version {
                *directory = Arc::new(self.store.directory().await?);
            }
            self.store.claim(u32::try_from(places).unwrap_or(u32::MAX), LEASE).await
        };
        look.await.unwrap_or_else(|fault| {
            tracing::warn!(%fault, "the outbox could not be read");
            Vec::new()
        })
    }

    /// One item, under its lease.
    async fn walk(self: Arc<Self>, item: Claimed, directory: Arc<Directory>) {
        tokio::select! {
            () = self.send(&item, &directory) => {}
            never = self.renew(&item) => match never {},
        }
    }

    /// Keeps others from the item for as long as this is polled.
    async fn renew(&self, item: &Claimed) -> Infallible {
        loop {
            sleep(RENEW).await;
            if let Err(fault) = self.store.renew(item, LEASE).await {
                tracing::warn!(outbox = %item.id, %fault, "a lease could not be renewed");
            }
        }
    }

    /// Compose, send, record.
    async fn send(&self, item: &Claimed, directory: &Directory) {
        let outcome = match self.rule(item, directory) {
            Some(rule) => {
                let message = compose(item, &self.identity, &self.keys);
                self.relay.deliver(&message, rule).await
            }
            None => Outcome::Deferred { status: None, detail: "the office is no longer enrolled".to_owned() },
        };
        let mut waits = RECORD_AGAIN.into_iter();
        loop {
            match self.store.record_attempt(item, &outcome, &self.schedule).await {
                Ok(verdict) => {
                    let (code, state) = (outcome.status().map(|s| s.code), verdict.state.word());
                    tracing::info!(outbox = %item.id, attempt = item.attempts + 1, state, code, "attempt ended");
                    return;
                }
                Err(fault) if fault.is_away() || fault.is_full() => match waits.next() {
                    Some(seconds) => sleep(Duration::from_secs(seconds)).await,
                    None => return not_recorded(item, &fault),
                },
                Err(fault) => return not_recorded(item, &fault),
            }
        }
    }

    /// How it goes. `None`: the office is gone, and with it what it demanded of TLS.
    fn rule<'a>(&'a self, item: &Claimed, directory: &'a Directory) -> Option<&'a RelayRule> {
        match &item.what {
            Outgoing::Reply(reply) => directory.office(&reply.office).map(|office| &office.relay),
            Outgoing::Notice { .. } => Some(&self.notices),
        }
    }
}

fn not_recorded(item: &Claimed, fault: &StoreError) {
    tracing::error!(outbox = %item.id, %fault, "the result of an attempt is not recorded: it is repeated");
}

/// A walk that broke down left its item to the end of the lease.
fn report(ended: &Result<(), tokio::task::JoinError>) {
    if let Err(fault) = ended {
        tracing::error!(%fault, "a walk out broke down");
    }
}
