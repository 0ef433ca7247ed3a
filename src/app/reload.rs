//! A new configuration for a gateway at work. Everything that can fail is done first, beside what runs; then all of it
//! is taken into use, or none.

use std::sync::Arc;

use tracing::info;

use super::chores::warn_of_ends;
use super::inherited::Inherited;
use super::listeners::Difference;
use super::pages::portal_state;
use super::way_out::{build_outbound, build_relay};
use super::{CannotStart, Running, site, way_in};
use crate::config::Config;

impl Running {
    /// Takes another configuration into use. Sessions that have begun go on under the terms that held at the door;
    /// whoever comes now meets the new ones. Certificates and keys are read anew.
    ///
    /// # Errors
    /// Everything that is in the way; then nothing has changed.
    pub async fn reload(&self, config: Config) -> Result<Difference, Vec<CannotStart>> {
        let mut current = self.current.lock().await;
        let mut faults = fixed(&current.config, &config);
        let relay = build_relay(&config, self.ids.clone()).map_err(|fault| faults.push(fault)).ok();
        let directory = (*current.inbound.directory()).clone();
        let parts = match way_in(&config, &self.store, directory, &self.scans) {
            Ok(parts) => parts,
            Err(fault) => {
                faults.push(fault);
                return Err(faults);
            }
        };
        let inbound = Arc::new(current.inbound.renewed(parts));
        let change = self.listeners.plan(&config, &inbound, &mut Inherited::default(), &self.clock);
        let change = change.map_err(|more| faults.extend(more)).ok();
        let challenges = current.renewal.bind(&config, &mut Inherited::default());
        let challenges = challenges.map_err(|fault| faults.push(fault)).ok();
        let (Some(relay), Some(change), Some(challenges), true) = (relay, change, challenges, faults.is_empty()) else {
            return Err(faults);
        };

        let difference = self.listeners.make(change, &self.tasks, &self.stop);
        // What the pages hold in memory counts from the start: not thrown away for nothing.
        if current.config.portal != config.portal {
            let state = portal_state(&config, &self.store, &self.clock, &self.ids, current.portal.address);
            current.portal.replace(site(state, &self.health, &self.answers));
        }
        let way_out = self.stop.child_token();
        let before = std::mem::replace(&mut current.way_out, way_out.clone());
        let outbound = build_outbound(&config, &self.store, &relay, config.node.keys.clone());
        self.tasks.spawn(outbound.run(way_out));
        before.cancel();
        inbound.show_scanner(&self.scans);
        current.inbound = inbound;
        current.config = config;
        self.renew(&mut current, challenges);
        warn_of_ends(&self.listeners, &self.clock);
        let Difference { added, removed, kept } = &difference;
        info!(?added, ?removed, ?kept, "the configuration was taken into use");
        Ok(difference)
    }
}

/// What cannot change under a gateway that runs: what it holds on to, and what other gateways know it by.
fn fixed(old: &Config, new: &Config) -> Vec<CannotStart> {
    let changes = [
        ("node.id", old.node.id != new.node.id),
        ("node.key_file", old.node.keys.identity_cipher != new.node.keys.identity_cipher),
        ("node.data", old.node.data != new.node.data),
        ("database.url", old.database.url != new.database.url),
        ("blobs.folder", old.blobs.folder != new.blobs.folder),
        ("blobs.inline_limit", old.blobs.inline_limit != new.blobs.inline_limit),
        ("spool.folder", old.spool != new.spool),
        ("portal.address", old.portal.address != new.portal.address),
        ("metrics.address", old.metrics != new.metrics),
        ("logging.format", old.logging.format != new.logging.format),
        ("logging.target", old.logging.target != new.logging.target),
    ];
    let remedy = "restart the gateway, or take the change back";
    changes
        .into_iter()
        .filter(|(_, changed)| *changed)
        .map(|(key, _)| CannotStart::new(key, "this cannot change while the gateway runs", remedy))
        .collect()
}
