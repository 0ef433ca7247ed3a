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

use crate::clock::{Clock, Ids};
use crate::config::{Config, ListenerTls, ServerTls};
use crate::domain::directory::Served;
use crate::inbound::Inbound;
use crate::listener::tls::{Files, Tls};
use crate::listener::{self, Listener, TlsMode};
use crate::outbound::Outbound;
use crate::relay::{self, Relay};
use crate::smtp::session;
use crate::store::{self, Store, StoreError};
use crate::{admin, health, portal};

/// How often another process's changes to offices are looked for.
const DIRECTORY_POLL: Duration = Duration::from_secs(1);

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
    fn new(key: impl Into<String>, what: impl ToString, remedy: impl Into<String>) -> Self {
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
    pub relay: Arc<Relay>,
    /// Our domains.
    pub served: Served,
    inbound: Arc<Inbound>,
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
    let store = open_store(config, clock.clone(), ids.clone()).await?;
    let away = |e: StoreError| CannotStart::new("database.url", e, "look at the database");
    let directory = store.directory().await.map_err(away)?;
    let keys = config.node.keys.clone();
    let served = config.mail.served.clone();
    let relay = Arc::new(build_relay(config, ids.clone())?);

    let inbound = Inbound::new(
        store.clone(),
        served.clone(),
        keys.clone(),
        directory,
        config.mail.postmaster.clone(),
        clock.clone(),
        ids.clone(),
    );
    let inbound = Arc::new(inbound);
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();

    let pages = portal::router(portal_state(config, &store, &clock, &ids)).merge(admin::router(store.clone()));
    let (http, portal_socket) = bind_http("portal.address", config.portal.address).await?;
    let (metrics, metrics_socket) = bind_http("metrics.address", config.metrics).await?;
    let mut listeners = Vec::new();
    let mut smtp = Vec::new();
    for (index, listener) in config.listeners.iter().enumerate() {
        let bound = bind_smtp(config, index, listener, inbound.clone())?;
        smtp.push(bound.address().map_err(|e| CannotStart::new("listener", e, "look at the system's limits"))?);
        listeners.push(bound);
    }

    for listener in listeners {
        tasks.spawn(listener.run(stop.clone()));
    }
    tasks.spawn(serve_http(portal_socket, pages, stop.clone()));
    tasks.spawn(serve_http(metrics_socket, health::metrics(store.clone()), stop.clone()));
    tasks.spawn(follow_directory(store.clone(), inbound.clone(), stop.clone()));
    let outbound = Outbound::new(store.clone(), relay.clone(), config, keys, clock);
    tasks.spawn(outbound.run(stop.clone()));
    info!(smtp = ?smtp, %http, %metrics, "serving");
    Ok(Running { smtp, http, metrics, store, relay, served, inbound, stop, tasks })
}
