//! A body on its way in: in memory while it is small, in a file once it is not, hashed as it comes. Whatever is not
//! kept is removed when the spool is dropped.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::domain::arrival::Raw;

/// Octets gathered before a write to the file: large enough that a write costs more than its hand-over.
const CHUNK: usize = 128 * 1024;

/// A body being received.
pub struct Spool {
    memory: Vec<u8>,
    hashed: usize,
    written: u64,
    file: Option<(File, SpoolFile)>,
    digest: digest::Context,
    limit: u64,
}

/// A whole body.
pub struct Spooled {
    /// The octets.
    pub raw: Raw,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// Removes the file, unless the store has taken it over by renaming it.
    _file: Option<SpoolFile>,
}

/// A file that goes when its owner goes.
struct SpoolFile(PathBuf);

impl Drop for SpoolFile {
    fn drop(&mut self) {
        // The store renames what it keeps: then there is nothing here to remove.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The body cannot be spooled.
#[derive(Debug, thiserror::Error)]
pub enum SpoolFault {
    /// More octets than the limit.
    #[error("larger than the limit")]
    TooLarge {
        /// Octets so far.
        size: u64,
        /// The limit, octets.
        limit: u64,
    },
    /// The file cannot be written: most likely, the disk is full.
    #[error("spool file: {0}")]
    File(#[from] io::Error),
}

impl Spool {
    /// An empty body of at most `limit` octets. `expected` octets are made room for at once, up to a bound.
    #[must_use]
    pub fn new(limit: u64, expected: Option<u64>) -> Self {
        let room = expected.and_then(|n| usize::try_from(n).ok()).unwrap_or(0).min(CHUNK);
        Self {
            memory: Vec::with_capacity(room),
            hashed: 0,
            written: 0,
            file: None,
            digest: digest::Context::new(&digest::SHA256),
            limit,
        }
    }

    /// Where the reader of the body appends; [`Spool::settle`] follows.
    pub fn memory(&mut self) -> &mut Vec<u8> {
        &mut self.memory
    }

    /// Octets so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.written + self.memory.len() as u64
    }

    /// Takes in what was appended: hashes it, and moves it to a file in `folder` where it is too much for memory.
    ///
    /// # Errors
    /// [`SpoolFault`]; the spool is of no more use then.
    pub async fn settle(&mut self, folder: &Path, name: &str) -> Result<(), SpoolFault> {
        if self.size() > self.limit {
            return Err(SpoolFault::TooLarge { size: self.size(), limit: self.limit });
        }
        self.digest.update(&self.memory[self.hashed..]);
        self.hashed = self.memory.len();
        if self.memory.len() >= CHUNK {
            self.spill(folder, name).await?;
        }
        Ok(())
    }

    async fn spill(&mut self, folder: &Path, name: &str) -> io::Result<()> {
        let file = match &mut self.file {
            Some((file, _)) => file,
            none => {
                let path = folder.join(name);
                let file = File::options().write(true).create_new(true).mode(0o600).open(&path).await?;
                &mut none.insert((file, SpoolFile(path))).0
            }
        };
        file.write_all(&self.memory).await?;
        self.written += self.memory.len() as u64;
        self.memory.clear();
        self.hashed = 0;
        Ok(())
    }

    /// The whole body, once its end has come. It is not synced: the store does that, where it keeps it.
    ///
    /// # Errors
    /// As [`Spool::settle`].
    pub async fn finish(mut self, folder: &Path, name: &str) -> Result<Spooled, SpoolFault> {
        if self.file.is_some() {
            self.spill(folder, name).await?;
        }
        let raw = match &mut self.file {
            Some((file, spooled)) => {
                file.flush().await?;
                Raw::File { path: spooled.0.clone(), size: self.written }
            }
            None => Raw::Memory(self.memory.into()),
        };
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.digest.finish().as_ref());
        Ok(Spooled { raw, sha256, _file: self.file.map(|(_, spooled)| spooled) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn spool(folder: &Path, pieces: &[&[u8]], limit: u64) -> Result<Spooled, SpoolFault> {
        let mut spool = Spool::new(limit, None);
        for piece in pieces {
            spool.memory().extend_from_slice(piece);
            spool.settle(folder, "body").await?;
        }
        spool.finish(folder, "body").await
    }

    #[tokio::test]
    async fn small_in_memory_large_in_a_file_and_both_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let small = spool(folder.path(), &[b"ab", b"c"], 10).await.unwrap();
        assert!(matches!(&small.raw, Raw::Memory(bytes) if &bytes[..] == b"abc"));
        assert_eq!(small.sha256[..4], [0xba, 0x78, 0x16, 0xbf]);

        let piece = vec![7; 100_000];
        let large = spool(folder.path(), &[&piece, &piece, &piece], 1 << 20).await.unwrap();
        let Raw::File { path, size } = large.raw.clone() else { panic!("in memory") };
        assert_eq!((size, std::fs::read(&path).unwrap().len()), (300_000, 300_000));
        assert_eq!(large.sha256, digest::digest(&digest::SHA256, &vec![7; 300_000]).as_ref());
        drop(large);
        assert!(!path.exists(), "what is not kept goes");
    }

    #[tokio::test]
    async fn too_large_is_refused_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let piece = vec![7; 200_000];
        let fault = spool(folder.path(), &[&piece, &piece], 300_000).await.err().unwrap();
        assert!(matches!(fault, SpoolFault::TooLarge { size: 400_000, limit: 300_000 }));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
