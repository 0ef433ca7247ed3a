//! Offices' client certificates that end soon: told in time, once a day, so that a new one stands beside the old before
//! it ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Inbound;
use crate::domain::event::What;
use crate::domain::ids::OfficeId;
use crate::domain::office::{CertificateRule, Peer, Proof, TrustedOffice};

/// A month: time for a letter to the office, and for its answer.
pub const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Between two looks at those whose end is known.
const LOOK: Duration = Duration::from_hours(24);
/// Between two words on one certificate: less than a day, so that a look each day always tells.
const SILENCE: SignedDuration = SignedDuration::from_hours(23);
/// Certificates that are remembered as told. Only proven offices' are: there are not so many.
const MOST: usize = 10_000;

/// Which were told of, and when.
#[derive(Default)]
pub(super) struct Told(Mutex<HashMap<[u8; 32], Timestamp>>);

impl Told {
    /// Whether this one is to be told of now; then it has been.
    fn is_new(&self, sha256: [u8; 32], now: Timestamp) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(&sha256).is_some_and(|last| now.duration_since(*last) < SILENCE) {
            return false;
        }
        if told.len() >= MOST {
            told.retain(|_, last| now.duration_since(*last) < SILENCE);
        }
        let has_room = told.len() < MOST;
        if has_room {
            told.insert(sha256, now);
        }
        has_room
    }
}

impl Inbound {
    /// An office was proved by a certificate: whether it can be so for long.
    pub(super) async fn look_at_certificate(&self, peer: &Peer, trusted: &TrustedOffice) {
        let shown = peer.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
        if let Some(shown) = shown
            && trusted.proofs().contains(&Proof::ClientCertificate)
        {
            self.tell(&trusted.office().id, shown.sha256, shown.expires).await;
        }
    }

    /// Looks once a day at the certificates whose end is known, until `stop`.
    pub async fn watch_certificates(&self, stop: CancellationToken) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            for office in self.directory().offices() {
                for rule in &office.certificates {
                    if let CertificateRule::Sha256(sha256, Some(end)) = rule {
                        self.tell(&office.id, *sha256, *end).await;
                    }
                }
            }
        }
    }

    async fn tell(&self, office: &OfficeId, sha256: [u8; 32], end: Timestamp) {
        let now = self.clock.now();
        if end.duration_since(now) >= SOON || !self.told.is_new(sha256, now) {
            return;
        }
        let certificate = sha256[..8].iter().fold(String::new(), |text, octet| format!("{text}{octet:02x}"));
        let day = end.strftime("%F");
        warn!(%office, certificate, end = %day, "an office's client certificate ends soon, or has ended");
        let detail = format!("office={office} certificate={certificate} end={day}");
        if let Err(error) = self.store.note(What::Ending, &format!("office {office}"), &detail).await {
            warn!(%office, %error, "the certificate's end could not be noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_day() {
        let (told, start) = (Told::default(), Timestamp::from_second(1_790_000_000).unwrap());
        let after = |hours| start.checked_add(SignedDuration::from_hours(hours)).unwrap();
        assert!(told.is_new([1; 32], start));
        assert!(!told.is_new([1; 32], after(22)));
        assert!(told.is_new([2; 32], after(22)));
        assert!(told.is_new([1; 32], after(24)));
        assert!(!told.is_new([1; 32], after(25)));
    }
}
