//! Builds every room from the configuration, binds last, spawns, and drains at the end.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::authentication::{self, Authenticator};
use crate::clock::{Clock, Ids};
use crate::config::{self, Config, ListenerTls, Login, ServerTls};
use crate::domain::address::Domain;
use crate::domain::directory::Served;
use crate::domain::ids::ArrivalId;
use crate::domain::keys::Keys;
use crate::domain::language::{Language, Names};
use crate::health::{Health, Meter};
use crate::inbound::{self, Inbound};
use crate::listener::tls::{Files, Tls};
use crate::listener::{self, Listener, TlsMode};
use crate::outbound::Outbound;
use crate::relay::{self, Identity, Relay};
use crate::smtp::session;
use crate::store::{self, Store, StoreError};
use crate::texts::text;
use crate::{admin, health, portal};

/// How often another process's changes to offices are looked for.
const DIRECTORY_POLL: Duration = Duration::from_secs(1);
/// How often files that no row names are looked for, and how old they must be: far older than any message under way.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
const SWEEP_AFTER: Duration = Duration::from_hours(6);

/// What keeps the gateway from starting, in an admin's words: key, what is wrong, remedy.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {what}\n  {remedy}")]
pub struct CannotStart {
    /// The key of `brevbro.toml` that leads there.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl CannotStart {
    fn new(key: impl Into<String>, what: impl std::fmt::Display, remedy: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.to_string(), remedy: remedy.into() }
    }
}

/// A gateway at work.
pub struct Running {
    /// Where SMTP is spoken, in the order of the configuration.
    pub smtp: Vec<SocketAddr>,
    /// The portal.
    pub http: SocketAddr,
    /// Health and metrics.
    pub metrics: SocketAddr,
    /// The store of this gateway.
    pub store: Store,
    /// The relay of this gateway.
    pub relay: Relay,
    /// Our domains.
    pub served: Served,
    inbound: Arc<Inbound>,
    health: Health,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    /// Takes the offices into use as they are now.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn refresh_directory(&self) -> Result<(), StoreError> {
        self.inbound.replace_directory(self.store.directory().await?);
        Ok(())
    }

    /// Lets nobody in any more, finishes what is under way, and returns when all is still.
    pub async fn stop(self) {
        self.health.stop();
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.store.close().await;
    }
}

/// Starts a gateway. Ports are bound last: whoever can connect is served.
///
/// # Errors
/// The first thing that is in the way.
pub async fn start(config: &Config, clock: Clock, ids: Ids) -> Result<Running, CannotStart> {
    folder("spool.folder", &config.spool)?;
    clear_spool(&config.spool);
    let store = Box::pin(open_store(config, clock.clone(), ids.clone())).await?;
    let away = |e: StoreError| CannotStart::new("database.url", e, "look at the database");
    let directory = store.directory().await.map_err(away)?;
    let keys = config.node.keys.clone();
    let served = config.mail.served.clone();
    let relay = build_relay(config, ids.clone())?;

    let parts = inbound::Parts {
        store: store.clone(),
        host: config.node.name.clone(),
        served: served.clone(),
        keys: keys.clone(),
        directory,
        authenticator: authenticator(config)?,
    };
    let inbound = Arc::new(Inbound::new(parts, clock.clone(), ids.clone()));
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();

    let (http, portal_socket) = bind_http("portal.address", config.portal.address).await?;
    let portal = portal_state(config, &store, &clock, &ids, http);
    let pages = portal::router(portal.clone()).merge(admin::router(portal));
    let (metrics, metrics_socket) = bind_http("metrics.address", config.metrics).await?;
    let mut listeners = Vec::new();
    let mut smtp = Vec::new();
    for (index, listener) in config.listeners.iter().enumerate() {
        let bound = bind_smtp(config, index, listener, inbound.clone())?;
        smtp.push(bound.address().map_err(|e| CannotStart::new("listener", e, "look at the system's limits"))?);
        listeners.push(bound);
    }

    let health = Health::new(store.clone(), clock, vec![connections(&listeners)]);
    for listener in listeners {
        tasks.spawn(listener.run(stop.clone()));
    }
    let figures = health::metrics(health.clone()).merge(health::router(health.clone()));
    tasks.spawn(serve_http(portal_socket, pages.merge(health::router(health.clone())), stop.clone()));
    tasks.spawn(serve_http(metrics_socket, figures, stop.clone()));
    tasks.spawn(sweep_blobs(store.clone(), stop.clone()));
    tasks.spawn(follow_directory(store.clone(), inbound.clone(), stop.clone()));
    tasks.spawn(build_outbound(config, &store, &relay, keys).run(stop.clone()));
    info!(smtp = ?smtp, %http, %metrics, "serving");
    Ok(Running { smtp, http, metrics, store, relay, served, inbound, health, stop, tasks })
}

fn folder(key: &str, path: &Path) -> Result<(), CannotStart> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|e| {
        CannotStart::new(key, format!("{}: {e}", path.display()), "name a folder that the gateway may write to")
    })
}

/// Opens the store as the configuration says, its folder made if need be.
async fn open_store(config: &Config, clock: Clock, ids: Ids) -> Result<Store, CannotStart> {
    folder("blobs.folder", &config.blobs.folder)?;
    let settings = store::Settings {
        url: config.database.url.reveal().to_owned(),
        blobs: config.blobs.folder.clone(),
        node: config.node.id.clone(),
        inline_limit: usize::try_from(config.blobs.inline_limit).unwrap_or(usize::MAX),
    };
    Box::pin(Store::open(settings, config.node.keys.clone(), clock, ids)).await.map_err(|e| {
        CannotStart::new("database.url", format!("{}: {e}", config.database.shown), "brevbro check says more")
    })
}

/// Who asks DNS about senders.
///
/// # Errors
/// When the resolver cannot be set up.
pub fn authenticator(config: &Config) -> Result<Authenticator, CannotStart> {
    resolver(&config.resolver, &config.node.name)
}

/// The same, of a configuration that may have faults elsewhere.
///
/// # Errors
/// When the resolver cannot be set up.
pub fn resolver(from: &config::Resolver, host: &Domain) -> Result<Authenticator, CannotStart> {
    let settings = authentication::Settings {
        nameservers: from.nameservers.clone(),
        dnssec: from.dnssec,
        trust_anchors: from.trust_anchors.clone(),
        timeout: from.timeout,
        cache: from.cache,
    };
    Authenticator::new(&settings, host.clone()).map_err(|e| {
        let remedy = "write nameservers = [\"127.0.0.53:53\"]; trust anchors are DNSKEY records, one a line";
        CannotStart::new("resolver", e, remedy)
    })
}

fn build_relay(config: &Config, ids: Ids) -> Result<Relay, CannotStart> {
    let from = &config.relay;
    let defaults = relay::Settings::new(from.hostname.clone());
    let settings = relay::Settings {
        ca_file: from.ca_file.clone(),
        client_identity: from
            .client
            .as_ref()
            .map(|client| relay::ClientIdentity { certificates: client.certificate.clone(), key: client.key.clone() }),
        timeouts: relay::Timeouts {
            connect: from.timeouts.connect,
            greeting: from.timeouts.greeting,
            command: from.timeouts.command,
            recipient: from.timeouts.command,
            block: from.timeouts.data,
            message: from.timeouts.end,
            ..defaults.timeouts
        },
        limits: relay::Limits { connections_per_target: from.connections_per_host, ..defaults.limits },
        ..defaults
    };
    let resolver = relay::resolver(&config.resolver.nameservers)
        .map_err(|e| CannotStart::new("resolver", e, "write nameservers = [\"127.0.0.53:53\"]"))?;
    Relay::new(settings, resolver, ids)
        .map_err(|e| CannotStart::new("relay", e, "look at relay.ca_file and relay.client, or install ca-certificates"))
}

/// The service's name, as notices are signed.
fn service_name() -> Names {
    let name = |language| Some(text(language, "service-name", &[]));
    Names { sv: name(Language::Sv), fi: name(Language::Fi), en: name(Language::En) }
}

fn build_outbound(config: &Config, store: &Store, relay: &Relay, keys: Keys) -> Outbound {
    let domain = config.mail.served.domains.first().unwrap_or(&config.node.name).clone();
    Outbound {
        store: store.clone(),
        relay: relay.clone(),
        keys,
        identity: Identity { domain, name: service_name(), portal: config.portal.url.clone() },
        notices: config.relay.notices.clone(),
        schedule: config.relay.schedule.clone(),
        at_once: config.relay.connections,
    }
}

fn portal_state(config: &Config, store: &Store, clock: &Clock, ids: &Ids, listen: SocketAddr) -> portal::PortalState {
    let from = &config.portal;
    let settings = portal::Settings {
        public_url: from.url.clone(),
        listen,
        login: match from.login {
            Login::Demo => portal::Login::Demo,
            Login::None => portal::Login::Off,
        },
        time_zone: from.time_zone.clone(),
        limits: portal::Limits {
            reply_files: from.max_files,
            reply_octets: from.max_reply,
            ..portal::Limits::default()
        },
    };
    portal::PortalState::new(settings, store.clone(), config.node.keys.clone(), clock.clone(), ids.clone())
}

fn bind_smtp(
    config: &Config,
    index: usize,
    from: &config::Listener,
    inbound: Arc<Inbound>,
) -> Result<Listener, CannotStart> {
    let load = |files: &ServerTls| {
        let files = Files {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            client_ca: files.client_ca.clone(),
        };
        Tls::load(&files).map_err(|e| {
            CannotStart::new(format!("listener[{index}]"), e, "name a certificate in PEM, and the key that fits it")
        })
    };
    let tls = match &from.tls {
        ListenerTls::None => TlsMode::None,
        ListenerTls::StartTls(files) => TlsMode::Starttls(load(files)?),
        ListenerTls::Implicit(files) => TlsMode::Implicit(load(files)?),
    };
    let settings = listener::Settings {
        address: from.address,
        session: session::Settings {
            hostname: config.node.name.clone(),
            max_message: config.mail.max_message,
            max_recipients: config.mail.max_recipients,
            starttls: matches!(tls, TlsMode::Starttls(_)),
        },
        tls,
        connections: from.connections,
        connections_per_peer: from.connections_per_peer,
        timeouts: listener::Timeouts {
            command: config.timeouts.command,
            data: config.timeouts.data,
            body: config.timeouts.message,
            connection: config.timeouts.connection,
            handshake: config.timeouts.handshake,
            write: config.timeouts.command,
            drain: config.timeouts.stop,
        },
        spool: config.spool.clone(),
    };
    Listener::bind(settings, inbound).map_err(|e| cannot_bind(&format!("listener[{index}].address"), from.address, &e))
}

/// How many SMTP connections are open, on all listeners.
fn connections(listeners: &[Listener]) -> Meter {
    let open: Vec<_> = listeners.iter().map(Listener::open).collect();
    Meter {
        name: "brevbro_smtp_connections",
        help: "SMTP connections that are open.",
        counter: false,
        read: Arc::new(move || open.iter().map(|open| open() as u64).sum()),
    }
}

async fn bind_http(key: &str, address: SocketAddr) -> Result<(SocketAddr, TcpListener), CannotStart> {
    let bound = async {
        let socket = TcpListener::bind(address).await?;
        Ok((socket.local_addr()?, socket))
    };
    bound.await.map_err(|e| cannot_bind(key, address, &e))
}

fn cannot_bind(key: &str, address: SocketAddr, error: &io::Error) -> CannotStart {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there: stop it, or choose another port",
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need CAP_NET_BIND_SERVICE: give it, or choose another port"
        }
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address",
        _ => "choose another address",
    };
    CannotStart::new(key, format!("cannot listen on {address}: {error}"), remedy)
}

async fn serve_http(socket: TcpListener, pages: Router, stop: CancellationToken) {
    let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(socket, pages).with_graceful_shutdown(stop.cancelled_owned()).await {
        error!(%error, "HTTP ended");
    }
}

/// Removes the bodies that a killed gateway was receiving: nobody was told that they are kept.
fn clear_spool(spool: &Path) {
    let files = std::fs::read_dir(spool).into_iter().flatten().flatten();
    for file in files.filter(|file| file.file_name().to_str().is_some_and(|name| name.parse::<ArrivalId>().is_ok())) {
        if let Err(error) = std::fs::remove_file(file.path()) {
            warn!(%error, "a body left over in the spool cannot be removed");
        }
    }
}

/// Removes, now and then, the large bodies that a killed gateway had written and not committed.
async fn sweep_blobs(store: Store, stop: CancellationToken) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        match store.sweep(SWEEP_AFTER).await {
            Ok(0) => {}
            Ok(files) => info!(files, "removed files that no message names"),
            Err(error) => warn!(%error, "the blob folder could not be swept"),
        }
    }
}

/// Takes into use what `apply` changed, here or in another process.
async fn follow_directory(store: Store, inbound: Arc<Inbound>, stop: CancellationToken) {
    let mut ticks = interval(DIRECTORY_POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let version = inbound.directory().version;
        let newer = async {
            if store.directory_version().await? == version {
                return Ok::<_, StoreError>(None);
            }
            store.directory().await.map(Some)
        };
        match newer.await {
            Ok(None) => {}
            Ok(Some(directory)) => {
                info!(version = directory.version, offices = directory.offices().len(), "offices taken into use");
                inbound.replace_directory(directory);
            }
            Err(error) => warn!(%error, "the offices could not be read; the last ones stay"),
        }
    }
}
