//! SQLite's log goes into its file behind the door's back. A checkpoint of many megabytes takes tens of milliseconds,
//! and SQLite would do it in the commit that fills the log: that message would wait, and so would all behind it. Here
//! another connection copies the bulk while the door goes on, and the door itself copies only what came meanwhile, so
//! that the log can begin anew. PostgreSQL does as much by itself.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::connection::{Address, Connection};

/// After how many octets in the log. More of them are not cheaper to copy, and hold the disk up longer: at a thousand
/// messages a second the slowest hundredth waits 5 ms with 4 MiB, 14 ms with 16 MiB, and as many are kept.
const LOG: usize = 4 << 20;
/// What a job writes besides its message: leaves of the indexes that have no order in time.
const JOB: usize = 12 << 10;
/// What a batch writes however small it is: the last page of each table and of each index in the order of time.
const BATCH: usize = 36 << 10;

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
        let Address::Sqlite(options) = address else { return None };
        let (begin, ready) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let file = kept_open(options.get_filename()).ok()?;
        let task = tokio::spawn(copy(address.clone(), file, Arc::clone(&begin), Arc::clone(&ready)));
        Some(Self { begin, ready, written: 0, task })
    }

    /// Told after each batch, when its answers have been given.
    pub(super) async fn after(&mut self, connection: &mut Connection, jobs: usize, octets: usize) {
        self.written += BATCH + jobs * JOB + octets;
        if self.ready.swap(false, Ordering::Acquire) {
            // What fails here is done by the next, and at the latest by SQLite itself.
            let _ = connection.fetch(CHECKPOINT, Vec::new()).await;
            self.written = 0;
        } else if self.written >= LOG {
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

async fn copy(address: Address, file: Arc<File>, begin: Arc<Notify>, ready: Arc<AtomicBool>) {
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
        if open.fetch(CHECKPOINT, Vec::new()).await.is_err() {
            continue;
        }
        connection = Some(open);
        // SQLite syncs its file only when it has copied the whole log, which the door fills further meanwhile: so that
        // the door's sync has little left to do, the bulk is synced here.
        let file = Arc::clone(&file);
        if matches!(tokio::task::spawn_blocking(move || file.sync_data()).await, Ok(Ok(()))) {
            ready.store(true, Ordering::Release);
        }
    }
}

/// The database's file, opened once and never closed while the process lives: closing it would take away the locks
/// that SQLite holds on it, since a process loses its POSIX locks on a file whenever it closes any descriptor of it.
fn kept_open(path: &Path) -> io::Result<Arc<File>> {
    static FILES: Mutex<BTreeMap<PathBuf, Arc<File>>> = Mutex::new(BTreeMap::new());
    let path = path.canonicalize()?;
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = files.get(&path) {
        return Ok(Arc::clone(file));
    }
    let file = Arc::new(File::open(&path)?);
    files.insert(path, Arc::clone(&file));
    Ok(file)
}
