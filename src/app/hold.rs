//! The folder of a gateway's own, held by one process at a time: two of one identity would write one chain of events
//! twice, and clear each other's spool.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tracing::warn;

use super::CannotStart;

/// The lock on the folder, as long as it lives. The system takes it back from a process that was killed.
#[derive(Debug)]
pub struct Hold {
    file: File,
    path: PathBuf,
}

/// The file with the process id, in `node.data`.
fn pid_file(data: &Path) -> PathBuf {
    data.join("brevbro.pid")
}

impl Hold {
    /// Takes the folder for this process, and writes its id there.
    ///
    /// # Errors
    /// Another process has it; or the folder cannot be written in.
    pub(super) fn take(data: &Path) -> Result<Self, CannotStart> {
        let path = pid_file(data);
        let failed = |e: io::Error| {
            CannotStart::new(
                "node.data",
                format!("{}: {e}", path.display()),
                "name a folder that the gateway may write to",
            )
        };
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o644).open(&path);
        let mut file = opened.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut other = String::new();
                let _ = file.read_to_string(&mut other);
                let what =
                    format!("{} belongs to another gateway that runs (process {})", data.display(), other.trim());
                return Err(CannotStart::new("node.data", what, "stop that one, or give each a folder of its own"));
            }
            // A file system without locks: better without than not at all.
            Err(TryLockError::Error(error)) => warn!(%error, file = %path.display(), "this file cannot be locked"),
        }
        let written = file.set_len(0).and_then(|()| file.rewind());
        written.and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self { file, path })
    }

    /// The process that has this folder, if one has.
    ///
    /// # Errors
    /// When this user may not look.
    pub fn holder(data: &Path) -> io::Result<Option<u32>> {
        let mut file = match File::open(pid_file(data)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let Err(TryLockError::WouldBlock) = file.try_lock_shared() else { return Ok(None) };
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text.trim().parse().ok())
    }
}

impl Drop for Hold {
    /// Empties the file and leaves it there: to remove it would let two processes lock two files of one name.
    fn drop(&mut self) {
        if let Err(error) = self.file.set_len(0) {
            warn!(%error, file = %self.path.display(), "the process id could not be taken out");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Hold::holder(folder.path()).unwrap(), None);
        let hold = Hold::take(folder.path()).unwrap();
        assert_eq!(Hold::holder(folder.path()).unwrap(), Some(std::process::id()));
        let second = Hold::take(folder.path()).unwrap_err();
        assert!(second.what.contains(&std::process::id().to_string()), "{second}");
        drop(hold);
        assert_eq!(Hold::holder(folder.path()).unwrap(), None);
        assert!(Hold::take(folder.path()).is_ok());
    }
}
