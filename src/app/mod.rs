//! Builds every room from the configuration, binds last, spawns, and drains at the end.

mod chores;
mod listeners;
mod pages;
mod way_out;

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

use self::chores::{clear_spool, follow_directory, sweep_blobs};
use self::listeners::{bind_smtp, connections};
use self::pages::{bind_http, portal_state, serve_http};
use self::way_out::{build_outbound, build_relay};
use crate::authentication::Authenticator;
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::domain::directory::Served;
use crate::health::Health;
use crate::inbound::{self, Inbound};
use crate::relay::Relay;
use crate::store::{self, Store, StoreError};
use crate::{admin, health, portal};

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
        authenticator: Authenticator::default(),
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
