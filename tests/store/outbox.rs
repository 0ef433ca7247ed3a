//! The way out: leases, fences, routes, and what admins do.

use std::collections::HashSet;
use std::time::Duration;

use brevbro::domain::outcome::Outcome;
use brevbro::domain::reply::{Claimed, OutboxState, Outgoing};
use brevbro::domain::schedule::Schedule;
use brevbro::domain::status::Status;
use brevbro::store::StoreError;

use super::world::{World, anna, both, mailbox};

const LEASE: Duration = Duration::from_mins(5);

fn sent() -> Outcome {
    Outcome::Sent { detail: "mx.hel.example 250 queued".to_owned() }
}

fn deferred() -> Outcome {
    Outcome::Deferred { status: Some(Status { code: 451, enhanced: (4, 3, 0) }), detail: "mx 451".to_owned() }
}

fn rejected() -> Outcome {
    Outcome::Rejected { status: Status { code: 550, enhanced: (5, 1, 1) }, detail: "mx 550".to_owned() }
}

/// Only a reply in the outbox, and claimed.
async fn claimed(world: &World, to: &[&str]) -> Claimed {
    let record = world.kept("first").await;
    let reply = world.reply(record, &[]);
    world.store.queue_reply(&anna(), reply, to.iter().map(|to| mailbox(to)).collect()).await.unwrap().unwrap();
    let items = world.store.claim(10, LEASE).await.unwrap();
    items.into_iter().find(|item| matches!(item.what, Outgoing::Reply(_))).unwrap()
}

#[test]
fn a_notice_leaves_for_each_new_record() {
    both(async |world| {
        world.kept("secret subject").await;
        let items = world.store.claim(10, LEASE).await.unwrap();
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].to, mailbox("anna@mail.example"));
        let Outgoing::Notice { language, office } = &items[0].what else { panic!() };
        assert_eq!((language.tag(), office.as_str()), ("fi", "Sosiaalipalvelut"));
        assert!(items[0].message_id.ends_with("@mx1.konto.example"));
    });
}

#[test]
fn the_sender_is_woken() {
    both(async |world| {
        let wake = world.store.outbox_wake();
        world.kept("first").await;
        tokio::time::timeout(Duration::from_secs(5), wake.notified()).await.unwrap();
    });
}

#[test]
fn a_claim_is_for_one_and_ends_with_its_lease() {
    both(async |world| {
        let first = claimed(world, &["a@hel.example"]).await;
        assert!(world.store.claim(10, LEASE).await.unwrap().is_empty());
        world.pass(5 * 60_000);
        let again = world.store.claim(10, LEASE).await.unwrap();
        let second = again.iter().find(|item| item.id == first.id).unwrap();
        assert_eq!(second.message_id, first.message_id);
        assert!(second.fence > first.fence);
        // The one that came late changes nothing.
        let late = world.store.record_attempt(&first, &rejected(), &Schedule::default()).await;
        assert!(matches!(late, Err(StoreError::Forbidden(_))), "{late:?}");
        let verdict = world.store.record_attempt(second, &sent(), &Schedule::default()).await.unwrap();
        assert_eq!(verdict.state, OutboxState::Sent);
        let twice = world.store.record_attempt(second, &sent(), &Schedule::default()).await;
        assert!(matches!(twice, Err(StoreError::Forbidden(_))), "{twice:?}");
        assert_eq!(world.store.outbox_show(first.id).await.unwrap().unwrap().attempts, 1);
    });
}

#[test]
fn two_gateways_never_claim_the_same() {
    both(async |world| {
        for n in 0..120 {
            world.kept(&format!("n {n}")).await;
        }
        world.pass(1);
        let other = world.another("mx2.konto.example").await;
        let claiming: Vec<_> = [world.store.clone(), other.clone(), world.store.clone(), other.clone()]
            .into_iter()
            .map(|store| {
                tokio::spawn(async move {
                    let mut ids = Vec::new();
                    let mut empty = 0;
                    while empty < 5 {
                        let items = store.claim(7, LEASE).await.unwrap();
                        empty = if items.is_empty() { empty + 1 } else { 0 };
                        ids.extend(items.into_iter().map(|item| item.id));
                    }
                    ids
                })
            })
            .collect();
        let mut all = Vec::new();
        for claiming in claiming {
            all.extend(claiming.await.unwrap());
        }
        assert_eq!(all.len(), 120);
        assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), 120);
        other.close().await;
    });
}

#[test]
fn a_deferred_item_waits_and_then_fails() {
    both(async |world| {
        let mut item = claimed(world, &["a@hel.example"]).await;
        let schedule = Schedule::default();
        let verdict = world.store.record_attempt(&item, &deferred(), &schedule).await.unwrap();
        assert_eq!(verdict.state, OutboxState::Waiting);
        let shown = world.store.outbox_show(item.id).await.unwrap().unwrap();
        assert_eq!(shown.next_attempt, verdict.next_attempt);
        assert_eq!((shown.attempts, shown.domain.as_str()), (1, "hel.example"));
        let Outgoing::Reply(out) = &item.what else { panic!() };
        let reply = world.store.reply(&anna(), out.reply.id).await.unwrap().unwrap();
        assert_eq!(reply.last_status, Some(Status { code: 451, enhanced: (4, 3, 0) }));
        let mut states = Vec::new();
        for _ in 0..100 {
            world.pass(4 * 3_600_000);
            let items = world.store.claim(10, LEASE).await.unwrap();
            let Some(again) = items.into_iter().find(|again| again.id == item.id) else { break };
            item = again;
            states.push(world.store.record_attempt(&item, &deferred(), &schedule).await.unwrap().state);
        }
        assert_eq!(states.last(), Some(&OutboxState::Failed));
        assert_eq!(states.len(), 24, "four days");
    });
}

#[test]
fn a_route_that_fails_gives_way_to_the_next() {
    both(async |world| {
        let first = claimed(world, &["a@hel.example", "b@esp.example"]).await;
        let schedule = Schedule::default();
        let verdict = world.store.record_attempt(&first, &rejected(), &schedule).await.unwrap();
        assert_eq!((verdict.state, verdict.next_attempt), (OutboxState::Waiting, Some(world.clock.now())));
        let items = world.store.claim(10, LEASE).await.unwrap();
        let second = items.iter().find(|item| item.id == first.id).unwrap();
        assert_eq!((&second.to, &second.message_id), (&mailbox("b@esp.example"), &first.message_id));
        let verdict = world.store.record_attempt(second, &rejected(), &schedule).await.unwrap();
        assert_eq!(verdict.state, OutboxState::Failed);
    });
}

#[test]
fn what_admins_do() {
    both(async |world| {
        let item = claimed(world, &["a@hel.example"]).await;
        let (store, id) = (&world.store, item.id);
        let forbidden =
            |end: Result<Option<_>, StoreError>| assert!(matches!(end, Err(StoreError::Forbidden(_))), "{end:?}");
        forbidden(store.retry(id).await);
        forbidden(store.cancel(id).await);
        forbidden(store.release(id).await);
        assert!(store.hold(id).await.unwrap().unwrap().held);
        forbidden(store.hold(id).await);
        store.record_attempt(&item, &deferred(), &Schedule::default()).await.unwrap();
        world.pass(3_600_000);
        assert!(store.claim(10, LEASE).await.unwrap().iter().all(|item| item.id != id), "held");
        assert!(!store.release(id).await.unwrap().unwrap().held);
        let cancelled = store.cancel(id).await.unwrap().unwrap();
        assert_eq!((cancelled.state, cancelled.next_attempt), (OutboxState::Failed, None));
        forbidden(store.cancel(id).await);
        assert_eq!(store.retry(id).await.unwrap().unwrap().state, OutboxState::Waiting);
        assert!(store.claim(10, LEASE).await.unwrap().iter().any(|item| item.id == id));
        assert!(store.retry(brevbro::domain::ids::OutboxId::from_bytes([9; 16])).await.unwrap().is_none());
        assert_eq!(store.outbox_list(Some(OutboxState::Sending), 10).await.unwrap().len(), 2);
    });
}

#[test]
fn an_unsure_item_is_tried_again_under_the_same_message_id() {
    both(async |world| {
        let item = claimed(world, &["a@hel.example"]).await;
        let unsure = Outcome::Unsure { detail: "mx lost".to_owned() };
        let verdict = world.store.record_attempt(&item, &unsure, &Schedule::default()).await.unwrap();
        assert_eq!(verdict.state, OutboxState::Unsure);
        world.pass(60_000);
        let again = world.store.claim(10, LEASE).await.unwrap();
        assert_eq!(again.iter().find(|again| again.id == item.id).unwrap().message_id, item.message_id);
    });
}
