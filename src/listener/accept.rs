//! Who gets in: binding, places of a listener and seats for each network, whom a proxy speaks for, back-off when the
//! system has no more to give, new terms while it runs, and the drain at the end.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use ipnet::IpNet;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::admission::{Admission, Denied, Seat};
use super::proxy::{self, Behalf};
use super::tls::Tls;
use super::{connection, linger};
use crate::domain::office::Peer;
use crate::domain::status::Occasion;
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
    /// New connections a minute from one address (IPv6: from one /64).
    pub connects_per_minute: NonZeroU32,
    /// Whose connections begin with a PROXY header, which says who the peer is; nobody else's do.
    pub proxies: Vec<IpNet>,
    /// Octets a second that a body must come with, once [`Timeouts::data`] has passed.
    pub min_rate: u64,
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
    /// For the next command, whole.
    pub command: Duration,
    /// For all commands from a connection's beginning, or a message's end, to the next body.
    pub envelope: Duration,
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
    handle: Handle,
    probes: mpsc::Receiver<oneshot::Sender<()>>,
}

/// By what newcomers are served. Whoever is inside keeps the terms that held at the door.
struct Terms {
    settings: Arc<Settings>,
    admission: Arc<Admission>,
    inbound: Arc<Inbound>,
}

impl Terms {
    /// Seats that are taken stay taken, unless the limits are others.
    fn new(settings: Settings, inbound: Arc<Inbound>, before: Option<&Self>) -> Self {
        let (at_once, a_minute) = (settings.connections_per_peer, settings.connects_per_minute);
        let admission = before.filter(|terms| {
            terms.settings.connections_per_peer == at_once && terms.settings.connects_per_minute == a_minute
        });
        let admission = admission.map_or_else(|| Admission::new(at_once, a_minute), |terms| terms.admission.clone());
        Self { settings: Arc::new(settings), admission, inbound }
    }
}

/// Holds on to a listener that runs. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    address: SocketAddr,
    terms: Arc<ArcSwap<Terms>>,
    places: Arc<Places>,
    retired: CancellationToken,
    probe: mpsc::Sender<oneshot::Sender<()>>,
}

impl Handle {
    /// Where it listens: the port that was given for 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.places.0.load(Ordering::Relaxed)
    }

    /// How TLS begins for the next peer.
    #[must_use]
    pub fn tls(&self) -> TlsMode {
        self.terms.load().settings.tls.clone()
    }

    /// From now on newcomers are served by these settings, at the same address. Nobody who is inside notices.
    pub fn replace(&self, settings: Settings, inbound: Arc<Inbound>) {
        let terms = Terms::new(settings, inbound, Some(&self.terms.load()));
        self.terms.store(Arc::new(terms));
    }

    /// Lets nobody in any more and gives the address up; whoever is inside stays until all of the gateway stops.
    pub fn retire(&self) {
        self.retired.cancel();
    }

    /// Whether it lets nobody in any more.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.retired.is_cancelled()
    }

    /// Returns true when the loop that lets peers in has turned: asked of the loop itself, not of a flag beside it.
    /// Not before it has: whoever asks sets the limit of time.
    pub async fn answers(&self) -> bool {
        let (to, answer) = oneshot::channel();
        self.probe.send(to).await.is_ok() && answer.await.is_ok()
    }
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
        if settings.address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
            socket.set_only_v6(false)?;
        }
        socket.bind(&settings.address.into())?;
        socket.listen(BACKLOG)?;
        Self::on(socket.into(), settings, inbound)
    }

    /// Takes a socket that somebody else has bound, and that listens already.
    ///
    /// # Errors
    /// As the system says: it is no such socket.
    pub fn on(socket: std::net::TcpListener, settings: Settings, inbound: Arc<Inbound>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let socket = TcpListener::from_std(socket)?;
        let (probe, probes) = mpsc::channel(1);
        let handle = Handle {
            address: socket.local_addr()?,
            terms: Arc::new(ArcSwap::from_pointee(Terms::new(settings, inbound, None))),
            places: Arc::default(),
            retired: CancellationToken::new(),
            probe,
        };
        Ok(Self { socket, handle, probes })
    }

    /// Holds on to it while it runs.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Serves until `stop`, then lets those who are being served finish, as long as [`Timeouts::drain`] allows.
    pub async fn run(mut self, stop: CancellationToken) {
        let tracker = TaskTracker::new();
        let hard_stop = CancellationToken::new();
        let mut back_off = BACK_OFF.0;
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                Some(probe) = self.probes.recv() => {
                    // Whoever asked may have lost patience.
                    let _ = probe.send(());
                    continue;
                }
                () = self.handle.retired.cancelled() => break,
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
            let terms = self.handle.terms.load_full();
            let settings = &terms.settings;
            let Some(place) = self.handle.places.take(settings.connections) else {
                let ip = peer.ip().to_canonical();
                tracker.spawn(async move { terms.turn_away(stream, ip, Denied::Listener).await });
                continue;
            };
            tracker.spawn(visit(terms, stream, peer.ip().to_canonical(), place, stop.clone(), hard_stop.clone()));
        }
        drop(self.socket);
        tracker.close();
        // Retired alone: those inside are not hurried.
        tokio::select! {
            () = tracker.wait() => return,
            () = stop.cancelled() => {}
        }
        let drain = self.handle.terms.load().settings.timeouts.drain;
        if timeout(drain, tracker.wait()).await.is_err() {
            info!(connections = tracker.len(), "closing connections that did not finish");
            hard_stop.cancel();
            tracker.wait().await;
        }
    }
}

/// How many connections a listener has. Not a semaphore: the most may change while they are open.
#[derive(Default)]
struct Places(AtomicUsize);

/// One of a listener's connections.
struct Place(Arc<Places>);

impl Places {
    fn take(self: &Arc<Self>, most: usize) -> Option<Place> {
        let one_more = |open| (open < most).then_some(open + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok().then(|| Place(self.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One connection, to its end. A function, and not a block that is given a future: that would hold it twice, in each of
/// ten thousand connections.
async fn visit(
    terms: Arc<Terms>,
    stream: TcpStream,
    ip: IpAddr,
    place: Place,
    stop: CancellationToken,
    hard_stop: CancellationToken,
) {
    tokio::select! {
        () = terms.enter(stream, ip, stop) => {}
        () = sleep(terms.settings.timeouts.connection) => debug!("connection cut off: too long"),
        () = hard_stop.cancelled() => {}
    }
    drop(place);
}

/// All that becomes of a connection.
type Visit = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Terms {
    /// What a connection that has a place passes before it is served.
    fn enter(self: &Arc<Self>, stream: TcpStream, ip: IpAddr, stop: CancellationToken) -> Visit {
        if !self.settings.proxies.iter().any(|network| network.contains(&ip)) {
            return self.seated(stream, ip, stop);
        }
        let terms = self.clone();
        Box::pin(async move {
            if let Some(visit) = terms.by_proxy(stream, ip, stop).await {
                visit.await;
            }
        })
    }

    /// A proxy has the seats of those it speaks for, and none of its own: but for places, nobody counts it.
    async fn by_proxy(
        self: &Arc<Self>,
        mut stream: TcpStream,
        proxy: IpAddr,
        stop: CancellationToken,
    ) -> Option<Visit> {
        match timeout(self.settings.timeouts.handshake, proxy::introduction(&mut stream)).await {
            Ok(Ok(Behalf::Own)) => Some(self.serve(stream, proxy, None, stop)),
            Ok(Ok(Behalf::Of(peer))) => Some(self.seated(stream, peer.ip().to_canonical(), stop)),
            Ok(Err(error)) => {
                warn!(%proxy, %error, "a proxy does not say for whom it connects");
                None
            }
            Err(_) => {
                warn!(%proxy, "a proxy does not say in time for whom it connects");
                None
            }
        }
    }

    /// With a seat of its network's, or with an answer why not.
    fn seated(self: &Arc<Self>, stream: TcpStream, ip: IpAddr, stop: CancellationToken) -> Visit {
        match self.admission.seat(ip) {
            Ok(seat) => self.serve(stream, ip, Some(seat), stop),
            Err(denied) => {
                let terms = self.clone();
                Box::pin(async move { terms.turn_away(stream, ip, denied).await })
            }
        }
    }

    fn serve(&self, stream: TcpStream, ip: IpAddr, seat: Option<Seat>, stop: CancellationToken) -> Visit {
        connection::serve(stream, ip, seat, self.settings.clone(), self.inbound.clone(), stop)
    }

    /// Says why to somebody who may not come in. Where TLS comes first there are no words for it.
    async fn turn_away(&self, mut stream: TcpStream, ip: IpAddr, denied: Denied) {
        let peer = Peer { ip, helo: String::new(), tls: None, login: None };
        let occasion = Occasion { step: "connect", ..Occasion::default() };
        let refusal = denied.refusal();
        let reference = self.inbound.refusals.note(self.settings.address, &peer, &refusal, &occasion);
        if !matches!(self.settings.tls, TlsMode::Implicit(_)) {
            let mut answer = Vec::new();
            Reply::refused(&refusal, false).with_reference(reference).write_to(&mut answer);
            let _ = timeout(Duration::from_secs(5), stream.write_all(&answer)).await;
        }
        linger::close(&mut stream, false).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_limit_of_the_day() {
        let places = Arc::new(Places::default());
        let first = places.take(1);
        assert!(first.is_some() && places.take(1).is_none());
        let second = places.take(2);
        assert!(second.is_some(), "the limit was raised");
        drop(first);
        assert!(places.take(1).is_none(), "lowered: one is open still");
        drop(second);
        assert!(places.take(1).is_some());
    }
}
