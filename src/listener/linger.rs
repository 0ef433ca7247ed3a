//! The end of a connection that we close. A socket that is closed over octets nobody has read resets the connection, and
//! the reset may overtake our last answer: so what still comes is taken, for a short time, and thrown away.

use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For how long, and how many octets: what a client has under way when it learns that nobody listens any more.
const LONGEST: (Duration, usize) = (Duration::from_secs(2), 256 * 1024);

/// Octets have come that nobody has read. Does not wait.
pub(super) fn has_unread(stream: &TcpStream) -> bool {
    let mut octet = [MaybeUninit::uninit()];
    SockRef::from(stream).peek(&mut octet).is_ok_and(|read| read > 0)
}

/// Closes our side, and takes what is still coming where something is, or is to be awaited.
pub(super) async fn close(stream: &mut TcpStream, more_awaited: bool) {
    let unread = more_awaited || has_unread(stream);
    let _ = stream.shutdown().await;
    if unread {
        let _ = timeout(LONGEST.0, pass_over(stream)).await;
    }
}

async fn pass_over(stream: &mut TcpStream) -> io::Result<()> {
    let mut octets = [0; 4096];
    let mut left = LONGEST.1;
    while left > 0 {
        match stream.read(&mut octets).await? {
            0 => break,
            read => left = left.saturating_sub(read),
        }
    }
    Ok(())
}
