//! The places where SMTP is spoken: those that the configuration wants, and how to get there from those that are.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::inherited::Inherited;
use super::{CannotStart, cannot_bind};
use crate::acme::interim;
use crate::clock::Clock;
use crate::config::{self, Config, ListenerTls, ServerTls};
use crate::health::{Meter, Meters};
use crate::inbound::Inbound;
use crate::listener::tls::{Files, Tls};
use crate::listener::{self, Handle, Listener, TlsMode};
use crate::smtp::session;

/// The listeners that run; retired ones among them, as long as somebody is inside. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Listeners(Arc<ArcSwap<Vec<Entry>>>);

#[derive(Clone)]
struct Entry {
    /// As the configuration has it: the port may be 0.
    wanted: SocketAddr,
    handle: Handle,
}

/// A step from some listeners to others, everything that can fail done.
pub(super) struct Change {
    kept: Vec<(Entry, listener::Settings)>,
    added: Vec<(SocketAddr, Listener)>,
    removed: Vec<Entry>,
    inbound: Arc<Inbound>,
}

/// What a step did, in the words of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Listens from now on.
    pub added: Vec<SocketAddr>,
    /// Listens no more.
    pub removed: Vec<SocketAddr>,
    /// Listens on, under new terms for newcomers.
    pub kept: Vec<SocketAddr>,
}

impl Listeners {
    /// Binds what is new and reads every certificate; changes nothing yet.
    ///
    /// # Errors
    /// All that is in the way; then nothing stays bound.
    pub fn plan(
        &self,
        config: &Config,
        inbound: &Arc<Inbound>,
        inherited: &mut Inherited,
        clock: &Clock,
    ) -> Result<Change, Vec<CannotStart>> {
        let mut old: Vec<Entry> = self.active();
        let mut change = Change { kept: Vec::new(), added: Vec::new(), removed: Vec::new(), inbound: inbound.clone() };
        let mut faults = Vec::new();
        for (index, from) in config.listeners.iter().enumerate() {
            let settings = match settings(config, index, from, clock.now()) {
                Ok(settings) => settings,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            if let Some(at) = old.iter().position(|entry| entry.wanted == from.address) {
                change.kept.push((old.remove(at), settings));
                continue;
            }
            let key = format!("listener[{index}].address");
            let bound = match inherited.take(&key, from.address) {
                Some(socket) => Listener::on(socket, settings, inbound.clone()),
                None => Listener::bind(settings, inbound.clone()),
            };
            match bound {
                Ok(listener) => change.added.push((from.address, listener)),
                Err(error) => faults.push(cannot_bind(&key, from.address, &error)),
            }
        }
        change.removed = old;
        if faults.is_empty() { Ok(change) } else { Err(faults) }
    }

    /// Makes the change.
    pub fn make(&self, change: Change, tasks: &TaskTracker, stop: &CancellationToken) -> Difference {
        let mut difference = Difference::default();
        let mut now: Vec<Entry> = self.0.load().iter().filter(|e| e.handle.is_retired()).cloned().collect();
        now.retain(|retired| retired.handle.open() > 0);
        for (entry, settings) in change.kept {
            difference.kept.push(entry.handle.address());
            entry.handle.replace(settings, change.inbound.clone());
            now.push(entry);
        }
        for (wanted, listener) in change.added {
            let handle = listener.handle();
            difference.added.push(handle.address());
            tasks.spawn(listener.run(stop.clone()));
            now.push(Entry { wanted, handle });
        }
        for entry in change.removed {
            difference.removed.push(entry.handle.address());
            entry.handle.retire();
            now.push(entry);
        }
        self.0.store(Arc::new(now));
        difference
    }

    /// Shows newcomers the certificate that an authority has given, where the configuration says so.
    pub fn show_given(&self, config: &Config, inbound: &Arc<Inbound>, clock: &Clock) -> Result<(), CannotStart> {
        let mut active = self.active();
        for (index, from) in config.listeners.iter().enumerate() {
            // One after another, as when they were bound: the port may be 0 at more than one.
            let Some(at) = active.iter().position(|entry| entry.wanted == from.address) else { continue };
            let entry = active.remove(at);
            if from.tls.files().is_some_and(|files| files.acme) {
                entry.handle.replace(settings(config, index, from, clock.now())?, inbound.clone());
            }
        }
        Ok(())
    }

    fn active(&self) -> Vec<Entry> {
        self.0.load().iter().filter(|entry| !entry.handle.is_retired()).cloned().collect()
    }

    /// Those that let peers in.
    pub fn handles(&self) -> Vec<Handle> {
        self.active().into_iter().map(|entry| entry.handle).collect()
    }

    /// When the certificate of each listener ends.
    pub fn certificates(&self) -> Vec<(SocketAddr, Timestamp)> {
        let ends = |handle: Handle| match handle.tls() {
            TlsMode::Starttls(tls) | TlsMode::Implicit(tls) => Some((handle.address(), tls.ends()?)),
            TlsMode::None => None,
        };
        self.handles().into_iter().filter_map(ends).collect()
    }

    /// The same, for the figures.
    pub fn ends(&self, clock: &Clock) -> Meters {
        let (all, clock) = (self.clone(), clock.clone());
        let read = move || {
            let now = clock.now().as_second();
            let left = |end: Timestamp| u64::try_from(end.as_second() - now).unwrap_or(0);
            all.certificates().into_iter().map(|(address, end)| (address.to_string(), left(end))).collect()
        };
        Meters {
            name: "brevbro_certificate_expires_seconds",
            help: "Seconds until the listener's certificate ends; 0: it has.",
            label: "listener",
            read: Arc::new(read),
        }
    }

    /// How many SMTP connections are open, on all listeners.
    pub fn open(&self) -> usize {
        self.0.load().iter().map(|entry| entry.handle.open()).sum()
    }

    /// The same, for the figures.
    pub fn meter(&self) -> Meter {
        let all = self.clone();
        Meter {
            name: "brevbro_smtp_connections",
            help: "SMTP connections that are open.",
            counter: false,
            read: Arc::new(move || all.open() as u64),
        }
    }
}

/// What one listener is made of, its certificate read.
fn settings(
    config: &Config,
    index: usize,
    from: &config::Listener,
    now: Timestamp,
) -> Result<listener::Settings, CannotStart> {
    let address = from.address;
    let load = |from: &ServerTls| {
        let mut files =
            Files { certificate: from.certificate.clone(), key: from.key.clone(), client_ca: from.client_ca.clone() };
        if let Some(acme) = config.acme.as_ref().filter(|_| from.acme && !from.certificate.exists()) {
            files.certificate = acme.folder.join("interim.pem");
            files.key = files.certificate.clone();
            interim(&files.certificate, &acme.names, now).map_err(|e| {
                let what = format!("{}: {e}", files.certificate.display());
                CannotStart::new("node.data", what, "name a folder that the gateway may write to")
            })?;
            warn!(listener = %address, "no certificate has been given yet: one of our own making is shown until then");
        }
        Tls::load(&files).map_err(|e| {
            CannotStart::new(format!("listener[{index}]"), e, "name a certificate in PEM, and the key that fits it")
        })
    };
    let tls = match &from.tls {
        ListenerTls::None => TlsMode::None,
        ListenerTls::StartTls(files) => TlsMode::Starttls(load(files)?),
        ListenerTls::Implicit(files) => TlsMode::Implicit(load(files)?),
    };
    Ok(listener::Settings {
        address: from.address,
        session: session::Settings {
            hostname: config.node.name.clone(),
            max_message: config.mail.max_message,
            max_recipients: config.mail.max_recipients,
            starttls: matches!(tls, TlsMode::Starttls(_)),
            login: from.login,
            limits: session::Limits {
                commands: config.limits.commands,
                junk: config.limits.junk_commands,
                faults: config.limits.faults,
            },
        },
        tls,
        connections: from.connections,
        connections_per_peer: from.connections_per_peer,
        connects_per_minute: config.limits.connects_per_minute,
        proxies: from.proxies.clone(),
        min_rate: config.limits.min_rate,
        timeouts: listener::Timeouts {
            command: config.timeouts.command,
            envelope: config.timeouts.envelope,
            data: config.timeouts.data,
            body: config.timeouts.message,
            connection: config.timeouts.connection,
            handshake: config.timeouts.handshake,
            write: config.timeouts.reply,
            drain: config.timeouts.stop,
        },
        spool: config.spool.clone(),
    })
}
