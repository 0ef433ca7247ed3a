//! How often clamd was asked, and what came of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::server::Server;

/// Counts of the process, over all configurations that it has had. Cheap to clone.
#[derive(Clone, Default)]
pub struct Figures(Arc<Counts>);

#[derive(Default)]
struct Counts {
    scanned: AtomicU64,
    found: AtomicU64,
    failed: AtomicU64,
    servers: Mutex<Vec<Arc<Server>>>,
}

impl Figures {
    pub(super) fn scanned(&self) {
        self.0.scanned.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn found(&self) {
        self.0.found.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.0.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn show(&self, servers: Vec<Arc<Server>>) {
        *self.0.servers.lock().unwrap_or_else(PoisonError::into_inner) = servers;
    }

    /// No clamd is asked any more.
    pub fn show_none(&self) {
        self.show(Vec::new());
    }

    /// Parts that clamd has judged.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.0.scanned.load(Ordering::Relaxed)
    }

    /// Those in which it found something.
    #[must_use]
    pub fn finds(&self) -> u64 {
        self.0.found.load(Ordering::Relaxed)
    }

    /// How often a clamd did not answer.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Each clamd, and whether it answered when it was asked last.
    #[must_use]
    pub fn servers(&self) -> Vec<(String, bool)> {
        let servers = self.0.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.iter().map(|server| (server.endpoint.to_string(), server.is_up())).collect()
    }
}
