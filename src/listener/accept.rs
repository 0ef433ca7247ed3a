//! Who gets in: binding, permits for a listener and seats for each network, whom a proxy speaks for, back-off when the
//! system has no more to give, and the drain at the end.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::admission::{Admission, Denied, Seat};
use super::proxy::{self, Behalf};
use super::tls::Tls;
use super::{connection, linger};
use crate::inbound::Inbound;
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

    /// Serves until `stop`, then lets those who are being served finish, as long as [`Timeouts::drain`] allows.
    pub async fn run(self, stop: CancellationToken) {
        let admission = Admission::new(self.settings.connections_per_peer, self.settings.connects_per_minute);
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
            let Ok(permit) = self.permits.clone().try_acquire_owned() else {
                tracker.spawn(turn_away(stream, Denied::Listener, self.settings.clone()));
                continue;
            };
            let door = Door { settings: &self.settings, admission: &admission, inbound: &self.inbound, stop: &stop };
            let serve = door.enter(stream, peer.ip().to_canonical());
            let (hard_stop, longest) = (hard_stop.clone(), self.settings.timeouts.connection);
            tracker.spawn(async move {
                tokio::select! {
                    () = serve => {}
                    () = sleep(longest) => debug!("connection cut off: too long"),
                    () = hard_stop.cancelled() => {}
                }
                drop(permit);
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

/// What a connection that has a permit passes before it is served.
#[derive(Clone, Copy)]
struct Door<'a> {
    settings: &'a Arc<Settings>,
    admission: &'a Arc<Admission>,
    inbound: &'a Arc<Inbound>,
    stop: &'a CancellationToken,
}

/// All that becomes of a connection.
type Visit = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Door<'_> {
    fn enter(self, stream: TcpStream, ip: IpAddr) -> Visit {
        if !self.settings.proxies.iter().any(|network| network.contains(&ip)) {
            return self.seated(stream, ip);
        }
        let (settings, admission) = (self.settings.clone(), self.admission.clone());
        let (inbound, stop) = (self.inbound.clone(), self.stop.clone());
        Box::pin(async move {
            let door = Door { settings: &settings, admission: &admission, inbound: &inbound, stop: &stop };
            if let Some(visit) = door.by_proxy(stream, ip).await {
                visit.await;
            }
        })
    }

    /// A proxy has the seats of those it speaks for, and none of its own: but for permits, nobody counts it.
    async fn by_proxy(self, mut stream: TcpStream, proxy: IpAddr) -> Option<Visit> {
        match timeout(self.settings.timeouts.handshake, proxy::introduction(&mut stream)).await {
            Ok(Ok(Behalf::Own)) => Some(self.serve(stream, proxy, None)),
            Ok(Ok(Behalf::Of(peer))) => Some(self.seated(stream, peer.ip().to_canonical())),
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
    fn seated(self, stream: TcpStream, ip: IpAddr) -> Visit {
        match self.admission.seat(ip) {
            Ok(seat) => self.serve(stream, ip, Some(seat)),
            Err(denied) => Box::pin(turn_away(stream, denied, self.settings.clone())),
        }
    }

    fn serve(self, stream: TcpStream, ip: IpAddr, seat: Option<Seat>) -> Visit {
        connection::serve(stream, ip, seat, self.settings.clone(), self.inbound.clone(), self.stop.clone())
    }
}

/// Says why to somebody who may not come in. Where TLS comes first there are no words for it.
async fn turn_away(mut stream: TcpStream, denied: Denied, settings: Arc<Settings>) {
    debug!(listener = %settings.address, ?denied, "turned away");
    if !matches!(settings.tls, TlsMode::Implicit(_)) {
        let _ = timeout(Duration::from_secs(5), stream.write_all(denied.answer())).await;
    }
    linger::close(&mut stream, false).await;
}
