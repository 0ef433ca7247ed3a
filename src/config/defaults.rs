//! What holds where the file says nothing, and why. `config/brevbro.toml` names each; a test holds that they agree.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Where Debian keeps what a service writes (Filesystem Hierarchy Standard §5.8).
pub const DATA: &str = "/var/lib/brevbro";
/// Most mail systems take 25 to 50 MiB; authorities send scans. Octets.
pub const MAX_MESSAGE: u64 = 50 << 20;
/// The least that a server must take (RFC 5321 §4.5.3.1.8).
pub const MAX_RECIPIENTS: u32 = 100;

/// A connection idles at a few KiB: far under what two cores can answer.
pub const CONNECTIONS: u32 = 10_000;
/// An authority's relays stand behind few addresses, each with tens of connections.
pub const CONNECTIONS_PER_PEER: u32 = 200;

/// Far beyond an authority's relay that connects for each message, and far under what would hold others up.
pub const CONNECTS_PER_MINUTE: u32 = 6000;
/// Some 25,000 messages; a relay that has more begins anew, as it would after [`CONNECTION`].
pub const COMMANDS: u32 = 100_000;
/// A list of some hundred wrong recipients is still answered one by one.
pub const JUNK_COMMANDS: u32 = 1000;
/// A program that speaks SMTP makes none; a person at a terminal a few.
pub const FAULTS: u32 = 10;
pub const FAILED_LOGINS_PER_NAME: u32 = 10;
pub const FAILED_LOGINS_PER_NETWORK: u32 = 50;
/// A tenth of what a mobile line of the second generation does; still, ten times what holds a connection open for its
/// own sake. Octets a second.
pub const MIN_RATE: u64 = 1 << 10;
/// Signed, archived and passed on many times, a message has some 64 KiB of header. Octets.
pub const HEADER_SIZE: u64 = 256 << 10;
/// The same in fields: some hundred.
pub const HEADER_FIELDS: u32 = 1000;
/// A scanned case file has some dozens.
pub const PARTS: u32 = 1000;
/// What people forward to each other goes ten deep.
pub const DEPTH: u32 = 32;

/// Two round trips, also on a bad line.
pub const HANDSHAKE: Duration = Duration::from_secs(30);
/// RFC 5321 §4.5.3.2.7 asks for five minutes at least.
pub const COMMAND: Duration = Duration::from_mins(5);
/// A hundred recipients, each asked in its own round trip, several times over.
pub const ENVELOPE: Duration = Duration::from_mins(15);
/// An answer is shorter than what the network holds for a client that does not read at once.
pub const REPLY: Duration = Duration::from_mins(1);
/// The client's own patience for one piece of a body (RFC 5321 §4.5.3.2.5).
pub const DATA_PIECE: Duration = Duration::from_mins(3);
/// 50 MiB at 0.25 Mbit/s; whoever is slower than that holds a place and no message.
pub const MESSAGE: Duration = Duration::from_mins(30);
/// A relay may keep a connection open for a day's work, not for ever: certificates and limits are renewed with it.
pub const CONNECTION: Duration = Duration::from_hours(2);
/// Under the 90 s after which systemd kills.
pub const STOP: Duration = Duration::from_secs(30);

/// Fourteen a second: a nation's mass mailing in a night. A system that has gone wild is stopped within the hour.
pub const MESSAGES_PER_OFFICE: u32 = 50_000;
/// A person reads one a minute at most; more are two machines that answer each other.
pub const MESSAGES_PER_PAIR: u32 = 60;
/// A mistyped list is looked into; whoever tries addresses does not fill the disk.
pub const REFUSALS_PER_NETWORK: u32 = 100;

/// Up to here a row costs less than a file with its own two syncs. Octets.
pub const INLINE_LIMIT: u64 = 256 << 10;

/// Loopback: a web server with the certificate stands before it.
pub const PORTAL: SocketAddr = loopback(8025);
/// The pages' times are the citizen's.
pub const TIME_ZONE: &str = "Europe/Helsinki";
/// What the offices' servers take, less a third for base64. Octets.
pub const MAX_REPLY: u64 = 25 << 20;
/// More are a parcel, and better sent in several replies.
pub const MAX_FILES: u32 = 10;
/// Loopback: metrics are for the machine's own collector.
pub const METRICS: SocketAddr = loopback(8026);

/// Replies are few beside what comes in.
pub const RELAY_CONNECTIONS: u32 = 100;
/// What large providers take from one address.
pub const RELAY_CONNECTIONS_PER_HOST: u32 = 10;
/// TCP's own patience is minutes; a dead host must not hold a place so long.
pub const CONNECT: Duration = Duration::from_secs(30);
/// RFC 5321 §4.5.3.2.1.
pub const GREETING: Duration = Duration::from_mins(5);
/// RFC 5321 §4.5.3.2.2 and 3.
pub const RELAY_COMMAND: Duration = Duration::from_mins(5);
/// RFC 5321 §4.5.3.2.5.
pub const RELAY_DATA: Duration = Duration::from_mins(3);
/// RFC 5321 §4.5.3.2.6: too short a wait makes doubles.
pub const END: Duration = Duration::from_mins(10);

/// A server that has not answered by then has lost the datagram; a check has time for several.
pub const DNS_TIMEOUT: Duration = Duration::from_secs(3);
/// Some hundred offices have a thousand names; ten times as many fit into a few MiB.
pub const DNS_CACHE: u32 = 10_000;

/// Under clamd's own two minutes (MaxScanTime) for the worst of archives: then it is ill, not slow.
pub const SCAN_TIME: Duration = Duration::from_mins(2);
/// clamd's own number of threads (MaxThreads).
pub const SCAN_CONNECTIONS: u32 = 10;
/// What clamd takes as Debian sets it up (StreamMaxLength 25M). Octets.
pub const MAX_STREAM: u64 = 25 << 20;

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
