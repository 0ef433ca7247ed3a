//! Whether every address can be listened at.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use super::Findings;
use crate::config::Sections;

pub(super) fn check(config: &Sections, findings: &mut Findings) {
    let mut wanted: Vec<(String, SocketAddr)> =
        config.listeners.iter().enumerate().map(|(at, l)| (format!("listener[{at}].address"), l.address)).collect();
    wanted.push(("portal.address".to_owned(), config.portal.address));
    wanted.push(("metrics.address".to_owned(), config.metrics));
    wanted.extend(config.acme.iter().filter_map(|acme| Some(("acme.address".to_owned(), acme.address?))));
    let mut bound: Vec<(String, SocketAddr, TcpListener)> = Vec::new();
    for (key, address) in wanted {
        if let Some((other, ..)) = bound.iter().find(|(_, taken, _)| *taken == address && address.port() != 0) {
            let sentence = format!("{address} is named by {other} as well");
            findings.fault(&key, sentence, "give one of them another port");
            continue;
        }
        match TcpListener::bind(address) {
            Ok(socket) => bound.push((key, address, socket)),
            Err(error) => {
                let (sentence, remedy) = worded(address, &error);
                findings.fault(&key, sentence, remedy);
            }
        }
    }
}

fn worded(address: SocketAddr, error: &std::io::Error) -> (String, String) {
    match error.kind() {
        ErrorKind::AddrInUse => (
            format!("{address} is in use"),
            format!("`ss -ltnp sport = :{}` shows by whom; if it is this gateway, check --running", address.port()),
        ),
        ErrorKind::PermissionDenied => (
            format!("this user may not listen at {address}"),
            "let the service do so (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), or take a port from 1024 on"
                .to_owned(),
        ),
        ErrorKind::AddrNotAvailable => {
            (format!("this machine has no address {}", address.ip()), "`ip addr` shows those it has".to_owned())
        }
        _ => (format!("{address} cannot be listened at: {error}"), String::new()),
    }
}
