//! Opening: the store as one value that every room shares.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;

use super::blobs::{Blobs, make_folder, sync_folder};
use super::committer::{Committer, Counts, Desk};
use super::connection::Address;
use super::error::OpenError;
use super::identity::Sealer;
use super::readers::Readers;
use crate::clock::{Clock, Ids};
use crate::domain::address::Domain;
use crate::domain::keys::Keys;

/// Where things are kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite:PATH` or `postgres://user@host/database`.
    pub url: String,
    /// The folder for large messages. Several gateways share it. A spool folder must lie on the same file system.
    pub blobs: PathBuf,
    /// This gateway's host name: it names its chain of events and stands in the Message-IDs it makes.
    pub node: String,
    /// Octets up to which a message lies in the database with its row; larger ones lie in the blob folder.
    pub inline_limit: usize,
}

struct Inner {
    settings: Settings,
    desk: std::sync::RwLock<Option<Desk>>,
    task: Mutex<Option<JoinHandle<()>>>,
    readers: Readers,
    blobs: Blobs,
    sealer: Sealer,
    clock: Clock,
    ids: Ids,
    counts: Arc<Counts>,
    wake: Arc<Notify>,
}

/// Everything that is kept. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl Store {
    /// Opens the database, makes it if it is not there, and brings it to the shape that this version knows. Reads
    /// none of what it holds.
    ///
    /// # Errors
    /// See [`OpenError`]: each says what to do.
    pub async fn open(settings: Settings, keys: Keys, clock: Clock, ids: Ids) -> Result<Self, OpenError> {
        Domain::parse(&settings.node).ok().filter(|node| node.wire().len() <= 64).ok_or(OpenError::Node)?;
        let address = Address::parse(&settings.url)?;
        let blobs = Blobs::open(settings.blobs.clone()).map_err(OpenError::Blobs)?;
        if let Address::Sqlite(options) = &address {
            make_file(options.get_filename()).map_err(|error| OpenError::Database(error.into()))?;
        }
        let mut connection = address.connect().await.map_err(OpenError::Database)?;
        connection.migrate().await?;
        let (counts, wake) = (Arc::new(Counts::default()), Arc::new(Notify::new()));
        let readers = Readers::new(address.clone());
        let (desk, task) = Committer::start(
            address,
            connection,
            settings.node.clone(),
            clock.clone(),
            Arc::clone(&counts),
            Arc::clone(&wake),
        );
        Ok(Self(Arc::new(Inner {
            settings,
            desk: std::sync::RwLock::new(Some(desk)),
            task: Mutex::new(Some(task)),
            readers,
            blobs,
            sealer: Sealer::new(keys, ids.clone()),
            clock,
            ids,
            counts,
            wake,
        })))
    }

    /// Ends what has been begun, and closes. Whatever is asked afterwards fails.
    pub async fn close(&self) {
        if let Ok(mut desk) = self.0.desk.write() {
            desk.take();
        }
        if let Some(task) = self.0.task.lock().await.take() {
            let _ = task.await;
        }
        self.0.readers.close().await;
    }

    /// Told when something can leave. Whoever sends waits for it, and polls behind it.
    #[must_use]
    pub fn outbox_wake(&self) -> Arc<Notify> {
        Arc::clone(&self.0.wake)
    }

    /// Messages that came to the door and the syncs that they shared, since this store was opened.
    #[must_use]
    pub fn messages_and_syncs(&self) -> (u64, u64) {
        (self.0.counts.messages.load(Ordering::Relaxed), self.0.counts.syncs.load(Ordering::Relaxed))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), super::StoreError> {
        self.read().fetch("SELECT version FROM directory", Vec::new()).await.map(drop)
    }

    /// Whether the one task that writes takes work and answers, be it that the database is away. Asked by the way that
    /// every message goes; nothing is written.
    pub async fn committer_answers(&self) -> bool {
        !matches!(
            self.desk().write(|_| Box::pin(async { Ok(()) })).await,
            Err(super::StoreError::Driver(super::error::Fault::Closed))
        )
    }

    pub(super) fn desk(&self) -> Desk {
        self.0.desk.read().ok().and_then(|desk| desk.clone()).unwrap_or_else(Desk::closed)
    }

    pub(super) fn read(&self) -> &Readers {
        &self.0.readers
    }

    pub(super) fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    pub(super) fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(super) fn ids(&self) -> &Ids {
        &self.0.ids
    }

    /// This gateway's host name.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.0.settings.node
    }

    pub(super) fn inline_limit(&self) -> usize {
        self.0.settings.inline_limit
    }
}

/// Makes the database's file for this user alone: SQLite gives its log and index the same rights. A file that is there
/// is not touched: see [`super::checkpoints`] on what closing it would do.
fn make_file(path: &std::path::Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        make_folder(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => sync_folder(folder.unwrap_or(std::path::Path::new("."))),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
