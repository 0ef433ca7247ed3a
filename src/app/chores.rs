//! What is done now and then, beside the walks.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::listeners::Listeners;
use crate::clock::Clock;
use crate::domain::ids::ArrivalId;
use crate::inbound::Inbound;
use crate::store::{Store, StoreError};

/// How often another process's changes to offices are looked for.
const DIRECTORY_POLL: Duration = Duration::from_secs(1);
/// How often files that no row names are looked for, and how old they must be: far older than any message under way.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
const SWEEP_AFTER: Duration = Duration::from_hours(6);

/// How often certificates are looked at, and what is soon: `check` notes the same.
const LOOK_AT_CERTIFICATES: Duration = Duration::from_hours(24);
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Removes the bodies that a killed gateway was receiving: nobody was told that they are kept.
pub(super) fn clear_spool(spool: &Path) {
    let files = std::fs::read_dir(spool).into_iter().flatten().flatten();
    for file in files.filter(|file| file.file_name().to_str().is_some_and(|name| name.parse::<ArrivalId>().is_ok())) {
        if let Err(error) = std::fs::remove_file(file.path()) {
            warn!(%error, "a body left over in the spool cannot be removed");
        }
    }
}

/// Removes, now and then, the large bodies that a killed gateway had written and not committed.
pub(super) async fn sweep_blobs(store: Store, stop: CancellationToken) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        match store.sweep(SWEEP_AFTER).await {
            Ok(0) => {}
            Ok(files) => info!(files, "removed files that no message names"),
            Err(error) => warn!(%error, "the blob folder could not be swept"),
        }
    }
}

/// Warns of certificates that end soon, once a day.
pub(super) async fn watch_certificates(listeners: Listeners, clock: Clock, stop: CancellationToken) {
    let mut ticks = interval(LOOK_AT_CERTIFICATES);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => warn_of_ends(&listeners, &clock),
            () = stop.cancelled() => return,
        }
    }
}

/// Warns of certificates that end soon: what renews them has missed its time.
pub(super) fn warn_of_ends(listeners: &Listeners, clock: &Clock) {
    let now = clock.now();
    for (listener, end) in listeners.certificates() {
        let left = end.duration_since(now);
        if left.is_negative() {
            error!(%listener, %end, "the certificate has ended: offices that check it send no more");
        } else if left < ENDS_SOON {
            warn!(%listener, %end, days = left.as_hours() / 24, "the certificate ends soon: see that what renews it runs");
        }
    }
}

/// Takes into use what `apply` changed, here or in another process.
pub(super) async fn follow_directory(store: Store, inbound: Arc<Inbound>, stop: CancellationToken) {
    let mut ticks = interval(DIRECTORY_POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let version = inbound.directory().version;
        let newer = async {
            if store.directory_version().await? == version {
                return Ok::<_, StoreError>(None);
            }
            store.directory().await.map(Some)
        };
        match newer.await {
            Ok(None) => {}
            Ok(Some(directory)) => {
                info!(version = directory.version, offices = directory.offices().len(), "offices taken into use");
                inbound.replace_directory(directory);
            }
            Err(error) => warn!(%error, "the offices could not be read; the last ones stay"),
        }
    }
}
