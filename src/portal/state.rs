//! What every page needs, and how the admin has set the portal up.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::FromRef;
use jiff::tz::TimeZone;

use super::reading::Reading;
use super::words::Words;
use crate::clock::{Clock, Ids};
use crate::domain::directory::{Directory, Served};
use crate::domain::keys::Keys;
use crate::domain::language::Language;
use crate::store::Store;

/// How the admin has set the portal up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people find the portal, without a path or a slash at the end: `https://konto.example`. With `https`,
    /// cookies are `Secure` and browsers are told to stay with it (RFC 6797).
    pub public_url: String,
    /// Where the portal listens.
    pub listen: SocketAddr,
    /// How people sign in.
    pub login: Login,
    /// In which times are shown.
    pub time_zone: TimeZone,
    /// What a reply and a page may take.
    pub limits: Limits,
    /// Which domains are ours: no address there but a citizen's own is in what they download.
    pub served: Served,
}

/// How people sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// A page of test citizens, where anybody can be any of them. Answered only when the portal listens on a loopback
    /// address, to peers on the same machine, for a host name of the machine itself, and not through a proxy.
    Demo,
    /// Not at all: the API with bearer tokens alone.
    Off,
}

/// What a reply and a page may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Files in one reply.
    pub reply_files: usize,
    /// All files of one reply together, in octets.
    pub reply_octets: u64,
    /// The text of one reply, in octets of UTF-8.
    pub reply_text: usize,
    /// Records on one page of the inbox.
    pub page: u32,
    /// Octets of messages that are held in memory for pages and downloads, all together.
    pub reading_memory: u64,
    /// Octets of uploads that are held in memory, all together.
    pub upload_memory: u64,
}

impl Default for Limits {
    /// Ten files and 25 MiB are what offices' mail servers take with the third that base64 adds (35 MiB is a common
    /// limit); 96 and 64 MiB of memory hold one message of the largest size allowed by default, or many small ones.
    fn default() -> Self {
        Self {
            reply_files: 10,
            reply_octets: 25 << 20,
            reply_text: 200 << 10,
            page: 25,
            reading_memory: 96 << 20,
            upload_memory: 64 << 20,
        }
    }
}

impl Settings {
    /// Whether people reach the portal by TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Host and port of the public address.
    #[must_use]
    pub fn public_host(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// Whether the page of test citizens may be answered to this peer, which asked for this host.
    #[must_use]
    pub(super) fn allows_demo(&self, peer: Option<IpAddr>, host: &str) -> bool {
        // A page on the web can point a name of its own at this machine; the Host header then gives it away.
        let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let own = bare == "localhost"
            || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            || host.eq_ignore_ascii_case(self.public_host());
        self.login == Login::Demo && self.listen.ip().is_loopback() && peer.is_some_and(|ip| ip.is_loopback()) && own
    }
}

/// What every page needs.
#[derive(Clone)]
pub struct PortalState(Arc<Inner>);

/// Behind the state's one pointer.
pub struct Inner {
    /// How the admin has set the portal up.
    pub settings: Settings,
    /// Mailboxes, accounts and sessions.
    pub store: Store,
    /// For forms and links that we sign, and hashes of addresses.
    pub keys: Keys,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub ids: Ids,
    pub(super) reading: Reading,
    /// As last read; see [`Inner::directory`].
    pub(super) offices: ArcSwap<Directory>,
}

impl std::ops::Deref for PortalState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl PortalState {
    /// A portal over this store.
    #[must_use]
    pub fn new(settings: Settings, store: Store, keys: Keys, clock: Clock, ids: Ids) -> Self {
        let reading = Reading::new(&settings.limits);
        let offices = ArcSwap::from_pointee(Directory::new(i64::MIN, Vec::new(), Vec::new()));
        Self(Arc::new(Inner { settings, store, keys, clock, ids, reading, offices }))
    }

    /// Words in this language, now.
    #[must_use]
    pub fn words(&self, language: Language) -> Words {
        Words::new(language, self.settings.time_zone.clone(), self.clock.now())
    }
}

impl FromRef<PortalState> for Store {
    fn from_ref(state: &PortalState) -> Self {
        state.store.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(listen: &str, public_url: &str) -> Settings {
        Settings {
            public_url: public_url.to_owned(),
            listen: listen.parse().unwrap(),
            login: Login::Demo,
            time_zone: TimeZone::UTC,
            limits: Limits::default(),
            served: Served::default(),
        }
    }

    #[test]
    fn test_citizens_are_shown_on_this_machine_alone() {
        let here = Some("127.0.0.1".parse().unwrap());
        let loopback = settings("127.0.0.1:8025", "http://demo.example:8025");
        for host in ["localhost:8025", "localhost", "127.0.0.1:8025", "[::1]:8025", "demo.example:8025"] {
            assert!(loopback.allows_demo(here, host), "{host}");
        }
        assert!(!loopback.allows_demo(here, "rebound.example:8025"));
        assert!(!loopback.allows_demo(Some("192.0.2.1".parse().unwrap()), "localhost"));
        assert!(!loopback.allows_demo(None, "localhost"));
        assert!(!settings("0.0.0.0:8025", "http://x.example").allows_demo(here, "localhost"));
        assert!(!Settings { login: Login::Off, ..loopback }.allows_demo(here, "localhost"));
    }
}
