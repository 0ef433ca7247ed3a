//! SQLite's log goes into its file behind the door's back. A checkpoint of many megabytes takes tens of milliseconds,
//! and SQLite would do it in the commit that fills the log: that message would wait, and so would all behind it. Here
//! another connection copies the bulk while the door goes on, and the door itself copies only what came meanwhile, so
//! that the log can begin anew. PostgreSQL does as much by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::connection::{Address, Connection};

/// After how many octets of messages and rows: enough that pages written often are copied once, and little enough
/// that the log stays in the page cache.
const OCTETS: usize = 16 << 20;
/// What a job writes besides its message: rows and index pages.
const ROWS: usize = 8 << 10;

const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

pub(super) struct Checkpoints {
    begin: Arc<Notify>,
    /// The bulk has been copied: the door is to copy the rest.
    ready: Arc<AtomicBool>,
    written: usize,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// For SQLite.
    pub(super) fn start(address: &Address) -> Option<Self> {
        let Address::Sqlite(_) = address else { return None };
        let (begin, ready) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let task = tokio::spawn(copy(address.clone(), Arc::clone(&begin), Arc::clone(&ready)));
        Some(Self { begin, ready, written: 0, task })
    }

    /// Told after each batch, when its answers have been given.
    pub(super) async fn after(&mut self, connection: &mut Connection, jobs: usize, octets: usize) {
        self.written += octets + jobs * ROWS;
        if self.ready.swap(false, Ordering::Acquire) {
            // What fails here is done by the next, and at the latest by SQLite itself.
            let _ = connection.fetch(CHECKPOINT, Vec::new()).await;
            self.written = 0;
        } else if self.written >= OCTETS {
            self.begin.notify_one();
            self.written = 0;
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn copy(address: Address, begin: Arc<Notify>, ready: Arc<AtomicBool>) {
    let mut connection = None;
    loop {
        begin.notified().await;
        let mut open = match connection.take() {
            Some(open) => open,
            None => match address.connect().await {
                Ok(open) => open,
                Err(_) => continue,
            },
        };
        if open.fetch(CHECKPOINT, Vec::new()).await.is_ok() {
            ready.store(true, Ordering::Release);
            connection = Some(open);
        }
    }
}
