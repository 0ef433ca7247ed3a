//! The resolver that the configuration names, or the system's.

use std::net::SocketAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;

/// A resolver that asks these servers, over UDP and, where an answer does not fit, TCP; with none, those of
/// `/etc/resolv.conf`.
///
/// # Errors
/// When the system's configuration cannot be read.
pub fn resolver(nameservers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    if nameservers.is_empty() {
        return TokioResolver::builder_tokio()?.build();
    }
    let servers = nameservers.iter().map(|server| {
        let mut named = NameServerConfig::udp_and_tcp(server.ip());
        named.connections.iter_mut().for_each(|connection| connection.port = server.port());
        named
    });
    let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build()
}
