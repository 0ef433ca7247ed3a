//! One conversation with clamd (clamd(8), COMMANDS): a command ended by NUL, the octets in pieces that each say how long
//! they are, one reply ended by NUL.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::domain::endpoint::Endpoint;

/// Octets that are sent as one piece. A part that fits goes with its command in one write.
const PIECE: usize = 128 << 10;
/// The longest reply that is read, in octets: a signature's name has some dozens.
const REPLY: usize = 1024;
/// The longest signature's name that is told.
const SIGNATURE: usize = 120;
/// A host that does not take a connection by then is not there.
const CONNECT: Duration = Duration::from_secs(5);
/// Once clamd has stopped listening: how long its reply is waited for.
const LAST_WORD: Duration = Duration::from_secs(5);

/// What clamd says of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// `stream: OK`.
    Clean,
    /// `stream: NAME FOUND`: the name.
    Found(String),
    /// It takes no part of this size, or does not look at all of one.
    TooLarge,
}

/// Why there is no such word. Nothing of what was sent stands in it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No connection.
    #[error("no connection: {0}")]
    Connect(io::Error),
    /// It ended before the reply.
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    /// It was closed without a reply.
    #[error("it closed the connection without a reply")]
    Closed,
    /// A reply that says nothing of the part.
    #[error("it said {0:?}")]
    Said(String),
    /// The time limit is over.
    #[error("no reply within the time limit")]
    Silent,
}

/// Asks about these octets. The time limit is the caller's; dropped, the connection is closed.
///
/// # Errors
/// Whatever is not a word on the octets.
pub(super) async fn scan(endpoint: &Endpoint, octets: &[u8]) -> Result<Reply, Fault> {
    let said = match connect(endpoint).await? {
        Connection::Unix(stream) => converse(stream, octets).await,
        Connection::Tcp(stream) => converse(stream, octets).await,
    }?;
    reply(&said)
}

/// What clamd says of itself: `ClamAV 1.4.6/27500/Mon Nov 23 10:00:00 2026`, the number and the date of its signatures
/// behind the version.
///
/// # Errors
/// When it does not answer within a quarter of a minute.
pub async fn version(endpoint: &Endpoint) -> Result<String, Fault> {
    let ask = async {
        let said = match connect(endpoint).await? {
            Connection::Unix(stream) => command(stream).await,
            Connection::Tcp(stream) => command(stream).await,
        }?;
        if said.starts_with(b"ClamAV ") { Ok(printable(&said)) } else { Err(Fault::Said(printable(&said))) }
    };
    timeout(LAST_WORD * 3, ask).await.unwrap_or(Err(Fault::Silent))
}

enum Connection {
    Unix(UnixStream),
    Tcp(TcpStream),
}

async fn connect(endpoint: &Endpoint) -> Result<Connection, Fault> {
    let connect = async {
        Ok(match endpoint {
            Endpoint::Unix(path) => Connection::Unix(UnixStream::connect(path).await?),
            Endpoint::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Connection::Tcp(stream)
            }
        })
    };
    let late = || io::Error::from(io::ErrorKind::TimedOut);
    timeout(CONNECT, connect).await.unwrap_or_else(|_| Err(late())).map_err(Fault::Connect)
}

async fn command(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<Vec<u8>, Fault> {
    stream.write_all(b"zVERSION\0").await.map_err(Fault::Broken)?;
    read(&mut stream).await
}

/// Sends the octets and reads the reply, which may come before all were taken: then no more are sent.
async fn converse(stream: impl AsyncRead + AsyncWrite, octets: &[u8]) -> Result<Vec<u8>, Fault> {
    let (mut from, mut to) = tokio::io::split(stream);
    let mut reading = std::pin::pin!(read(&mut from));
    let sent = tokio::select! {
        said = &mut reading => return said,
        sent = send(&mut to, octets) => sent,
    };
    match sent {
        Ok(()) => reading.await,
        // What clamd says of a part that is too large comes with the end of the connection.
        Err(error) => match timeout(LAST_WORD, reading).await {
            Ok(Ok(said)) => Ok(said),
            _ => Err(Fault::Broken(error)),
        },
    }
}

async fn send(to: &mut (impl AsyncWrite + Unpin), octets: &[u8]) -> io::Result<()> {
    const COMMAND: &[u8] = b"zINSTREAM\0";
    const END: &[u8] = &[0; 4];
    let length = |piece: &[u8]| u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut pieces = octets.chunks(PIECE);
    // Command, first piece and, of a small part, the end: one write.
    let first = pieces.next().unwrap_or_default();
    let mut begin = Vec::with_capacity(COMMAND.len() + 4 + first.len() + END.len());
    begin.extend_from_slice(COMMAND);
    if !first.is_empty() {
        begin.extend_from_slice(&length(first));
        begin.extend_from_slice(first);
    }
    if pieces.len() == 0 {
        begin.extend_from_slice(END);
        to.write_all(&begin).await?;
        return to.flush().await;
    }
    to.write_all(&begin).await?;
    for piece in pieces {
        to.write_all(&length(piece)).await?;
        to.write_all(piece).await?;
    }
    to.write_all(END).await?;
    to.flush().await
}

/// Up to the NUL, which is left out.
async fn read(from: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Fault> {
    let mut said = Vec::new();
    let mut room = [0; 256];
    loop {
        match from.read(&mut room).await {
            Ok(0) if said.is_empty() => return Err(Fault::Closed),
            // Without its end a reply may be half of one.
            Ok(0) => return Err(Fault::Said(printable(&said))),
            Ok(read) => said.extend_from_slice(&room[..read]),
            Err(error) => return Err(Fault::Broken(error)),
        }
        if let Some(end) = memchr::memchr(0, &said) {
            said.truncate(end);
            return Ok(said);
        }
        if said.len() > REPLY {
            return Err(Fault::Said(printable(&said)));
        }
    }
}

/// What the reply says. Only the two words that clamd has for it mean clean or found.
fn reply(said: &[u8]) -> Result<Reply, Fault> {
    let said = said.trim_ascii();
    if said == b"stream: OK" {
        return Ok(Reply::Clean);
    }
    let found = said.strip_prefix(b"stream: ").and_then(|said| said.strip_suffix(b" FOUND"));
    match found {
        // AlertExceedsMax: the part holds more than clamd's limits let it look at.
        Some(name) if name.starts_with(b"Heuristics.Limits.Exceeded") => Ok(Reply::TooLarge),
        Some(name) if !name.trim_ascii().is_empty() => Ok(Reply::Found(printable(name))),
        None if said.starts_with(b"INSTREAM size limit exceeded") => Ok(Reply::TooLarge),
        _ => Err(Fault::Said(printable(said))),
    }
}

/// For logs and events: ASCII, short.
fn printable(said: &[u8]) -> String {
    let plain = |c: &u8| if c.is_ascii_graphic() || *c == b' ' { char::from(*c) } else { '?' };
    said.trim_ascii().iter().take(SIGNATURE).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(said: &str) -> Result<Reply, String> {
        reply(said.as_bytes()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn replies() {
        assert_eq!(of("stream: OK"), Ok(Reply::Clean));
        assert_eq!(of("stream: Eicar-Test-Signature FOUND"), Ok(Reply::Found("Eicar-Test-Signature".to_owned())));
        assert_eq!(of("stream: Win.Test(ab:68) FOUND"), Ok(Reply::Found("Win.Test(ab:68)".to_owned())));
        assert_eq!(of("INSTREAM size limit exceeded. ERROR"), Ok(Reply::TooLarge));
        assert_eq!(of("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND"), Ok(Reply::TooLarge));
        for no_word in ["", "OK", "stream: OK ERROR", "stream:  FOUND", "stream: FOUND", "COMMAND READ TIMED OUT", "ok"]
        {
            assert!(of(no_word).is_err(), "{no_word}");
        }
        assert_eq!(of("stream: a\u{7}ä FOUND"), Ok(Reply::Found("a???".to_owned())));
    }

    /// Any stream of pieces is a sequence of lengths and octets that ends in nothing.
    fn unframed(wire: &[u8]) -> Vec<u8> {
        let mut rest = wire.strip_prefix(b"zINSTREAM\0").unwrap();
        let mut octets = Vec::new();
        loop {
            let (length, more) = rest.split_first_chunk().unwrap();
            let length = u32::from_be_bytes(*length) as usize;
            if length == 0 {
                assert!(more.is_empty(), "something follows the end");
                return octets;
            }
            octets.extend_from_slice(&more[..length]);
            rest = &more[length..];
        }
    }

    #[tokio::test]
    async fn what_is_sent_is_framed() {
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let octets: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut wire = Vec::new();
            send(&mut wire, &octets).await.unwrap();
            assert_eq!(unframed(&wire), octets, "{size}");
        }
    }

    proptest! {
        /// No reply but the one means clean, and what is told of it is short and printable.
        #[test]
        fn any_reply(said in proptest::collection::vec(any::<u8>(), 0..400)) {
            match reply(&said) {
                Ok(Reply::Clean) => prop_assert_eq!(said.trim_ascii(), b"stream: OK"),
                Ok(Reply::Found(name)) => prop_assert!(!name.is_empty() && name.len() <= SIGNATURE && name.is_ascii()),
                Ok(Reply::TooLarge) => {}
                Err(fault) => prop_assert!(fault.to_string().is_ascii()),
            }
        }
    }
}
