//! The places where SMTP is spoken, as the configuration wants them.

use std::sync::Arc;

use super::{CannotStart, cannot_bind};
use crate::config::{self, Config, ListenerTls, ServerTls};
use crate::health::Meter;
use crate::inbound::Inbound;
use crate::listener::tls::{Files, Tls};
use crate::listener::{self, Listener, TlsMode};
use crate::smtp::session;

pub(super) fn bind_smtp(
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
pub(super) fn connections(listeners: &[Listener]) -> Meter {
    let open: Vec<_> = listeners.iter().map(Listener::open).collect();
    Meter {
        name: "brevbro_smtp_connections",
        help: "SMTP connections that are open.",
        counter: false,
        read: Arc::new(move || open.iter().map(|open| open() as u64).sum()),
    }
}
