//! The relay and the walk out, as the configuration wants them.

use super::CannotStart;
use crate::clock::Ids;
use crate::config::Config;
use crate::domain::keys::Keys;
use crate::domain::language::{Language, Names};
use crate::outbound::Outbound;
use crate::relay::{self, Identity, Relay};
use crate::store::Store;
use crate::texts::text;

pub(super) fn build_relay(config: &Config, ids: Ids) -> Result<Relay, CannotStart> {
    let from = &config.relay;
    let defaults = relay::Settings::new(from.hostname.clone());
    let settings = relay::Settings {
        ca_file: from.ca_file.clone(),
        client_identity: from
            .client
            .as_ref()
            .map(|client| relay::ClientIdentity { certificates: client.certificate.clone(), key: client.key.clone() }),
        timeouts: relay::Timeouts {
            connect: from.timeouts.connect,
            greeting: from.timeouts.greeting,
            command: from.timeouts.command,
            recipient: from.timeouts.command,
            block: from.timeouts.data,
            message: from.timeouts.end,
            ..defaults.timeouts
        },
        limits: relay::Limits { connections_per_target: from.connections_per_host, ..defaults.limits },
        ..defaults
    };
    let resolver = relay::resolver(&config.resolver.nameservers)
        .map_err(|e| CannotStart::new("resolver", e, "write nameservers = [\"127.0.0.53:53\"]"))?;
    Relay::new(settings, resolver, ids)
        .map_err(|e| CannotStart::new("relay", e, "look at relay.ca_file and relay.client, or install ca-certificates"))
}

/// The service's name, as notices are signed.
fn service_name() -> Names {
    let name = |language| Some(text(language, "service-name", &[]));
    Names { sv: name(Language::Sv), fi: name(Language::Fi), en: name(Language::En) }
}

pub(super) fn build_outbound(config: &Config, store: &Store, relay: &Relay, keys: Keys) -> Outbound {
    let domain = config.mail.served.domains.first().unwrap_or(&config.node.name).clone();
    Outbound {
        store: store.clone(),
        relay: relay.clone(),
        keys,
        identity: Identity { domain, name: service_name(), portal: config.portal.url.clone() },
        notices: config.relay.notices.clone(),
        schedule: config.relay.schedule.clone(),
        at_once: config.relay.connections,
    }
}
