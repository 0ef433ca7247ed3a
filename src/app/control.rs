//! Where a gateway at work is asked for something by its admin's commands: a socket in its own folder. One line in,
//! one line of JSON out.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::warn;

use crate::config::Fault;

/// The one thing that can be asked.
const RELOAD: &[u8] = b"reload\n";
/// Longer than a reload takes while the database is away, and certificates lie on a slow disk.
const PATIENCE: Duration = Duration::from_mins(1);

/// What became of a reload.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Reloaded {
    /// The file that was read: the one that `serve` was given.
    pub file: String,
    /// Whether it is in use now.
    pub taken: bool,
    /// Addresses that mail can come to from now on.
    pub added: Vec<String>,
    /// Addresses where nobody is let in any more.
    pub removed: Vec<String>,
    /// Why it was not taken: everything.
    pub faults: Vec<Fault>,
}

/// Somebody asks for a reload, and waits.
pub type Ask = oneshot::Sender<Reloaded>;

/// The socket in `node.data`.
fn socket(data: &Path) -> PathBuf {
    data.join("control")
}

/// Listens for what this gateway is asked, until the receiver is dropped. Where the socket cannot be had, SIGHUP does
/// the same.
pub fn listen(data: &Path) -> mpsc::Receiver<Ask> {
    let (asks, receiver) = mpsc::channel(1);
    match bind(&socket(data)) {
        Ok((listener, owner)) => drop(tokio::spawn(take(listener, owner, asks))),
        Err(error) => warn!(%error, "brevbro reload will not reach this gateway; SIGHUP does"),
    }
    receiver
}

fn bind(path: &Path) -> io::Result<(UnixListener, u32)> {
    // Whoever left it there is dead: the folder is ours.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok((listener, fs::metadata(path)?.uid()))
}

async fn take(listener: UnixListener, owner: u32, asks: mpsc::Sender<Ask>) {
    loop {
        tokio::select! {
            () = asks.closed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let may = stream.peer_cred().is_ok_and(|peer| peer.uid() == owner || peer.uid() == 0);
                    if may {
                        // One after another: a second reload waits for the first.
                        let _ = timeout(PATIENCE, answer(stream, &asks)).await;
                    }
                }
                Err(error) => {
                    warn!(%error, "cannot accept commands");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
        }
    }
}

async fn answer(mut stream: UnixStream, asks: &mpsc::Sender<Ask>) -> io::Result<()> {
    let mut asked = [0; RELOAD.len()];
    stream.read_exact(&mut asked).await?;
    if asked != RELOAD {
        return Ok(());
    }
    let (to, reloaded) = oneshot::channel();
    if asks.send(to).await.is_ok()
        && let Ok(reloaded) = reloaded.await
    {
        let mut line = serde_json::to_vec(&reloaded)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
    }
    Ok(())
}

/// Asks the gateway of this folder to read its configuration again.
///
/// # Errors
/// Nobody is there, or may not be asked by this user; or it ended meanwhile.
pub async fn ask(data: &Path) -> io::Result<Reloaded> {
    let asked = async {
        let mut stream = UnixStream::connect(socket(data)).await?;
        stream.write_all(RELOAD).await?;
        let mut line = Vec::new();
        stream.read_to_end(&mut line).await?;
        if line.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended without an answer"));
        }
        Ok(serde_json::from_slice(&line)?)
    };
    timeout(PATIENCE + Duration::from_secs(1), asked).await?
}
