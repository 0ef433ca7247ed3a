//! The sections about other machines: listeners, timeouts, portal, metrics, relay, resolver.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::certificates::{CERTIFICATE, KEY, server_tls};
use super::fault::Wrong;
use super::file::Node;
use super::section::Section;
use super::values::{
    domain, duration, nameserver, number, one_of, private, readable, relay_to, size, socket, text, truth,
};
use super::{
    Acme, ClientIdentity, Listener, ListenerTls, Login, Portal, Relay, RelayTimeouts, Resolver, Timeouts, defaults,
};
use crate::domain::address::Domain;
use crate::domain::office::{LoginDemand, RelayRule, RelayTls, RelayTo};
use crate::domain::schedule::Schedule;

pub(super) fn listeners(root: &mut Section<'_>, acme: Option<&Acme>) -> Vec<Listener> {
    let sections = root.sections("listener");
    if sections.is_empty() {
        let remedy = "write [[listener]] with address, certificate and key";
        root.fault(
            &root.place().clone(),
            "listener",
            Wrong::new("there is no listener: no mail could come in", remedy),
        );
    }
    let mut listeners: Vec<Listener> = Vec::new();
    for mut section in sections {
        let place = section.place().clone();
        if let Some(read) = listener(&mut section, acme) {
            // The system chooses a port for 0, another one each time.
            if read.address.port() != 0 && listeners.iter().any(|other| other.address == read.address) {
                section.fault(&place, "address", Wrong::new(format!("{} is named twice", read.address), ""));
            }
            listeners.push(read);
        }
    }
    listeners
}

fn listener(section: &mut Section<'_>, acme: Option<&Acme>) -> Option<Listener> {
    #[derive(Clone, Copy)]
    enum Kind {
        StartTls,
        Implicit,
        None,
    }
    const KINDS: [(&str, Kind); 3] = [("starttls", Kind::StartTls), ("implicit", Kind::Implicit), ("none", Kind::None)];
    const LOGINS: [(&str, LoginDemand); 3] =
        [("off", LoginDemand::Off), ("offered", LoginDemand::Offered), ("required", LoginDemand::Required)];
    let address = section.required("address", "write where to listen: address = \"0.0.0.0:25\"", socket);
    let kind = section.or("tls", Kind::StartTls, |node| one_of(&KINDS, node));
    let tls = if let Kind::None = kind {
        for key in ["certificate", "key", "client_ca"] {
            if let Some(place) = section.optional(key, |node| Ok(node.place.clone())) {
                section.fault(
                    &place,
                    key,
                    Wrong::new("a listener without TLS has none", "take the key out, or set tls"),
                );
            }
        }
        Some(ListenerTls::None)
    } else {
        server_tls(section, acme).map(|files| match kind {
            Kind::Implicit => ListenerTls::Implicit(files),
            _ => ListenerTls::StartTls(files),
        })
    };
    let login = section.or("login", LoginDemand::Off, |node| match (one_of(&LOGINS, node)?, kind) {
        (LoginDemand::Offered | LoginDemand::Required, Kind::None) => Err(Wrong::new(
            "a password would go over the network in clear",
            "give the listener TLS, or set login = \"off\"",
        )),
        (login, _) => Ok(login),
    });
    let connections = section.or("connections", defaults::CONNECTIONS, number(1, 1_000_000));
    let per_peer = section.or("connections_per_peer", defaults::CONNECTIONS_PER_PEER, number(1, 1_000_000));
    let proxies = section.list("proxies", proxy).unwrap_or_default();
    Some(Listener {
        address: address?,
        tls: tls?,
        connections: connections as usize,
        connections_per_peer: per_peer as usize,
        login,
        proxies,
    })
}

/// A network of proxies. All networks would be whoever likes to be somebody else.
fn proxy(node: &Node) -> Result<IpNet, Wrong> {
    let text = text(node)?;
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let remedy = "write a proxy's IP address, or its network: \"10.1.2.0/24\"";
    let network: IpNet = network.map_err(|_| Wrong::new(format!("\"{text}\" is not a network"), remedy))?;
    if network.prefix_len() == 0 {
        return Err(Wrong::new("anybody could then say to be anybody", remedy));
    }
    Ok(network.trunc())
}

pub(super) fn timeouts(mut section: Section<'_>) -> Timeouts {
    Timeouts {
        handshake: section.or("handshake", defaults::HANDSHAKE, duration),
        command: section.or("command", defaults::COMMAND, duration),
        envelope: section.or("envelope", defaults::ENVELOPE, duration),
        reply: section.or("reply", defaults::REPLY, duration),
        data: section.or("data", defaults::DATA_PIECE, duration),
        message: section.or("message", defaults::MESSAGE, duration),
        connection: section.or("connection", defaults::CONNECTION, duration),
        stop: section.or("stop", defaults::STOP, duration),
    }
}

pub(super) fn portal(mut section: Section<'_>) -> Portal {
    const KINDS: [(&str, Login); 2] = [("none", Login::None), ("demo", Login::Demo)];
    let address = section.or("address", defaults::PORTAL, socket);
    let url = section.or("url", format!("http://{address}"), url);
    let time_zone = section
        .optional("time_zone", zone)
        .unwrap_or_else(|| TimeZone::get(defaults::TIME_ZONE).unwrap_or(TimeZone::UTC));
    let mut below = section.section("login");
    let login = below.or("kind", Login::None, |node| match one_of(&KINDS, node)? {
        Login::Demo if !address.ip().is_loopback() => Err(Wrong::new(
            format!("anybody who reaches {address} could read every mailbox"),
            "set portal.address to 127.0.0.1:8025, or kind = \"none\"",
        )),
        login => Ok(login),
    });
    Portal {
        address,
        url,
        time_zone,
        login,
        max_reply: section.or("max_reply", defaults::MAX_REPLY, size(64 << 10)),
        max_files: section.or("max_files", defaults::MAX_FILES, number(0, 1000)) as usize,
    }
}

/// `https://post.konto.example`, with a path or without. Plain http reaches no further than this machine.
pub(super) fn url(node: &Node) -> Result<String, Wrong> {
    let text = text(node)?.trim_end_matches('/');
    let remedy = "write what citizens type: \"https://post.konto.example\"";
    let plain = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic() && !"?#@\"<>\\".contains(c));
    match text.split_once("://") {
        Some(("https", rest)) if plain(rest) => Ok(text.to_owned()),
        Some(("http", rest)) if plain(rest) => {
            let host = rest.split(['/']).next().unwrap_or_default();
            let host = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(host, _)| host);
            let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
            if host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback()) {
                Ok(text.to_owned())
            } else {
                Err(Wrong::new("citizens' mail would go over the network in clear", "write https://"))
            }
        }
        _ => Err(Wrong::new(format!("\"{text}\" is not the URL of a site"), remedy)),
    }
}

fn zone(node: &Node) -> Result<TimeZone, Wrong> {
    let text = text(node)?;
    TimeZone::get(text)
        .map_err(|_| Wrong::new(format!("\"{text}\" is no time zone"), "write a name such as Europe/Helsinki"))
}

pub(super) fn metrics(mut section: Section<'_>) -> SocketAddr {
    section.or("address", defaults::METRICS, socket)
}

pub(super) fn resolver(mut section: Section<'_>) -> Resolver {
    const ANCHORS: &str = "name a file of DNSKEY records, as `dig DNSKEY .` prints them";
    let folder = section.folder().to_owned();
    Resolver {
        nameservers: section.list("nameservers", nameserver).unwrap_or_default(),
        dnssec: section.or("dnssec", true, truth),
        trust_anchors: section.optional("trust_anchors", readable(&folder, ANCHORS)),
        timeout: section.or("timeout", defaults::DNS_TIMEOUT, duration),
        cache: section.or("cache", defaults::DNS_CACHE, number(100, 10_000_000)) as usize,
    }
}

/// The words of [`RelayTls`], in `brevbro.toml` and `offices.toml`.
pub(super) const RELAY_TLS: [(&str, RelayTls); 5] = [
    ("verified", RelayTls::Verified),
    ("mta-sts", RelayTls::MtaSts),
    ("dane", RelayTls::Dane),
    ("unverified", RelayTls::Unverified),
    ("clear", RelayTls::Clear),
];

/// `to` and `tls`; both have defaults. Clear text goes to this machine only.
pub(super) fn relay_rule(section: &mut Section<'_>) -> RelayRule {
    let to = section.or("to", RelayTo::Mx, relay_to);
    let tls = section.or("tls", RelayTls::Verified, |node| match one_of(&RELAY_TLS, node)? {
        RelayTls::Clear if !is_loopback(&to) => Err(Wrong::new(
            "clear text goes to a loopback address only",
            "set tls = \"verified\", or to = \"smtp://127.0.0.1:25\" for a server on this machine",
        )),
        tls => Ok(tls),
    });
    RelayRule { to, tls }
}

fn is_loopback(to: &RelayTo) -> bool {
    match to {
        RelayTo::Mx => false,
        RelayTo::Host { host, .. } => {
            let ip = host.wire().trim_start_matches("[IPv6:").trim_start_matches('[').trim_end_matches(']');
            ip.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()) || host.wire() == "localhost"
        }
    }
}

pub(super) fn relay(mut section: Section<'_>, node: Option<Domain>) -> Option<Relay> {
    let folder = section.folder().to_owned();
    let hostname = section.optional("hostname", domain).or(node);
    let notices = relay_rule(&mut section.section("notices"));
    let ca_file = section.optional("ca_file", readable(&folder, "name a PEM file with the authorities' certificates"));
    let client = client(&mut section, &folder);
    let connections = section.or("connections", defaults::RELAY_CONNECTIONS, number(1, 10_000));
    let per_host = section.or("connections_per_host", defaults::RELAY_CONNECTIONS_PER_HOST, number(1, 1_000));
    let schedule = schedule(section.section("schedule"));
    let timeouts = relay_timeouts(section.section("timeouts"));
    Some(Relay {
        hostname: hostname?,
        notices,
        ca_file,
        client,
        connections: connections as usize,
        connections_per_host: per_host as usize,
        schedule,
        timeouts,
    })
}

fn client(section: &mut Section<'_>, folder: &Path) -> Option<ClientIdentity> {
    let certificate =
        section.optional("certificate", |node| Ok((readable(folder, CERTIFICATE)(node)?, node.place.clone())));
    let key = section.optional("key", |node| Ok((private(folder, KEY)(node)?, node.place.clone())));
    match (certificate, key) {
        (Some((certificate, _)), Some((key, _))) => Some(ClientIdentity { certificate, key }),
        (Some((_, place)), None) => {
            section.fault(&place, "certificate", Wrong::new("there is no key with it", KEY));
            None
        }
        (None, Some((_, place))) => {
            section.fault(&place, "key", Wrong::new("there is no certificate with it", CERTIFICATE));
            None
        }
        (None, None) => None,
    }
}

fn schedule(mut section: Section<'_>) -> Schedule {
    let default = Schedule::default();
    let schedule = Schedule {
        first: section.or("first", default.first, duration),
        longest: section.or("longest", default.longest, duration),
        give_up: section.or("give_up", default.give_up, duration),
    };
    if schedule.first > schedule.longest {
        let wrong = Wrong::new("the first wait is longer than the longest", "set first, or longest, to fit");
        section.fault(&section.place().clone(), "first", wrong);
    }
    schedule
}

fn relay_timeouts(mut section: Section<'_>) -> RelayTimeouts {
    RelayTimeouts {
        connect: section.or("connect", defaults::CONNECT, duration),
        greeting: section.or("greeting", defaults::GREETING, duration),
        command: section.or("command", defaults::RELAY_COMMAND, duration),
        data: section.or("data", defaults::RELAY_DATA, duration),
        end: section.or("end", defaults::END, duration),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::Place;
    use super::super::file::Value;
    use super::*;

    #[test]
    fn sites_that_citizens_may_be_sent_to() {
        let take = |text: &str| {
            let value = Value::Text(text.to_owned());
            url(&Node { place: Place::of("f"), value, from_environment: false }).is_ok()
        };
        for good in [
            "https://post.konto.example/",
            "https://konto.example/post",
            "http://127.0.0.1:8025",
            "http://[::1]:8025",
            "http://localhost",
        ] {
            assert!(take(good), "{good}");
        }
        for bad in [
            "http://post.konto.example",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
            "http://localhost:80@evil.example",
            "https://",
            "ftp://x",
            "https://x?y",
            "https://x\"y",
            "konto.example",
        ] {
            assert!(!take(bad), "{bad}");
        }
    }
}
