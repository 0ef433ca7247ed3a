//! What the relay is told by the configuration.

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::address::Domain;

/// How we present ourselves, what we trust, how long we wait.
#[derive(Debug, Clone)]
pub struct Settings {
    /// EHLO's argument: this host's name.
    pub hostname: Domain,
    /// Authorities that may vouch for a next hop, as PEM, in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// What we show to a next hop that asks for a certificate.
    pub client_identity: Option<ClientIdentity>,
    /// Port of MX hosts: 25, but for tests.
    pub mx_port: u16,
    /// How long we wait for what.
    pub timeouts: Timeouts,
    /// Of connections.
    pub limits: Limits,
}

impl Settings {
    /// Everything but the name as it is by default.
    #[must_use]
    pub fn new(hostname: Domain) -> Self {
        Self {
            hostname,
            ca_file: None,
            client_identity: None,
            mx_port: 25,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
        }
    }
}

/// A certificate chain and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// Our certificate first.
    pub certificates: PathBuf,
    /// PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

/// How long we wait for a peer in each phase. The defaults are the least that RFC 5321 §4.5.3.2 allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// For the TCP connection; the RFC says nothing.
    pub connect: Duration,
    /// For the 220 greeting.
    pub greeting: Duration,
    /// For EHLO, HELO, STARTTLS, the TLS handshake, RSET, MAIL.
    pub command: Duration,
    /// For RCPT.
    pub recipient: Duration,
    /// For the 354 after DATA.
    pub data: Duration,
    /// For each block of the message to be taken.
    pub block: Duration,
    /// For the answer to the whole message.
    pub message: Duration,
    /// For a whole delivery, whatever the phases say.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_mins(5),
            command: Duration::from_mins(5),
            recipient: Duration::from_mins(5),
            data: Duration::from_mins(2),
            block: Duration::from_mins(3),
            message: Duration::from_mins(10),
            whole: Duration::from_mins(30),
        }
    }
}

/// How connections are kept and shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// At once, to one host and port.
    pub connections_per_target: usize,
    /// Over one connection, before it is closed.
    pub messages_per_connection: u32,
    /// Unused, before it is closed.
    pub idle: Duration,
    /// Hosts' addresses that are tried in one delivery (RFC 5321 §5.1 asks for at least two).
    pub targets: usize,
}

impl Default for Limits {
    /// Ten connections are what large providers take from one sender without complaint. An unused one goes before
    /// Postfix and Exim, at five minutes, would close it.
    fn default() -> Self {
        Self { connections_per_target: 10, messages_per_connection: 1000, idle: Duration::from_secs(30), targets: 5 }
    }
}
