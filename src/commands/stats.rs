//! `brevbro stats`: counts.

use std::collections::BTreeMap;

use super::cli::Common;
use super::open::Opened;
use super::{Failure, print_json, print_lines};
use crate::clock::Clock;
use crate::store::Stats;

pub(super) async fn run(common: &Common, clock: &Clock) -> Result<(), Failure> {
    let opened = Opened::existing(&common.config, clock).await?;
    let stats = opened.store.stats().await.map_err(|error| opened.failed(&error));
    opened.close().await;
    let stats = stats?;
    if common.json {
        print_json(&stats);
    } else {
        print_lines(&shown(&stats));
    }
    Ok(())
}

fn shown(stats: &Stats) -> Vec<String> {
    let shared = format!("{:.1} ({} in {})", stats.messages_a_sync(), stats.messages, stats.syncs);
    let lines = [
        ("records", stats.records.to_string()),
        ("accounts", words(&stats.accounts)),
        ("outbox", words(&stats.outbox)),
        ("events", stats.events.to_string()),
        ("refusals", words(&stats.refusals)),
        ("messages a sync", shared),
    ];
    lines.iter().map(|(name, value)| format!("{name:<16}  {value}")).collect()
}

fn words(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "0".to_owned();
    }
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}
