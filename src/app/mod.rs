//! Builds every room from the configuration, binds last, spawns, takes a new configuration into use, and drains at the
//! end.

mod chores;
pub mod control;
mod hold;
mod inherited;
mod listeners;
mod pages;
mod reload;
mod renewal;
mod scanning;
mod sealing;
pub mod service;
mod way_out;

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

pub use self::hold::Hold;
pub use self::inherited::Inherited;
pub use self::listeners::Difference;

use self::chores::{clear_spool, follow_directory, sweep_blobs, watch_certificates};
use self::listeners::Listeners;
use self::pages::{Site, challenges, portal_state};
use self::renewal::Renewal;
use self::scanning::{looking, meters};

use self::way_out::{build_outbound, build_relay};
use crate::acme::Answers;
use crate::authentication::{self, Authenticator};
use crate::clock::{Clock, Ids};
use crate::config::{self, Config};
use crate::domain::address::Domain;
use crate::domain::directory::Directory;
use crate::health::Health;
use crate::inbound::{self, Inbound};
use crate::intake;
use crate::portal::PortalState;
use crate::relay::Relay;
use crate::scanner::Figures;
use crate::store::{self, Store, StoreError};
use crate::{admin, health, portal};

/// What keeps the gateway from starting, or from taking a configuration, in an admin's words: key, what is wrong, remedy.
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
    /// Where SMTP was spoken at the start, in the order of the configuration.
    pub smtp: Vec<SocketAddr>,
    /// The portal.
    pub http: SocketAddr,
    /// Health and metrics.
    pub metrics: SocketAddr,
    /// The store of this gateway.
    pub store: Store,
    /// The relay that this gateway began with.
    pub relay: Relay,
    listeners: Listeners,
    answers: Answers,
    scans: Figures,
    current: Arc<Mutex<Current>>,
    health: Health,
    clock: Clock,
    ids: Ids,
    stop: CancellationToken,
    tasks: TaskTracker,
    last: (CancellationToken, JoinHandle<()>),
    _hold: Hold,
}

/// What a new configuration replaces.
struct Current {
    config: Config,
    inbound: Arc<Inbound>,
    portal: Site,
    way_out: CancellationToken,
    renewal: Renewal,
}

impl Running {
    /// Takes the offices into use as they are now.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn refresh_directory(&self) -> Result<(), StoreError> {
        let directory = self.store.directory().await?;
        self.current.lock().await.inbound.replace_directory(directory);
        Ok(())
    }

    /// Lets nobody in any more, finishes what is under way, and returns when all is still.
    pub async fn stop(self) {
        self.health.stop();
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        // What was refused until now.
        let (stop, refusals) = self.last;
        stop.cancel();
        let _ = refusals.await;
        self.store.close().await;
    }
}

/// Starts a gateway. Ports are bound last: whoever can connect is served.
///
/// # Errors
/// The first thing that is in the way.
pub async fn start(config: &Config, mut inherited: Inherited, clock: Clock, ids: Ids) -> Result<Running, CannotStart> {
    folder("node.data", &config.node.data)?;
    let hold = Hold::take(&config.node.data)?;
    folder("spool.folder", &config.spool)?;
    clear_spool(&config.spool);
    let store = Box::pin(open_store(config, clock.clone(), ids.clone())).await?;
    let away = |e: StoreError| CannotStart::new("database.url", e, "look at the database");
    let directory = store.directory().await.map_err(away)?;
    let relay = build_relay(config, ids.clone())?;
    let scans = Figures::default();
    let inbound = Arc::new(Inbound::new(way_in(config, &store, directory, &scans)?, clock.clone(), ids.clone()));
    inbound.show_scanner(&scans);
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();

    let mut portal = Site::bind("portal.address", config.portal.address, &mut inherited)?;
    let mut figures = Site::bind("metrics.address", config.metrics, &mut inherited)?;
    let (http, metrics) = (portal.address, figures.address);
    let answers = Answers::default();
    let renewal = Renewal::default();
    let challenges = renewal.bind(config, &mut inherited)?;
    let listeners = Listeners::default();
    let change = listeners.plan(config, &inbound, &mut inherited, &clock).map_err(first)?;
    inherited.leave();

    let (mut single, clamds) = meters(&scans);
    single.push(listeners.meter());
    let health = Health::new(store.clone(), clock.clone(), single, vec![listeners.ends(&clock), clamds]);
    let smtp = listeners.make(change, &tasks, &stop).added;
    let pages = site(portal_state(config, &store, &clock, &ids, http), &health, &answers);
    portal.serve(pages, &tasks, &stop);
    let pages = health::metrics(health.clone()).merge(health::router(health.clone()));
    figures.serve(pages, &tasks, &stop);
    tasks.spawn(sweep_blobs(store.clone(), stop.clone()));
    tasks.spawn(watch_certificates(listeners.clone(), clock.clone(), stop.clone()));
    tasks.spawn(follow_directory(store.clone(), inbound.clone(), stop.clone()));
    let (watching, until) = (inbound.clone(), stop.clone());
    tasks.spawn(async move { watching.watch_certificates(until).await });
    let last = CancellationToken::new();
    let (tidied, until) = (inbound.clone(), last.clone());
    let last = (last, tokio::spawn(async move { tidied.tidy(until).await }));
    let way_out = stop.child_token();
    let outbound = build_outbound(config, &store, &relay, config.node.keys.clone());
    tasks.spawn(outbound.run(way_out.clone()));
    info!(smtp = ?smtp, %http, %metrics, "serving");
    let current = Arc::new(Mutex::new(Current { config: config.clone(), inbound, portal, way_out, renewal }));
    let running = Running {
        smtp,
        http,
        metrics,
        store,
        relay,
        listeners,
        answers,
        scans,
        current,
        health,
        clock,
        ids,
        stop,
        tasks,
        last,
        _hold: hold,
    };
    running.renew(&mut *running.current.lock().await, challenges);
    Ok(running)
}

/// What the way in is made of, under this configuration.
fn way_in(
    config: &Config,
    store: &Store,
    directory: Directory,
    scans: &Figures,
) -> Result<inbound::Parts, CannotStart> {
    Ok(inbound::Parts {
        store: store.clone(),
        host: config.node.name.clone(),
        served: config.mail.served.clone(),
        keys: config.node.keys.clone(),
        directory,
        authenticator: authenticator(config)?,
        limits: intake_limits(&config.limits),
        looking: looking(config, scans),
        sealing: sealing::sealing(&config.smime)?,
        refusals_per_network: config.rates.refusals_per_network,
        failed_logins: inbound::FailedLogins {
            per_name: config.limits.failed_logins_per_name,
            per_network: config.limits.failed_logins_per_network,
        },
        messages: inbound::PerHour { office: config.rates.messages_per_office, pair: config.rates.messages_per_pair },
    })
}

/// How much of a message is read, as the configuration says.
fn intake_limits(from: &config::Limits) -> intake::Limits {
    intake::Limits {
        parts: from.parts,
        depth: from.depth,
        header_bytes: usize::try_from(from.header_size).unwrap_or(usize::MAX),
        header_fields: from.header_fields,
        ..intake::Limits::default()
    }
}

/// The pages of portal and admin, and health and challenges for whoever asks there.
fn site(state: PortalState, health: &Health, answers: &Answers) -> Router {
    let pages = portal::router(state.clone()).merge(admin::router(state));
    pages.merge(health::router(health.clone())).merge(challenges(answers.clone()))
}

/// Of all that is in the way, what to tell first.
fn first(faults: Vec<CannotStart>) -> CannotStart {
    let none = || CannotStart::new("listener", "nobody knows what is wrong", "");
    faults.into_iter().next().unwrap_or_else(none)
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
