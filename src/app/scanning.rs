//! What is looked for in messages, as the configuration says, and the figures of it.

use std::sync::Arc;

use crate::config::Config;
use crate::health::{Meter, Meters};
use crate::inbound::Looking;
use crate::scanner::{Figures, Policy, Scanner, Settings};

/// Who looks, and for what. Nobody is connected to yet.
pub(super) fn looking(config: &Config, figures: &Figures) -> Looking {
    let from = &config.scanner;
    let settings = Settings {
        clamd: from.clamd.clone(),
        time_limit: from.time_limit,
        connections: from.connections,
        max_stream: from.max_stream,
        pass_larger: from.too_large,
    };
    let scanner = (!settings.clamd.is_empty()).then(|| Scanner::new(settings, figures.clone()));
    let from = &config.attachments;
    let mut policy =
        Policy { macros: !from.macros, encrypted: !from.encrypted, unreadable: !from.unreadable, ..Policy::default() };
    policy.refused.extend(from.refuse.iter().cloned());
    policy.refused.retain(|extension| !from.allow.contains(extension));
    Looking { policy: policy.into(), scanner }
}

/// Figures of all scans, and whether each clamd answers.
pub(super) fn meters(figures: &Figures) -> (Vec<Meter>, Meters) {
    let meter = |name, help, read: fn(&Figures) -> u64| {
        let figures = figures.clone();
        Meter { name, help, counter: true, read: Arc::new(move || read(&figures)) }
    };
    let each = figures.clone();
    let up = move || each.servers().into_iter().map(|(clamd, up)| (clamd, u64::from(up))).collect();
    (
        vec![
            meter("brevbro_scanned_parts_total", "Parts of messages that clamd has judged.", Figures::parts),
            meter("brevbro_scanner_finds_total", "Parts in which clamd has found something.", Figures::finds),
            meter("brevbro_scanner_failures_total", "How often a clamd did not answer.", Figures::failures),
        ],
        Meters {
            name: "brevbro_scanner_up",
            help: "Whether the clamd answered when it was asked last.",
            label: "clamd",
            read: Arc::new(up),
        },
    )
}
