//! `brevbro queue`: what waits to leave.

use super::cli::{Item, Queue};
use super::open::Opened;
use super::{Failure, print_json, print_lines};
use crate::clock::Clock;
use crate::domain::reply::{OutboxItem, OutboxState};
use crate::store::Move;

pub(super) async fn run(queue: &Queue, clock: &Clock) -> Result<(), Failure> {
    match queue {
        Queue::List { state, limit, common } => {
            let opened = Opened::existing(&common.config, clock).await?;
            let state = state.as_deref().and_then(OutboxState::from_word);
            let items = opened.store.outbox_list(state, *limit).await.map_err(|error| opened.failed(&error));
            opened.close().await;
            let items = items?;
            if common.json {
                print_json(&items);
            } else {
                print_lines(&table(&items));
            }
            Ok(())
        }
        Queue::Show(item) => one(item, None, clock).await,
        Queue::Retry(item) => one(item, Some(Move::Retry), clock).await,
        Queue::Hold(item) => one(item, Some(Move::Hold), clock).await,
        Queue::Release(item) => one(item, Some(Move::Release), clock).await,
        Queue::Cancel(item) => one(item, Some(Move::Cancel), clock).await,
    }
}

/// Does what is asked with one item, and shows what it is then.
async fn one(item: &Item, what: Option<Move>, clock: &Clock) -> Result<(), Failure> {
    let Item { id, common } = item;
    let opened = Opened::existing(&common.config, clock).await?;
    let result = match what {
        Some(what) => opened.store.move_item(*id, what).await,
        None => opened.store.outbox_show(*id).await,
    };
    let result = result.map_err(|error| opened.failed(&error));
    opened.close().await;
    let Some(item) = result? else {
        return Err(Failure::of(
            &id.to_string(),
            "there is no such item in the outbox",
            "brevbro queue list shows them",
        ));
    };
    if common.json {
        print_json(&item);
    } else {
        print_lines(&card(&item));
    }
    Ok(())
}

fn state(item: &OutboxItem) -> String {
    if item.held { format!("{} held", item.state.word()) } else { item.state.word().to_owned() }
}

fn next(item: &OutboxItem) -> String {
    item.next_attempt.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

fn table(items: &[OutboxItem]) -> Vec<String> {
    if items.is_empty() {
        return vec!["There is nothing.".to_owned()];
    }
    let line = |item: &OutboxItem| {
        let (state, next) = (state(item), next(item));
        let (id, attempts, domain) = (item.id, item.attempts, &item.domain);
        format!("{id}  {state:<12}  {:<6}  {attempts:>8}  {next:<20}  {domain}", item.purpose)
    };
    let head = format!("{:<26}  {:<12}  {:<6}  {:>8}  {:<20}  domain", "id", "state", "for", "attempts", "next");
    std::iter::once(head).chain(items.iter().map(line)).collect()
}

fn card(item: &OutboxItem) -> Vec<String> {
    let lines = [
        ("id", item.id.to_string()),
        ("state", state(item)),
        ("for", format!("{} to {}", item.purpose, item.domain)),
        ("message-id", item.message_id.clone()),
        ("queued", item.queued.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
        ("attempts", item.attempts.to_string()),
        ("next", next(item)),
        ("last", item.last.clone().unwrap_or_else(|| "-".to_owned())),
    ];
    lines.iter().map(|(name, value)| format!("{name:<10}  {value}")).collect()
}
