//! `brevbro trace`: what became of a message.

use serde::Serialize;

use super::cli::Common;
use super::open::Opened;
use super::{Failure, print_json, print_lines};
use crate::clock::Clock;
use crate::domain::event::Event;
use crate::domain::ids::ArrivalId;
use crate::intake::Limits;
use crate::intake::explain::{self, PartLine};
use crate::store::{Added, Revealed, StoreError};

mod detail;

#[derive(Serialize)]
struct Trace {
    events: Vec<Event>,
    /// The fields that we put on top of each message that came.
    arrivals: Vec<Added>,
    /// The parts of each, and what became of them.
    parts: Vec<Parts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revealed: Option<Vec<Revealed>>,
}

#[derive(Serialize)]
struct Parts {
    arrival: ArrivalId,
    parts: Vec<PartLine>,
}

/// Messages whose parts are listed: a conversation has many.
const LISTED: usize = 10;

pub(super) async fn run(id: &str, reveal: bool, common: &Common, clock: &Clock) -> Result<(), Failure> {
    let opened = Opened::existing(&common.config, clock).await?;
    let known = ask(&opened, id, reveal).await.map_err(|error| opened.failed(&error));
    opened.close().await;
    let known = known?;
    if known.events.is_empty() {
        let remedy = "give the id from the 250, of a record, a reply or an outbox item, the reference at the end of a \
                      refusal, or a Message-ID";
        return Err(Failure::of(id, "nothing is known of it here", remedy));
    }
    if common.json {
        print_json(&known);
    } else {
        print_lines(&shown(&known));
    }
    Ok(())
}

/// That addresses were revealed is an event, and stands in the trace that reveals them.
async fn ask(opened: &Opened, id: &str, reveal: bool) -> Result<Trace, StoreError> {
    let revealed = if reveal { Some(opened.store.reveal(id).await?) } else { None };
    let arrivals = opened.store.added(id).await?;
    let mut parts = Vec::new();
    for arrival in arrivals.iter().rev().take(LISTED).rev().map(|added| added.arrival) {
        if let Some(letter) = opened.store.arrived(arrival).await? {
            let parts_of_it = explain::parts(&letter.raw, &Limits::default(), letter.seals);
            parts.push(Parts { arrival, parts: parts_of_it });
        }
    }
    Ok(Trace { events: opened.store.trace(id).await?, arrivals, parts, revealed })
}

/// One line for each turn, oldest first, with every proof that was asked below it; then the fields that we put on top of
/// the message, and what was asked to be revealed.
fn shown(known: &Trace) -> Vec<String> {
    let mut lines = Vec::new();
    for event in &known.events {
        let at = event.at.strftime("%Y-%m-%d %H:%M:%S%.3fZ");
        let detail = detail::read(&event.detail);
        lines.push(format!("{at}  {:<8}  {}  {}", event.what, event.subject, detail.words).trim_end().to_owned());
        lines.extend(detail.cause.map(|cause| format!("    because: {cause}")));
        lines.extend(detail.proofs.into_iter().map(|proof| format!("    {proof}")));
    }
    for arrival in known.arrivals.iter().filter(|arrival| !arrival.fields.is_empty()) {
        lines.extend([String::new(), format!("on top of {}:", arrival.arrival)]);
        lines.extend(arrival.fields.lines().map(|line| format!("    {}", line.replace('\t', "    "))));
    }
    for message in &known.parts {
        lines.extend([String::new(), format!("parts of {}:", message.arrival)]);
        lines.extend(explain::outlined(&message.parts).into_iter().map(|line| format!("    {line}")));
    }
    let revealed = known.revealed.iter().flatten();
    lines.extend(revealed.map(|one| format!("{}  {:<8}  {}", one.subject, one.what, one.value)));
    lines
}
