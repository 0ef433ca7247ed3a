//! What an admin writes: `brevbro.toml`, which says how this gateway runs, and `offices.toml`, which says whom it
//! serves.
//!
//! - [`Config::load`] reads the first, lays the environment over it (`BREVBRO__SECTION__KEY`), and gives either checked
//!   values or every [`Fault`] at once: file, line, key, sentence and remedy. Files that it names are opened, so that a
//!   missing one is met at start and not at use.
//! - [`offices`] turns the second into [`crate::domain::wanted::Wanted`] and back.
//!
//! A key that is not known is a fault. Nothing here is validated twice: what has a type here is good.

mod certificates;
mod defaults;
#[cfg(test)]
mod documented;
mod fault;
mod file;
mod limits;
mod network;
mod node;
pub mod offices;
mod read;
mod scanner;
mod secret;
mod section;
pub mod size;
mod smime;
mod values;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;

use crate::domain::address::{Domain, Mailbox};
use crate::domain::directory::Served;
use crate::domain::endpoint::Endpoint;
use crate::domain::keys::Keys;
use crate::domain::office::{LoginDemand, RelayRule};
use crate::domain::schedule::Schedule;

pub use fault::Fault;
pub use read::Sections;
pub use secret::Secret;
pub use smime::{Smime, SmimeKey};

/// How this gateway runs. Every path is absolute or from the working directory; none is relative to the file any more.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it was read from.
    pub file: PathBuf,
    /// `[node]`.
    pub node: Node,
    /// `[mail]`.
    pub mail: Mail,
    /// `[[listener]]`, one or more.
    pub listeners: Vec<Listener>,
    /// `[acme]`: who gives the certificates of listeners that have none of a file.
    pub acme: Option<Acme>,
    /// `[smime]`.
    pub smime: Smime,
    /// `[limits]`, of incoming connections and messages.
    pub limits: Limits,
    /// `[timeouts]`, of incoming connections.
    pub timeouts: Timeouts,
    /// `[limits]`: how often.
    pub rates: Rates,
    /// `[database]`.
    pub database: Database,
    /// `[blobs]`.
    pub blobs: Blobs,
    /// `[spool]`: where bodies lie while they come in.
    pub spool: PathBuf,
    /// `[portal]`.
    pub portal: Portal,
    /// `[metrics]`: where health and metrics are asked for.
    pub metrics: SocketAddr,
    /// `[relay]`.
    pub relay: Relay,
    /// `[resolver]`.
    pub resolver: Resolver,
    /// `[scanner]`.
    pub scanner: Scanner,
    /// `[attachments]`.
    pub attachments: Attachments,
    /// `[logging]`.
    pub logging: Logging,
}

/// This gateway among others on the same database.
#[derive(Debug, Clone)]
pub struct Node {
    /// The name in greetings and trace fields; certificates are made for it.
    pub name: Domain,
    /// Tells gateways apart in events and leases.
    pub id: String,
    /// From the key file.
    pub keys: Keys,
    /// Where files go that have no place of their own.
    pub data: PathBuf,
}

/// What mail is for us, and how much of it.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Our domains.
    pub served: Served,
    /// Of a whole message, octets. An office's own limit may be lower.
    pub max_message: u64,
    /// Of one message.
    pub max_recipients: usize,
}

/// Where SMTP is spoken.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Where to bind.
    pub address: SocketAddr,
    /// With what encryption.
    pub tls: ListenerTls,
    /// Open at once, in all.
    pub connections: usize,
    /// Open at once, of one IP address (IPv6: of one /64).
    pub connections_per_peer: usize,
    /// Whether passwords are taken, under TLS.
    pub login: LoginDemand,
    /// Whose connections begin with a PROXY header.
    pub proxies: Vec<IpNet>,
}

/// Whom to ask of DNS, and how far to trust the answer.
#[derive(Debug, Clone)]
pub struct Resolver {
    /// Name servers; none: the system's.
    pub nameservers: Vec<SocketAddr>,
    /// Whether answers about senders are checked by DNSSEC.
    pub dnssec: bool,
    /// Keys that are trusted beside the root's.
    pub trust_anchors: Option<PathBuf>,
    /// One server is waited for so long, once.
    pub timeout: Duration,
    /// Answers that are remembered.
    pub cache: usize,
}

/// How a listener comes by its encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerTls {
    /// After STARTTLS (RFC 3207).
    StartTls(ServerTls),
    /// From the first octet (RFC 8314).
    Implicit(ServerTls),
    /// Not at all.
    None,
}

impl ListenerTls {
    /// The files, where there is encryption.
    #[must_use]
    pub fn files(&self) -> Option<&ServerTls> {
        match self {
            Self::StartTls(files) | Self::Implicit(files) => Some(files),
            Self::None => None,
        }
    }
}

/// PEM files of a listener. They were readable when the configuration was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    /// Our certificate, then its intermediates.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who issues certificates whose names may prove an office. Without it only fingerprints do.
    pub client_ca: Option<PathBuf>,
    /// Certificate and key are one file, which `[acme]` keeps new; it is not there before the first was given.
    pub acme: bool,
}

/// Certificates that renew themselves (RFC 8555).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acme {
    /// The URL of the authority's directory.
    pub directory: String,
    /// Addresses of admins.
    pub contact: Vec<Mailbox>,
    /// Whom the certificate is for, one at least.
    pub names: Vec<Domain>,
    /// As whom the authority knows us beforehand (RFC 8555 §7.3.4).
    pub external_account: Option<ExternalAccount>,
    /// Where challenges are answered, beside the portal.
    pub address: Option<SocketAddr>,
    /// The root of the authority's own server; `None`: the system's.
    pub ca_file: Option<PathBuf>,
    /// Where account and certificate lie.
    pub folder: PathBuf,
}

/// An account at an authority that its customers have before they use ACME.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    /// The key's id.
    pub id: String,
    /// The key.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for ExternalAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExternalAccount({})", self.id)
    }
}

impl Acme {
    /// The file with certificate and key, in the folder.
    pub const CERTIFICATE: &str = "certificate.pem";
}

/// What one connection, one network and one message may ask of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// New connections a minute of one IP address (IPv6: of one /64), for each listener.
    pub connects_per_minute: NonZeroU32,
    /// Of a connection.
    pub commands: u32,
    /// Of a connection, since a message was last kept: commands that bring none nearer.
    pub junk_commands: u32,
    /// The same: lines that are no command.
    pub faults: u32,
    /// Failed logins of one name from one network that are answered, within a quarter of an hour.
    pub failed_logins_per_name: u32,
    /// The same of one network.
    pub failed_logins_per_network: u32,
    /// Octets a second of a body.
    pub min_rate: u64,
    /// Octets of a message's own header.
    pub header_size: u64,
    /// Fields of it.
    pub header_fields: usize,
    /// MIME parts of a message.
    pub parts: usize,
    /// Containers inside one another.
    pub depth: usize,
}

/// How long an incoming connection is waited for (RFC 5321 §4.5.3.2.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// The TLS handshake.
    pub handshake: Duration,
    /// Until the next command, whole.
    pub command: Duration,
    /// All commands of a message.
    pub envelope: Duration,
    /// An answer to be taken.
    pub reply: Duration,
    /// Until the next octets of a body.
    pub data: Duration,
    /// A whole body.
    pub message: Duration,
    /// A whole connection.
    pub connection: Duration,
    /// When stopping: until what is under way is cut off.
    pub stop: Duration,
}

/// How often something may happen. Each gateway counts for itself; a whole hour's number may come at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    /// Messages of one office an hour.
    pub messages_per_office: NonZeroU32,
    /// Messages of one sender to one account an hour.
    pub messages_per_pair: NonZeroU32,
    /// Refusals of one network that are written one by one, an hour.
    pub refusals_per_network: NonZeroU32,
}

/// Where records are kept.
#[derive(Debug, Clone)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`, its password put in.
    pub url: Secret,
    /// The same without a password, to be shown.
    pub shown: String,
}

/// Where large bodies are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blobs {
    /// The folder.
    pub folder: PathBuf,
    /// Bodies up to this many octets lie in the database.
    pub inline_limit: u64,
}

/// The citizens' pages and the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// Where to bind.
    pub address: SocketAddr,
    /// What citizens type, without a slash at the end: links in notices begin with it.
    pub url: String,
    /// Of the times on the pages.
    pub time_zone: TimeZone,
    /// How citizens are known.
    pub login: Login,
    /// Of a reply with its files, octets.
    pub max_reply: u64,
    /// Files of a reply.
    pub max_files: usize,
}

/// How citizens are known to the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// Nobody signs in; the API takes bearer tokens.
    None,
    /// A page on which to choose a test citizen. On loopback only.
    Demo,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct Relay {
    /// EHLO's argument.
    pub hostname: Domain,
    /// How arrival notices go. Replies go as their office says.
    pub notices: RelayRule,
    /// Authorities whose certificates next hops may show; `None`: the system's.
    pub ca_file: Option<PathBuf>,
    /// What we show a next hop that asks who we are.
    pub client: Option<ClientIdentity>,
    /// Open at once, in all.
    pub connections: usize,
    /// Open at once, to one next hop.
    pub connections_per_host: usize,
    /// When an item is tried again.
    pub schedule: Schedule,
    /// How long a next hop is waited for.
    pub timeouts: RelayTimeouts,
}

/// A certificate of ours as a client: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The certificate, then its intermediates.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How long a next hop is waited for (RFC 5321 §4.5.3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayTimeouts {
    /// TCP, and the TLS handshake.
    pub connect: Duration,
    /// The 220.
    pub greeting: Duration,
    /// The answer to a command.
    pub command: Duration,
    /// For each piece of the body to be taken.
    pub data: Duration,
    /// The answer to the final dot.
    pub end: Duration,
}

/// Who looks for malware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    /// In the order of preference; none: nobody.
    pub clamd: Vec<Endpoint>,
    /// One clamd is waited for so long, for one part.
    pub time_limit: Duration,
    /// Open at once, to all.
    pub connections: usize,
    /// The largest part that is sent, in octets.
    pub max_stream: u64,
    /// Whether a larger one is taken without a look.
    pub too_large: bool,
}

/// Which attachments are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachments {
    /// Extensions that are refused beside those that always are.
    pub refuse: Vec<String>,
    /// Of those, extensions that are taken.
    pub allow: Vec<String>,
    /// Whether office files with macros are.
    pub macros: bool,
    /// Whether archives under a password are.
    pub encrypted: bool,
    /// Whether archives are whose list cannot be read.
    pub unreadable: bool,
}

/// What is told of what goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logging {
    /// How much.
    pub level: tracing::Level,
    /// In which form.
    pub format: LogFormat,
    /// Where to.
    pub target: LogTarget,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTarget {
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
}
