//! Large bytes, as files: written and synced before the row that names them is committed, so that no row names a file
//! that is not there. A file that no row names was left by a crash, and is swept.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;

use super::error::{Fault, StoreError};
use super::open::Store;
use super::sql::{Value, list};
use crate::domain::ids::ArrivalId;

/// A file's name: an id, whose first bits are the time it was made and whose last two characters are its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BlobName(ArrivalId);

impl BlobName {
    pub(super) fn of(id: [u8; 16]) -> Self {
        Self(ArrivalId::from_bytes(id))
    }

    pub(super) fn read(text: &str) -> Result<Self, StoreError> {
        text.parse().map(Self).map_err(|_| StoreError::Contradiction("a blob's name is no id".to_owned()))
    }

    pub(super) fn text(&self) -> String {
        self.0.to_string()
    }

    /// Unix milliseconds.
    fn made(&self) -> i64 {
        let bytes = self.0.to_bytes();
        bytes[..6].iter().fold(0, |time, &byte| time << 8 | i64::from(byte))
    }
}

/// The blob folder. Its files are for this user alone.
#[derive(Debug, Clone)]
pub(super) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// Makes the folder when it is not there.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        make_folder(&folder)?;
        Ok(Self { folder })
    }

    fn path(&self, name: &BlobName) -> PathBuf {
        let text = name.text();
        self.folder.join(&text[text.len() - 2..]).join(text)
    }

    /// Writes the octets, synced.
    pub(super) async fn write(&self, name: BlobName, bytes: Bytes) -> Result<BlobName, StoreError> {
        let path = self.path(&name);
        blocking(move || {
            let folder = shelf(&path)?;
            let unfinished = path.with_extension("part");
            let written = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)
                .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
                .and_then(|()| fs::rename(&unfinished, &path))
                .and_then(|()| sync_folder(folder));
            if written.is_err() {
                let _ = fs::remove_file(&unfinished);
                let _ = fs::remove_file(&path);
            }
            written
        })
        .await?;
        Ok(name)
    }

    /// Takes over a file of the same file system, synced.
    pub(super) async fn adopt(&self, name: BlobName, from: PathBuf) -> Result<BlobName, StoreError> {
        let path = self.path(&name);
        blocking(move || {
            let folder = shelf(&path)?;
            File::open(&from)?.sync_all()?;
            fs::rename(&from, &path)?;
            sync_folder(folder)
        })
        .await?;
        Ok(name)
    }

    /// The octets.
    pub(super) async fn read(&self, name: &BlobName) -> Result<Bytes, StoreError> {
        Ok(tokio::fs::read(self.path(name)).await?.into())
    }

    /// Takes a file away that no row names. What fails here is left to the sweep.
    pub(super) async fn remove(&self, name: &BlobName) {
        let _ = tokio::fs::remove_file(self.path(name)).await;
    }

    /// The files made before this time, in Unix milliseconds; unfinished ones, too, which have no name.
    async fn older_than(&self, time: i64) -> Result<Vec<(PathBuf, Option<BlobName>)>, StoreError> {
        let folder = self.folder.clone();
        blocking(move || {
            let mut found = Vec::new();
            for entry in fs::read_dir(&folder)? {
                let folder = entry?.path();
                if !folder.is_dir() {
                    continue;
                }
                for file in fs::read_dir(&folder)? {
                    let path = file?.path();
                    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
                    let Ok(id) = ArrivalId::from_str(stem) else { continue };
                    let name = BlobName(id);
                    if name.made() < time {
                        let finished = path.extension().is_none();
                        found.push((path, finished.then_some(name)));
                    }
                }
            }
            Ok(found)
        })
        .await
    }
}

impl Store {
    /// Removes the files that a crash left: older than `age`, and named by no row. How many.
    ///
    /// # Errors
    /// When the folder or the database cannot be read. Nothing is removed unless the database said that no row
    /// names it.
    pub async fn sweep(&self, age: Duration) -> Result<u64, StoreError> {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let files = self.blobs().older_than(self.clock().now().as_millisecond().saturating_sub(age)).await?;
        let mut removed = 0;
        for files in files.chunks(100) {
            let names: Vec<String> = files.iter().filter_map(|(_, name)| name.as_ref().map(BlobName::text)).collect();
            let mut in_use = Vec::new();
            if !names.is_empty() {
                let places = list(1, names.len());
                let text = format!(
                    "SELECT blob FROM arrival WHERE blob IN {places} UNION ALL SELECT blob FROM reply_file WHERE blob IN {places}"
                );
                let values = names.iter().map(|name| Value::from(name.as_str())).collect();
                for row in self.read().fetch(sqlx::AssertSqlSafe(text), values).await? {
                    in_use.push(row.text(0)?);
                }
            }
            for (path, name) in files {
                let is_named = name.as_ref().is_some_and(|name| in_use.contains(&name.text()));
                if !is_named && tokio::fs::remove_file(path).await.is_ok() {
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// The folder of a file, made when it is not there.
fn shelf(path: &Path) -> io::Result<&Path> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    if !folder.is_dir() {
        make_folder(folder)?;
        if let Some(above) = folder.parent() {
            sync_folder(above)?;
        }
    }
    Ok(folder)
}

pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Fault::Closed.into()),
    }
}
