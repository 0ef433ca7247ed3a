//! Counts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::StoreError;
use super::open::Store;
use super::readers::Readers;

/// Counts of what is kept, by state where there are states.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// In citizens' mailboxes and the postmaster's.
    pub records: u64,
    /// By state.
    pub accounts: BTreeMap<String, u64>,
    /// By state.
    pub outbox: BTreeMap<String, u64>,
    /// Of all gateways.
    pub events: u64,
    /// By class: the first word of a refusal's event, and the counts of those that share one.
    pub refusals: BTreeMap<String, u64>,
    /// Messages that came to the door, of all gateways.
    pub messages: u64,
    /// Syncs that they shared.
    pub syncs: u64,
}

impl Stats {
    /// How many messages shared a sync, on average.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // an average, to be shown
    pub fn messages_a_sync(&self) -> f64 {
        if self.syncs == 0 { 0.0 } else { self.messages as f64 / self.syncs as f64 }
    }
}

impl Store {
    /// Counts of what is kept. It reads whole indexes: not for every second.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let pool = self.read();
        let mut refusals = BTreeMap::new();
        // The first words of a detail are of few kinds; the rest is of as many as there are refusals.
        let text = "SELECT substr(detail, 1, 40), count(*) FROM event WHERE what = 'refused' GROUP BY 1";
        for (detail, many) in groups(pool, text).await? {
            let word = detail.split(' ').next().unwrap_or_default();
            *refusals.entry(word.strip_prefix("class=").unwrap_or(word).to_owned()).or_insert(0) += many;
        }
        for row in pool.fetch("SELECT detail FROM event WHERE what = 'refused-more'", Vec::new()).await? {
            let detail = row.text(0)?;
            // Its classes stand before the networks.
            let classes = detail.split(' ').take_while(|word| !word.starts_with("networks="));
            for (class, many) in classes.filter_map(|word| word.split_once('=')) {
                *refusals.entry(class.to_owned()).or_insert(0) += many.parse().unwrap_or(0);
            }
        }
        let door = pool.fetch("SELECT messages, syncs FROM door", Vec::new()).await?;
        let (mut messages, mut syncs) = (0, 0);
        for row in door {
            messages += unsigned(row.int(0)?);
            syncs += unsigned(row.int(1)?);
        }
        Ok(Stats {
            records: one(pool, "SELECT count(*) FROM record").await?,
            accounts: groups(pool, "SELECT state, count(*) FROM account GROUP BY state").await?,
            outbox: groups(pool, "SELECT state, count(*) FROM outbox GROUP BY state").await?,
            events: one(pool, "SELECT count(*) FROM event").await?,
            refusals,
            messages,
            syncs,
        })
    }
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

async fn one(pool: &Readers, text: &'static str) -> Result<u64, StoreError> {
    let row = pool.fetch_option(text, Vec::new()).await?;
    row.map_or(Ok(0), |row| row.int(0).map(unsigned))
}

async fn groups(pool: &Readers, text: &'static str) -> Result<BTreeMap<String, u64>, StoreError> {
    let rows = pool.fetch(text, Vec::new()).await?;
    rows.iter().map(|row| Ok((row.text(0)?, unsigned(row.int(1)?)))).collect()
}
