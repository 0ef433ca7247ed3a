//! `brevbro trace`: what became of a message.

use super::cli::Common;
use super::open::Opened;
use super::{Failure, print_json};
use crate::clock::Clock;
use crate::domain::event::Event;

pub(super) async fn run(id: &str, reveal: bool, common: &Common, clock: &Clock) -> Result<(), Failure> {
    let opened = Opened::existing(&common.config, clock).await?;
    let events = ask(&opened, id, reveal).await;
    opened.store.close().await;
    let events = events?;
    if events.is_empty() {
        let remedy = "give the id from the 250, of a record, a reply or an outbox item, or a Message-ID";
        return Err(Failure::of(id, "nothing is known of it here", remedy));
    }
    if common.json {
        print_json(&events);
    } else {
        print!("{}", shown(&events));
    }
    Ok(())
}

async fn ask(opened: &Opened, id: &str, reveal: bool) -> Result<Vec<Event>, Failure> {
    let _ = reveal;
    opened.store.trace(id).await.map_err(|error| opened.failed(&error))
}

/// One line for each turn, oldest first.
fn shown(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        let at = event.at.strftime("%Y-%m-%d %H:%M:%S%.3fZ");
        text += &format!("{at}  {:<8}  {}  {}\n", event.what, event.subject, event.detail);
    }
    text
}
