//! `brevbro stats`: counts.

use std::collections::BTreeMap;

use super::cli::Common;
use super::open::Opened;
use super::{Failure, print_json};
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
        print!("{}", shown(&stats));
    }
    Ok(())
}

fn shown(stats: &Stats) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| text += &format!("{name:<16}  {value}\n");
    line("records", stats.records.to_string());
    line("accounts", words(&stats.accounts));
    line("outbox", words(&stats.outbox));
    line("events", stats.events.to_string());
    line("refusals", words(&stats.refusals));
    line("messages a sync", format!("{:.1} ({} in {})", stats.messages_a_sync(), stats.messages, stats.syncs));
    text
}

fn words(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "0".to_owned();
    }
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}
