//! `brevbro trace`: what became of a message.

use serde::Serialize;

use super::cli::Common;
use super::open::Opened;
use super::{Failure, print_json, print_lines};
use crate::clock::Clock;
use crate::domain::event::Event;
use crate::store::{Revealed, StoreError};

#[derive(Serialize)]
struct Trace {
    events: Vec<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revealed: Option<Vec<Revealed>>,
}

pub(super) async fn run(id: &str, reveal: bool, common: &Common, clock: &Clock) -> Result<(), Failure> {
    let opened = Opened::existing(&common.config, clock).await?;
    let known = ask(&opened, id, reveal).await.map_err(|error| opened.failed(&error));
    opened.close().await;
    let known = known?;
    if known.events.is_empty() {
        let remedy = "give the id from the 250, of a record, a reply or an outbox item, or a Message-ID";
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
    Ok(Trace { events: opened.store.trace(id).await?, revealed })
}

/// One line for each turn, oldest first; then what was asked to be revealed.
fn shown(known: &Trace) -> Vec<String> {
    let turn = |event: &Event| {
        let at = event.at.strftime("%Y-%m-%d %H:%M:%S%.3fZ");
        format!("{at}  {:<8}  {}  {}", event.what, event.subject, event.detail)
    };
    let revealed = known.revealed.iter().flatten();
    let revealed = revealed.map(|one| format!("{}  {:<8}  {}", one.subject, one.what, one.value));
    known.events.iter().map(turn).chain(revealed).collect()
}
