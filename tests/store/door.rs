//! What the door promises: once, durable, whole, and each for itself.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use brevbro::domain::account::AccountState;
use brevbro::domain::arrival::{Finding, Placement, Raw};
use brevbro::domain::envelope::{Destination, Route, Sender};
use brevbro::domain::ids::{ArrivalId, RecordId};
use brevbro::domain::reply::OutboxState;
use brevbro::domain::seal::{ContentKey, Seals, Signature, SignatureState};
use brevbro::domain::status::{Class, Status};
use brevbro::store::{AccountChange, postmaster};

use super::world::{anna, bo, both, record_id, sha256};

#[test]
fn a_message_is_kept_as_it_came() {
    both(async |world| {
        let arrival = world.message("Beslut", &["anna"]);
        let (id, raw) = (record_id(&arrival, 0), arrival.raw.clone());
        let receipt = world.store.keep(arrival.clone()).await.unwrap();
        assert_eq!((receipt.arrival(), receipt.is_repeated()), (arrival.id, false));
        let Raw::Memory(raw) = raw else { panic!() };
        assert_eq!(world.store.raw(&anna(), id).await.unwrap(), Some(raw));
        assert_eq!(world.store.raw(&bo(), id).await.unwrap(), None);
        let record = world.store.record(&anna(), id).await.unwrap().unwrap();
        assert_eq!(record.subject, "Beslut");
        assert_eq!(record.office.unwrap().as_str(), "hel-social");
        assert_eq!(record.from, arrival.summary.from);
        assert_eq!(Some(record.date), arrival.summary.date);
        assert_eq!(record.due, Some("2026-12-31".parse().unwrap()));
        assert_eq!(record.message_id, arrival.summary.message_id);
        assert_eq!(record.size, arrival.raw.size());
        assert!(record.reply_allowed && record.read.is_none());
    });
}

#[test]
fn what_opens_a_sealed_message_is_kept_sealed() {
    both(async |world| {
        let mut arrival = world.message("Salattu", &["anna", "bo"]);
        let signature = Signature::plain(SignatureState::Valid, Vec::new());
        arrival.seals = Seals {
            keys: vec![ContentKey { part: [3; 32], key: b"the key of the content".to_vec() }],
            signature: Some(Signature { signed: Some(arrival.received), ..signature }),
        };
        world.store.keep(arrival.clone()).await.unwrap();
        let letter = world.store.letter(&anna(), record_id(&arrival, 0)).await.unwrap().unwrap();
        assert_eq!(letter.seals, arrival.seals);
        assert_eq!(world.store.letter(&bo(), record_id(&arrival, 1)).await.unwrap().unwrap().seals, arrival.seals);
        assert!(world.store.letter(&bo(), record_id(&arrival, 0)).await.unwrap().is_none());
        let plain = world.message("Selvä", &["anna"]);
        world.store.keep(plain.clone()).await.unwrap();
        assert!(world.store.letter(&anna(), record_id(&plain, 0)).await.unwrap().unwrap().seals.is_empty());
    });
}

#[test]
fn the_same_message_again_has_the_same_receipt() {
    both(async |world| {
        let first = world.message("Beslut", &["anna", "bo"]);
        let receipt = world.store.keep(first.clone()).await.unwrap();
        let mut again = first.clone();
        again.id = world.ids.next(ArrivalId::new);
        again.placements = vec![world.place("anna"), world.place("bo")];
        let repeated = world.store.keep(again.clone()).await.unwrap();
        assert_eq!((repeated.arrival(), repeated.is_repeated()), (receipt.arrival(), true));
        assert_eq!(world.store.inbox(&anna(), None, 10).await.unwrap().items.len(), 1);
        // One recipient more: that one is new, the other is not.
        again.id = world.ids.next(ArrivalId::new);
        again.placements = vec![world.place("anna"), world.place("bo")];
        again.summary.message_id = Some("other@hel.example".to_owned());
        assert!(!world.store.keep(again.clone()).await.unwrap().is_repeated());
        assert_eq!(world.store.inbox(&anna(), None, 10).await.unwrap().items.len(), 2);
        // Other octets are another message, whatever its Message-ID says.
        let mut other = first;
        other.id = world.ids.next(ArrivalId::new);
        other.placements = vec![world.place("anna")];
        other.sha256 = sha256(b"other");
        assert!(!world.store.keep(other).await.unwrap().is_repeated());
        assert_eq!(world.store.inbox(&anna(), None, 10).await.unwrap().items.len(), 3);
        let notices = world.store.outbox_list(None, 100).await.unwrap();
        assert_eq!(notices.len(), 5, "a repeat sends no notice");
    });
}

#[test]
fn the_same_message_twenty_times_at_once() {
    both(async |world| {
        let first = world.message("Beslut", &["anna"]);
        let keeping: Vec<_> = (0..20)
            .map(|_| {
                let mut copy = first.clone();
                copy.id = world.ids.next(ArrivalId::new);
                copy.placements = vec![world.place("anna")];
                let store = world.store.clone();
                tokio::spawn(async move { store.keep(copy).await.unwrap() })
            })
            .collect();
        let mut receipts = Vec::new();
        for keeping in keeping {
            receipts.push(keeping.await.unwrap());
        }
        assert_eq!(receipts.iter().filter(|receipt| !receipt.is_repeated()).count(), 1);
        assert!(receipts.iter().all(|receipt| receipt.arrival() == receipts[0].arrival()));
        assert_eq!(world.store.inbox(&anna(), None, 10).await.unwrap().items.len(), 1);
    });
}

#[test]
fn messages_that_come_together_share_a_sync() {
    both(async |world| {
        let keeping: Vec<_> = (0..200)
            .map(|n| {
                let (arrival, store) = (world.message(&format!("n {n}"), &["anna"]), world.store.clone());
                tokio::spawn(async move { store.keep(arrival).await.unwrap() })
            })
            .collect();
        for keeping in keeping {
            keeping.await.unwrap();
        }
        let (messages, syncs) = world.store.messages_and_syncs();
        assert_eq!(messages, 200);
        assert!(syncs < 150, "{syncs} syncs");
        assert_eq!(world.store.inbox(&anna(), None, 1000).await.unwrap().items.len(), 200);
    });
}

#[test]
fn two_addresses_of_one_account_are_one_record() {
    both(async |world| {
        let arrival = world.message("Beslut", &["anna", "anna", "bo"]);
        world.store.keep(arrival).await.unwrap();
        assert_eq!(world.store.inbox(&anna(), None, 10).await.unwrap().items.len(), 1);
        assert_eq!(world.store.inbox(&bo(), None, 10).await.unwrap().items.len(), 1);
    });
}

#[test]
fn an_account_closed_after_rcpt_is_refused_and_nothing_stays() {
    both(async |world| {
        let closed = AccountChange { state: Some(AccountState::Closed), ..AccountChange::default() };
        world.store.set_account(&bo(), closed).await.unwrap();
        let (good, bad) = (world.message("good", &["anna"]), world.message("bad", &["anna", "bo"]));
        let (kept, refused) = tokio::join!(world.store.keep(good), world.store.keep(bad));
        kept.unwrap();
        let refusal = refused.unwrap_err();
        assert_eq!(refusal.class, Class::AccountNotInUse);
        assert_eq!(refusal.language.tag(), "sv", "worded for the office");
        let inbox = world.store.inbox(&anna(), None, 10).await.unwrap();
        assert_eq!(inbox.items.iter().map(|record| record.subject.as_str()).collect::<Vec<_>>(), ["good"]);
    });
}

#[test]
fn one_bad_message_never_fails_its_neighbours() {
    both(async |world| {
        let taken = world.kept("first").await;
        let keeping: Vec<_> = (0..30)
            .map(|n| {
                let mut arrival = world.message(&format!("n {n}"), &["anna"]);
                if n == 13
                    && let Placement::Record(record) = &mut arrival.placements[0]
                {
                    record.id = taken; // no such thing can come: the database refuses it
                }
                let store = world.store.clone();
                tokio::spawn(async move { (n, store.keep(arrival).await) })
            })
            .collect();
        for keeping in keeping {
            let (n, end) = keeping.await.unwrap();
            assert_eq!(end.is_ok(), n != 13, "{n}: {end:?}");
            if let Err(refusal) = end {
                assert_eq!(refusal.class, Class::Unavailable);
            }
        }
        assert_eq!(world.store.inbox(&anna(), None, 100).await.unwrap().items.len(), 30);
        verify_chain(world).await;
    });
}

pub async fn verify_chain(world: &super::world::World) {
    for node in world.store.nodes().await.unwrap() {
        let mut last = brevbro::store::FIRST_LINK;
        for (number, event) in (1..).zip(world.store.chain(&node, 0, 100_000).await.unwrap()) {
            assert_eq!(event.number, number);
            last = brevbro::store::link(&last, &event);
            assert_eq!(event.hash, last.iter().map(|b| format!("{b:02x}")).collect::<String>());
        }
        assert_ne!(last, brevbro::store::FIRST_LINK);
    }
}

#[test]
fn a_large_message_lies_in_the_blob_folder() {
    both(async |world| {
        let large = bytes::Bytes::from(vec![b'x'; 100_000]);
        let spooled = world.folder.path().join("spooled");
        tokio::fs::write(&spooled, &large).await.unwrap();
        let mut arrival = world.message("large", &["anna"]);
        arrival.raw = Raw::File { path: spooled.clone(), size: 100_000 };
        arrival.sha256 = sha256(&large);
        let id = record_id(&arrival, 0);
        world.store.keep(arrival.clone()).await.unwrap();
        assert!(!spooled.exists(), "taken over");
        assert_eq!(world.store.raw(&anna(), id).await.unwrap().unwrap(), large);
        assert_eq!(blobs(world).len(), 1);
        // Again, now from memory: the copy goes.
        arrival.id = world.ids.next(ArrivalId::new);
        arrival.placements = vec![world.place("anna")];
        arrival.raw = Raw::Memory(large.clone());
        assert!(world.store.keep(arrival.clone()).await.unwrap().is_repeated());
        assert_eq!(blobs(world).len(), 1);
        // What a crash has left is swept, later.
        let left = world.settings.blobs.join("zz").join(world.ids.next(ArrivalId::new).to_string());
        tokio::fs::create_dir_all(left.parent().unwrap()).await.unwrap();
        tokio::fs::write(&left, b"left").await.unwrap();
        tokio::fs::write(left.with_extension("part"), b"left").await.unwrap();
        assert_eq!(world.store.sweep(Duration::from_mins(1)).await.unwrap(), 0);
        world.pass(120_000);
        assert_eq!(world.store.sweep(Duration::from_mins(1)).await.unwrap(), 2);
        assert_eq!(world.store.raw(&anna(), id).await.unwrap().unwrap(), large);
        for path in blobs(world) {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o077 & !0o044, 0);
        }
        let folder = world.settings.blobs.metadata().unwrap().permissions().mode();
        assert_eq!(folder & 0o777, 0o700);
    });
}

#[test]
fn a_large_message_that_is_refused_leaves_no_file() {
    both(async |world| {
        let mut arrival = world.message("large", &["nobody"]);
        arrival.raw = Raw::Memory(vec![b'x'; 100_000].into());
        assert_eq!(world.store.keep(arrival).await.unwrap_err().class, Class::AccountNotInUse);
        assert!(blobs(world).is_empty());
    });
}

fn blobs(world: &super::world::World) -> Vec<std::path::PathBuf> {
    let shelves = std::fs::read_dir(&world.settings.blobs).unwrap().map(|shelf| shelf.unwrap().path());
    shelves.flat_map(|shelf| std::fs::read_dir(shelf).unwrap().map(|file| file.unwrap().path())).collect()
}

#[test]
fn texts_that_a_database_does_not_like() {
    both(async |world| {
        let mut arrival = world.message("odd", &["anna"]);
        arrival.summary.subject = "a\0b 😀 \u{feff}'; DROP TABLE record; --".to_owned();
        arrival.summary.from.name = Some("\0".to_owned());
        arrival.summary.message_id = Some(format!("{}\0@x", "å".repeat(5000)));
        arrival.summary.answers = vec!["\0".to_owned()];
        arrival.peer.helo = "\0\"".to_owned();
        let id = record_id(&arrival, 0);
        world.store.keep(arrival).await.unwrap();
        let record = world.store.record(&anna(), id).await.unwrap().unwrap();
        assert_eq!(record.subject, "a\u{fffd}b 😀 \u{feff}'; DROP TABLE record; --");
    });
}

#[test]
fn the_postmaster_has_a_mailbox_and_a_stranger_no_other() {
    both(async |world| {
        let mut arrival = world.message("hello", &["anna"]);
        arrival.sender = Sender::Stranger;
        assert_eq!(world.store.keep(arrival.clone()).await.unwrap_err().class, Class::NotAnOffice);
        let Placement::Record(record) = &mut arrival.placements[0] else { panic!() };
        record.route = Route::decided(Destination::Postmaster);
        world.store.keep(arrival).await.unwrap();
        let inbox = world.store.inbox(&postmaster(), None, 10).await.unwrap();
        assert_eq!(inbox.items.len(), 1);
        assert_eq!(inbox.items[0].office, None);
        assert!(world.store.outbox_list(None, 10).await.unwrap().is_empty());
    });
}

#[test]
fn an_answer_joins_the_thread_of_its_mailbox_and_office() {
    both(async |world| {
        let thread = async |id: RecordId| world.store.record(&anna(), id).await.unwrap().unwrap().conversation;
        let first = thread(world.kept("first").await).await;
        let answering = |text: &str, from: &str, to: &str| {
            let mut arrival = world.message_from(from, text, &[to]);
            arrival.summary.answers = vec!["unknown@x".to_owned(), "first@hel.example".to_owned()];
            arrival
        };
        let arrival = answering("second", "hel-social", "anna");
        let id = record_id(&arrival, 0);
        world.store.keep(arrival).await.unwrap();
        assert_eq!(thread(id).await, first);
        // Not for another office, which may have guessed the Message-ID; and not for another mailbox.
        let arrival = answering("third", "esp-social", "anna");
        let id = record_id(&arrival, 0);
        world.store.keep(arrival).await.unwrap();
        assert_ne!(thread(id).await, first);
        let arrival = answering("fourth", "hel-social", "bo");
        let id = record_id(&arrival, 0);
        world.store.keep(arrival).await.unwrap();
        assert_ne!(world.store.record(&bo(), id).await.unwrap().unwrap().conversation, first);
        let (records, _) = world.store.conversation(&anna(), first).await.unwrap();
        assert_eq!(records.iter().map(|record| record.subject.as_str()).collect::<Vec<_>>(), ["first", "second"]);
        assert!(world.store.conversation(&bo(), first).await.unwrap().0.is_empty());
    });
}

#[test]
fn an_answer_to_the_citizens_reply_joins_its_thread() {
    both(async |world| {
        let record = world.kept("first").await;
        let to = vec![super::world::mailbox("clerk@hel.example")];
        let sent = world.store.queue_reply(&anna(), world.reply(record, &[]), to).await.unwrap().unwrap();
        let item = world.store.outbox_list(None, 10).await.unwrap().into_iter().find(|i| i.purpose == "reply").unwrap();
        let mut arrival = world.message("answer", &["anna"]);
        arrival.summary.answers = vec![item.message_id];
        let id = record_id(&arrival, 0);
        world.store.keep(arrival).await.unwrap();
        assert_eq!(world.store.record(&anna(), id).await.unwrap().unwrap().conversation, sent.conversation);
    });
}

#[test]
fn a_delivery_report_moves_its_item() {
    both(async |world| {
        let record = world.kept("first").await;
        let to = vec![super::world::mailbox("clerk@hel.example")];
        world.store.queue_reply(&anna(), world.reply(record, &[]), to).await.unwrap().unwrap();
        let item = world.store.outbox_list(None, 10).await.unwrap().into_iter().find(|i| i.purpose == "reply").unwrap();
        let report = |text: &str, finding: Finding| {
            let mut arrival = world.message(text, &["anna"]);
            arrival.sender = Sender::Stranger;
            arrival.placements = vec![Placement::Report { outbox: item.id, finding }];
            arrival
        };
        let state = async || world.store.outbox_show(item.id).await.unwrap().unwrap().state;
        world.store.keep(report("late", Finding::Delayed { detail: "4.4.1".to_owned() })).await.unwrap();
        assert_eq!(state().await, OutboxState::Waiting);
        let failed = report(
            "failed",
            Finding::Failed { detail: "5.1.1".to_owned(), status: Status { code: 550, enhanced: (5, 1, 1) } },
        );
        let receipt = world.store.keep(failed.clone()).await.unwrap();
        assert_eq!(state().await, OutboxState::Failed);
        let again = brevbro::domain::arrival::Arrival { id: world.ids.next(ArrivalId::new), ..failed };
        let repeated = world.store.keep(again).await.unwrap();
        assert_eq!((repeated.arrival(), repeated.is_repeated()), (receipt.arrival(), true));
        let words: Vec<_> =
            world.store.trace(&item.id.to_string()).await.unwrap().into_iter().map(|e| e.what).collect();
        assert_eq!(words.iter().filter(|word| *word == "reported").count(), 2, "{words:?}");
        assert_eq!(words.iter().filter(|word| *word == "failed").count(), 1, "{words:?}");
        assert_eq!(words.iter().filter(|word| *word == "repeated").count(), 1, "{words:?}");
    });
}
