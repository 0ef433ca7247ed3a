//! The citizen's side: pages, threads, replies.

use brevbro::domain::account::AccountState;
use brevbro::domain::reply::{OutboxState, Outgoing};
use brevbro::store::{AccountChange, StoreError};
use std::time::Duration;

use super::world::{anna, bo, both, mailbox, record_id};

#[test]
fn pages_go_through_the_mailbox_once() {
    both(async |world| {
        for n in 0..25 {
            world.kept(&format!("n {n}")).await;
        }
        world.store.keep(world.message("not hers", &["bo"])).await.unwrap();
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = world.store.inbox(&anna(), before, 10).await.unwrap();
            seen.extend(page.items.into_iter().map(|record| record.subject));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..25).rev().map(|n| format!("n {n}")).collect::<Vec<_>>());
    });
}

#[test]
fn a_record_is_read_once() {
    both(async |world| {
        let id = world.kept("first").await;
        assert_eq!(world.store.unread(&anna()).await.unwrap(), 1);
        assert!(!world.store.mark_read(&bo(), id).await.unwrap());
        assert!(world.store.mark_read(&anna(), id).await.unwrap());
        let read = world.store.record(&anna(), id).await.unwrap().unwrap().read;
        assert!(read.is_some());
        world.pass(1000);
        assert!(!world.store.mark_read(&anna(), id).await.unwrap());
        assert_eq!(world.store.record(&anna(), id).await.unwrap().unwrap().read, read);
        assert_eq!(world.store.unread(&anna()).await.unwrap(), 0);
    });
}

#[test]
fn threads_stand_by_their_newest_record() {
    both(async |world| {
        world.kept("first").await;
        world.kept("second").await;
        let mut answer = world.message("third", &["anna"]);
        answer.summary.answers = vec!["first@hel.example".to_owned()];
        let newest = record_id(&answer, 0);
        world.store.keep(answer).await.unwrap();
        world
            .store
            .queue_reply(&anna(), world.reply(newest, &[]), vec![mailbox("c@hel.example")])
            .await
            .unwrap()
            .unwrap();
        let page = world.store.conversations(&anna(), None, 1).await.unwrap();
        let line = &page.items[0];
        assert_eq!((line.newest.subject.as_str(), line.records, line.unread, line.replies), ("third", 2, 2, 1));
        let page = world.store.conversations(&anna(), page.next, 1).await.unwrap();
        assert_eq!(page.items[0].newest.subject, "second");
        assert_eq!(page.next, None);
    });
}

#[test]
fn a_reply_is_queued_with_its_files() {
    both(async |world| {
        let mut arrival = world.message("first", &["anna"]);
        arrival.summary.answers = vec!["b@x".to_owned(), "b@x".to_owned(), "a@x".to_owned()];
        let record = record_id(&arrival, 0);
        world.store.keep(arrival).await.unwrap();
        let large = vec![7; 50_000];
        let reply = world.reply(record, &[b"small", &large]);
        let to = vec![mailbox("clerk@hel.example"), mailbox("registry@hel.example")];
        let sent = world.store.queue_reply(&anna(), reply.clone(), to.clone()).await.unwrap().unwrap();
        assert_eq!(sent.state, OutboxState::Waiting);
        assert_eq!(sent.files.iter().map(|file| file.size).collect::<Vec<_>>(), [5, 50_000]);
        assert_eq!(sent.text, reply.text);
        let (_, bytes) = world.store.reply_file(&anna(), reply.id, 1).await.unwrap().unwrap();
        assert_eq!(bytes, large);
        assert!(world.store.reply_file(&bo(), reply.id, 1).await.unwrap().is_none());
        assert!(world.store.reply_file(&anna(), reply.id, 2).await.unwrap().is_none());
        assert!(world.store.reply(&bo(), reply.id).await.unwrap().is_none());
        // The form sent twice is one reply.
        assert_eq!(world.store.queue_reply(&anna(), reply.clone(), to).await.unwrap().unwrap(), sent);
        world.pass(10);
        let claimed = world.store.claim(10, Duration::from_mins(5)).await.unwrap();
        let out = claimed.iter().find_map(|c| if let Outgoing::Reply(out) = &c.what { Some((c, out)) } else { None });
        let (claimed, out) = out.unwrap();
        assert_eq!(claimed.to, mailbox("clerk@hel.example"));
        assert_eq!(claimed.message_id, format!("{}@mx1.konto.example", claimed.id));
        assert_eq!(out.reply.files, reply.files);
        assert_eq!(out.citizen_name, "anna Virtanen");
        assert_eq!(out.in_reply_to.as_deref(), Some("first@hel.example"));
        assert_eq!(out.references, ["a@x", "b@x", "first@hel.example"]);
        assert_eq!(out.case_reference.as_deref(), Some("HEL 2026-001234"));
        assert_eq!(world.store.reply(&anna(), reply.id).await.unwrap().unwrap().state, OutboxState::Sending);
    });
}

#[test]
fn replies_that_may_not_be() {
    both(async |world| {
        let to = vec![mailbox("clerk@hel.example")];
        let record = world.kept("first").await;
        assert!(world.store.queue_reply(&bo(), world.reply(record, &[]), to.clone()).await.unwrap().is_none());
        let forbidden = async |reply, to| {
            let end = world.store.queue_reply(&anna(), reply, to).await;
            assert!(matches!(end, Err(StoreError::Forbidden(_))), "{end:?}");
        };
        forbidden(world.reply(record, &[]), Vec::new()).await;
        let mut arrival = world.message("no answer", &["anna"]);
        let brevbro::domain::arrival::Placement::Record(place) = &mut arrival.placements[0] else { panic!() };
        place.reply_allowed = false;
        let silent = place.id;
        world.store.keep(arrival).await.unwrap();
        forbidden(world.reply(silent, &[&[1; 9000]]), to.clone()).await;
        let closed = AccountChange { state: Some(AccountState::Closed), ..AccountChange::default() };
        world.store.set_account(&anna(), closed).await.unwrap();
        forbidden(world.reply(record, &[]), to).await;
    });
}
