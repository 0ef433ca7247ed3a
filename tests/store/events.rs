//! What became of each message, and that it cannot be taken back.

use std::time::Duration;

use brevbro::domain::event::What;
use brevbro::domain::outcome::Outcome;
use brevbro::domain::reply::Outgoing;
use brevbro::domain::schedule::Schedule;

use super::door::verify_chain;
use super::world::{anna, both, mailbox, record_id};

#[test]
fn a_trace_gathers_what_belongs_together() {
    both(async |world| {
        let arrival = world.message("first", &["anna", "bo"]);
        let record = record_id(&arrival, 0);
        let message_id = arrival.summary.message_id.clone().unwrap();
        world.store.keep(arrival.clone()).await.unwrap();
        world.kept("another").await;
        world.store.mark_read(&anna(), record).await.unwrap();
        let reply = world.reply(record, &[]);
        world.store.queue_reply(&anna(), reply.clone(), vec![mailbox("c@hel.example")]).await.unwrap().unwrap();
        let items = world.store.claim(10, Duration::from_mins(1)).await.unwrap();
        let item = items.iter().find(|item| matches!(item.what, Outgoing::Reply(_))).unwrap();
        let sent = Outcome::Sent { detail: "mx.hel.example".to_owned() };
        world.store.record_attempt(item, &sent, &Schedule::default()).await.unwrap();
        let expected = world.store.trace(&record.to_string()).await.unwrap();
        let words: Vec<_> = expected.iter().map(|event| event.what.as_str()).collect();
        let mut sorted = words.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ["kept", "kept", "queued", "queued", "queued", "read", "sent"], "{words:?}");
        for other in [
            arrival.id.to_string(),
            record_id(&arrival, 1).to_string(),
            reply.id.to_string(),
            item.id.to_string().to_uppercase(),
            format!("<{message_id}>"),
            message_id,
            item.message_id.clone(),
        ] {
            assert_eq!(world.store.trace(&other).await.unwrap(), expected, "{other}");
        }
        assert!(world.store.trace("unknown@x").await.unwrap().is_empty());
        assert!(world.store.trace("").await.unwrap().is_empty());
        for event in expected {
            assert!(!event.detail.contains("@mail.example") && !event.detail.contains("anna"), "{event:?}");
        }
        verify_chain(world).await;
    });
}

#[test]
fn a_chain_shows_what_was_changed() {
    both(async |world| {
        for n in 0..100 {
            world.store.note(What::Refused, "session", &format!("class=not-an-office n={n}")).await.unwrap();
        }
        verify_chain(world).await;
        let mut events = world.store.chain(world.store.node(), 0, 1000).await.unwrap();
        events[50].detail.push('x');
        let mut last = brevbro::store::FIRST_LINK;
        let broken = events.iter().position(|event| {
            last = brevbro::store::link(&last, event);
            event.hash != last.iter().map(|b| format!("{b:02x}")).collect::<String>()
        });
        assert_eq!(broken, Some(50));
        assert_eq!(world.store.stats().await.unwrap().refusals["not-an-office"], 100);
    });
}

#[test]
fn two_processes_of_one_name_share_a_chain() {
    both(async |world| {
        // A command beside a running gateway.
        let other = world.another("mx1.konto.example").await;
        for n in 0..20 {
            let text = format!("n={n}");
            let (a, b) = tokio::join!(world.store.note(What::Admin, "a", &text), other.note(What::Admin, "b", &text));
            a.unwrap();
            b.unwrap();
        }
        verify_chain(world).await;
        other.close().await;
    });
}

#[test]
fn counts() {
    both(async |world| {
        world.kept("first").await;
        world.pass(2000);
        world.kept("second").await;
        let other = world.another("mx2.konto.example").await;
        other.keep(world.message("third", &["anna"])).await.unwrap();
        other.close().await;
        world.pass(2000);
        world.kept("fourth").await;
        let stats = world.store.stats().await.unwrap();
        assert_eq!((stats.records, stats.accounts["active"], stats.outbox["waiting"]), (4, 2, 4));
        assert_eq!((stats.messages, stats.syncs), (3, 3), "the last is told with the next, or at the end");
        assert!((stats.messages_a_sync() - 1.0).abs() < f64::EPSILON);
    });
}
