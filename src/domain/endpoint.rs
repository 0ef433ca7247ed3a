//! Where a service of the operator's own listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A socket on this machine, or a port of a host: `unix:/run/clamav/clamd.ctl`, `tcp:127.0.0.1:3310`,
/// `tcp:[::1]:3310`, `tcp:scanner.internal:3310`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// A socket in the file system; an absolute path.
    Unix(PathBuf),
    /// A host's name or IP address, without brackets, and a port.
    Tcp(String, u16),
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write unix: and the socket's whole path, or tcp: with host and port")]
pub struct NoEndpoint;

impl FromStr for Endpoint {
    type Err = NoEndpoint;

    fn from_str(text: &str) -> Result<Self, NoEndpoint> {
        match text.split_once(':') {
            Some(("unix", path)) if path.starts_with('/') && path.len() > 1 => Ok(Self::Unix(path.into())),
            Some(("tcp", place)) => {
                let (host, port) = place.rsplit_once(':').ok_or(NoEndpoint)?;
                let port = port.parse().ok().filter(|port| *port != 0).ok_or(NoEndpoint)?;
                let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
                    Some(host) => host.parse::<std::net::Ipv6Addr>().map_err(|_| NoEndpoint)?.to_string(),
                    None => host.to_owned(),
                };
                let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
                let is_ipv6 = host.contains(':');
                if is_ipv6 == place.starts_with('[') && !host.is_empty() && (is_ipv6 || host.chars().all(bare)) {
                    Ok(Self::Tcp(host, port))
                } else {
                    Err(NoEndpoint)
                }
            }
            _ => Err(NoEndpoint),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(host, port) if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "tcp:{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        for good in
            ["unix:/run/clamav/clamd.ctl", "tcp:127.0.0.1:3310", "tcp:[::1]:3310", "tcp:scanner-1.internal:3310"]
        {
            assert_eq!(good.parse::<Endpoint>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "/run/clamd.ctl",
            "unix:",
            "unix:/",
            "unix:clamd.ctl",
            "tcp:127.0.0.1",
            "tcp::3310",
            "tcp:host:0",
            "tcp:host:99999",
            "tcp:::1:3310",
            "tcp:[host]:3310",
            "tcp:a b:3310",
            "http://x",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
