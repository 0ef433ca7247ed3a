//! Which hosts take mail for an address: the one that the rule names, or the MX hosts of the domain (RFC 5321 §5.1).
//!
//! The names of MX hosts are as true as DNS is: who can forge it can name a host of his own, with a certificate that is
//! good for it. Until DANE and MTA-STS are checked, an office that must not be exposed to that names its server.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::RData;

use crate::clock::Ids;
use crate::domain::address::Domain;
use crate::domain::office::RelayTo;
use crate::domain::outcome::Outcome;
use crate::domain::status::Status;
use crate::relay::settings::Settings;

/// One host at one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    /// The name that a certificate must bear.
    pub(super) host: Domain,
    pub(super) address: SocketAddr,
    /// TLS from the start.
    pub(super) implicit_tls: bool,
}

impl fmt::Display for Target {
    /// For details: `mx.hel.example [192.0.2.1]:25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ip, port) = (self.address.ip(), self.address.port());
        if literal(&self.host) == Some(ip) {
            write!(f, "[{ip}]:{port}")
        } else {
            write!(f, "{:?} [{ip}]:{port}", self.host)
        }
    }
}

/// The hosts to try, in this order; at least one. Otherwise what that means for the message.
pub(super) async fn find(
    rule: &RelayTo,
    domain: &Domain,
    resolver: &TokioResolver,
    settings: &Settings,
    ids: &Ids,
) -> Result<Vec<Target>, Outcome> {
    let (hosts, port, implicit_tls) = match rule {
        RelayTo::Host { host, port, implicit_tls } => (vec![host.clone()], *port, *implicit_tls),
        RelayTo::Mx if literal(domain).is_some() => (vec![domain.clone()], settings.mx_port, false),
        RelayTo::Mx => (exchanges(domain, resolver, &settings.hostname, ids).await?, settings.mx_port, false),
    };
    let mut targets = Vec::new();
    let mut failed = None;
    for host in hosts {
        if targets.len() >= settings.limits.targets {
            break;
        }
        match addresses(&host, resolver).await {
            Ok(found) => targets.extend(found.into_iter().map(|ip| Target {
                host: host.clone(),
                address: SocketAddr::new(ip, port),
                implicit_tls,
            })),
            Err(fault) => failed = failed.or(Some((host, fault))),
        }
    }
    targets.truncate(settings.limits.targets);
    match failed {
        Some((host, fault)) if targets.is_empty() => Err(unresolved(rule, domain, &host, &fault)),
        _ if targets.is_empty() => Err(no_host(domain)),
        _ => Ok(targets),
    }
}

/// The address that the name is, if it is one: as a literal, or bare, as configurations have it.
pub(super) fn literal(host: &Domain) -> Option<IpAddr> {
    let text = host.wire();
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.strip_prefix("IPv6:").unwrap_or(inner).parse().ok(),
        None => text.parse().ok(),
    }
}

/// MX hosts by preference, those of one preference in random order; the domain itself where there is no MX.
async fn exchanges(domain: &Domain, resolver: &TokioResolver, own: &Domain, ids: &Ids) -> Result<Vec<Domain>, Outcome> {
    let lookup = match resolver.mx_lookup(absolute(domain)).await {
        Ok(lookup) => lookup,
        Err(fault) if fault.is_nx_domain() => {
            return Err(rejected((550, (5, 1, 2)), format!("the domain {domain:?} does not exist")));
        }
        Err(fault) if fault.is_no_records_found() => return Ok(vec![domain.clone()]),
        Err(fault) => return Err(deferred(format!("MX of {domain:?}: {fault}"))),
    };
    let (mut found, mut null) = (Vec::new(), false);
    for record in lookup.answers() {
        let RData::MX(mx) = &record.data else { continue };
        if mx.exchange.is_root() {
            null = true;
        } else if let Ok(host) = Domain::parse(mx.exchange.to_ascii().trim_end_matches('.')) {
            found.push((mx.preference, u64::from_be_bytes(ids.bytes()), host));
        }
    }
    match (found.is_empty(), null) {
        // RFC 7505 §3; beside other MX records the null one means nothing.
        (true, true) => {
            return Err(rejected((556, (5, 1, 10)), format!("the domain {domain:?} takes no mail (null MX)")));
        }
        (true, false) => return Err(deferred(format!("the MX records of {domain:?} hold no host name"))),
        (false, _) => {}
    }
    found.sort_by_key(|(preference, chance, _)| (*preference, *chance));
    // Where we are an MX host ourselves, only better ones may be given the message.
    if let Some(&(ours, ..)) = found.iter().find(|(.., host)| host == own) {
        found.retain(|(preference, ..)| *preference < ours);
    }
    if found.is_empty() {
        return Err(rejected((554, (5, 4, 6)), format!("this host is itself the best MX host of {domain:?}")));
    }
    Ok(found.into_iter().map(|(.., host)| host).collect())
}

async fn addresses(host: &Domain, resolver: &TokioResolver) -> Result<Vec<IpAddr>, NetError> {
    match literal(host) {
        Some(ip) => Ok(vec![ip]),
        None => Ok(resolver.lookup_ip(absolute(host)).await?.iter().collect()),
    }
}

/// With the final dot: no search list of the system's is to be tried.
fn absolute(domain: &Domain) -> String {
    format!("{}.", domain.wire())
}

fn unresolved(rule: &RelayTo, domain: &Domain, host: &Domain, fault: &NetError) -> Outcome {
    // Only of a domain without MX does this say that nobody takes its mail. A smarthost is for the admin to put right,
    // and an MX host that is not there may come back.
    if *rule == RelayTo::Mx && host == domain && fault.is_no_records_found() {
        return no_host(domain);
    }
    deferred(format!("address of {host:?}: {fault}"))
}

fn no_host(domain: &Domain) -> Outcome {
    rejected((550, (5, 4, 4)), format!("the domain {domain:?} has no mail server"))
}

fn rejected((code, enhanced): (u16, (u8, u8, u8)), detail: String) -> Outcome {
    Outcome::Rejected { status: Status { code, enhanced }, detail }
}

fn deferred(detail: String) -> Outcome {
    Outcome::Deferred { status: Some(Status { code: 451, enhanced: (4, 4, 3) }), detail }
}
