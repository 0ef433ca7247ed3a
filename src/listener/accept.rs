//! Who gets in: binding, permits for a listener and for each peer, back-off when the system has no more to give, and
//! the drain at the end.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::connection;
use super::tls::Tls;
use crate::domain::office::Peer;
use crate::domain::status::{Class, Occasion, Refusal};
use crate::inbound::Inbound;
use crate::smtp::reply::Reply;
use crate::smtp::session;

/// Connections that the kernel holds for us between two accepts.
const BACKLOG: i32 = 1024;
/// Between two accepts that failed for want of file descriptors or memory: first and longest.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// One listener.
pub struct Settings {
    /// Where to listen.
    pub address: SocketAddr,
    /// How TLS begins.
    pub tls: TlsMode,
    /// What the session offers and takes.
    pub session: session::Settings,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address (IPv6: from one /64).
    pub connections_per_peer: usize,
    /// How long peers may take.
    pub timeouts: Timeouts,
    /// Where large bodies go while they come in; on the file system of the blobs.
    pub spool: PathBuf,
}

/// How TLS begins.
#[derive(Clone)]
pub enum TlsMode {
    /// Never.
    None,
    /// By STARTTLS (RFC 3207).
    Starttls(Tls),
    /// With the connection (RFC 8314 §3).
    Implicit(Tls),
}

/// How long peers may take: RFC 5321 §4.5.3.2, and what it leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// For the next command.
    pub command: Duration,
    /// For the next piece of a body.
    pub data: Duration,
    /// For a whole body.
    pub body: Duration,
    /// For a whole connection, idle or not.
    pub connection: Duration,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For taking a reply.
    pub write: Duration,
    /// For those who are being served when the gateway is stopped.
    pub drain: Duration,
}

/// A bound listener.
pub struct Listener {
    socket: TcpListener,
    settings: Arc<Settings>,
    inbound: Arc<Inbound>,
    permits: Arc<Semaphore>,
}

impl Listener {
    /// Binds. Nobody is let in before [`Listener::run`].
    ///
    /// # Errors
    /// As the system says: the port is in use, or may not be had.
    pub fn bind(settings: Settings, inbound: Arc<Inbound>) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(settings.address), Type::STREAM, Some(Protocol::TCP))?;
        // A restart must not wait for the last connections' TIME_WAIT.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        if settings.address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
            socket.set_only_v6(false)?;
        }
        socket.bind(&settings.address.into())?;
        socket.listen(BACKLOG)?;
        let permits = Arc::new(Semaphore::new(settings.connections));
        Ok(Self { socket: TcpListener::from_std(socket.into())?, settings: Arc::new(settings), inbound, permits })
    }

    /// Where it listens: the port that was given for 0.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Tells, whenever it is asked, how many connections are open.
    pub fn open(&self) -> impl Fn() -> usize + Send + Sync + 'static {
        let (permits, all) = (self.permits.clone(), self.settings.connections);
        move || all.saturating_sub(permits.available_permits())
    }

    /// What one too many is told, and noted.
    fn refusal(&self, peer: SocketAddr) -> Vec<u8> {
        let peer = Peer { ip: peer.ip().to_canonical(), helo: String::new(), tls: None, login: None };
        let refusal = Refusal::new(Class::TooManyConnections, "as many connections as may be are open");
        let occasion = Occasion { step: "connect", ..Occasion::default() };
        let reference = self.inbound.refusals.note(self.settings.address, &peer, &refusal, &occasion);
        let mut answer = Vec::new();
        Reply::refused(&refusal, false).with_reference(reference).write_to(&mut answer);
        answer
    }

    /// Serves until `stop`, then lets those who are being served finish, as long as [`Timeouts::drain`] allows.
    pub async fn run(self, stop: CancellationToken) {
        let peers = Arc::new(Peers::default());
        let tracker = TaskTracker::new();
        let hard_stop = CancellationToken::new();
        let mut back_off = BACK_OFF.0;
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = stop.cancelled() => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!(%error, wait = ?back_off, "cannot accept connections");
                    sleep(back_off).await;
                    back_off = (back_off * 2).min(BACK_OFF.1);
                    continue;
                }
            };
            back_off = BACK_OFF.0;
            let (Ok(permit), Some(seat)) =
                (self.permits.clone().try_acquire_owned(), peers.seat(peer.ip(), self.settings.connections_per_peer))
            else {
                debug!(listener = %self.settings.address, "turned away: no permit");
                tracker.spawn(turn_away(stream, self.refusal(peer)));
                continue;
            };
            let serve = connection::serve(stream, peer, self.settings.clone(), self.inbound.clone(), stop.clone());
            let (hard_stop, longest) = (hard_stop.clone(), self.settings.timeouts.connection);
            tracker.spawn(async move {
                tokio::select! {
                    () = serve => {}
                    () = sleep(longest) => debug!("connection cut off: too long"),
                    () = hard_stop.cancelled() => {}
                }
                drop((permit, seat));
            });
        }
        drop(self.socket);
        tracker.close();
        if timeout(self.settings.timeouts.drain, tracker.wait()).await.is_err() {
            info!(connections = tracker.len(), "closing connections that did not finish");
            hard_stop.cancel();
            tracker.wait().await;
        }
    }
}

/// 421 to one too many (RFC 5321 §3.8): it will come again.
async fn turn_away(mut stream: TcpStream, answer: Vec<u8>) {
    let _ = timeout(Duration::from_secs(5), stream.write_all(&answer)).await;
}

/// How many connections each peer has.
#[derive(Default)]
struct Peers(Mutex<HashMap<IpAddr, usize>>);

/// One of a peer's connections.
struct Seat {
    peers: Arc<Peers>,
    network: IpAddr,
}

impl Peers {
    fn seat(self: &Arc<Self>, peer: IpAddr, most: usize) -> Option<Seat> {
        let network = network(peer);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { peers: self.clone(), network })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

/// What counts as one peer: an IPv4 address; of IPv6 the /64, which one customer has whole.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_given_back() {
        let peers = Arc::new(Peers::default());
        let ip = |t: &str| t.parse::<IpAddr>().unwrap();
        let first = peers.seat(ip("2001:db8::1"), 2);
        let second = peers.seat(ip("2001:db8::2"), 2);
        assert!(first.is_some() && second.is_some());
        assert!(peers.seat(ip("2001:db8::3"), 2).is_none(), "one /64");
        assert!(peers.seat(ip("2001:db8:0:1::1"), 2).is_some(), "another");
        drop(first);
        assert!(peers.seat(ip("2001:db8::3"), 2).is_some());
        assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }
}
