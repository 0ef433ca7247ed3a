//! `brevbro queue`: what waits to leave.

use super::cli::{Item, Queue};
use super::open::Opened;
use super::{Failure, print_json};
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
                print!("{}", table(&items));
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
        print!("{}", card(&item));
    }
    Ok(())
}

fn state(item: &OutboxItem) -> String {
    if item.held { format!("{} held", item.state.word()) } else { item.state.word().to_owned() }
}

fn next(item: &OutboxItem) -> String {
    item.next_attempt.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

fn table(items: &[OutboxItem]) -> String {
    if items.is_empty() {
        return "The outbox is empty.\n".to_owned();
    }
    let mut text = format!("{:<26}  {:<12}  {:<6}  {:>8}  {:<20}  domain\n", "id", "state", "for", "attempts", "next");
    for item in items {
        let (state, next) = (state(item), next(item));
        let (id, purpose, domain) = (item.id.to_string(), item.purpose, &item.domain);
        text += &format!("{id}  {state:<12}  {purpose:<6}  {:>8}  {next:<20}  {domain}\n", item.attempts);
    }
    text
}

fn card(item: &OutboxItem) -> String {
    format!(
        "id          {}\nstate       {}\nfor         {} to {}\nmessage-id  {}\nqueued      {}\nattempts    {}\nnext        {}\nlast        {}\n",
        item.id,
        state(item),
        item.purpose,
        item.domain,
        item.message_id,
        item.queued.strftime("%Y-%m-%d %H:%M:%SZ"),
        item.attempts,
        next(item),
        item.last.as_deref().unwrap_or("-"),
    )
}
