//! One message to one server that speaks in clear on loopback: every turn that the conversation can take.

use std::time::Duration;

use brevbro::domain::address::Mailbox;
use brevbro::domain::office::RelayTls;
use brevbro::domain::outcome::Outcome;
use brevbro::domain::status::Status;
use proptest::prelude::*;

use crate::peer::{Do, Peer, Plan};
use crate::world::{impatient, message, relay, rule};

const FULL: &[&str] = &["PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING"];
const TEXT: &str = ".leading\r\n..two\r\nplain\r\n.\r\nlast\r\n";

async fn deliver(peer: &Peer, text: &str) -> Outcome {
    relay(impatient()).await.deliver(&message(text), &rule(peer, RelayTls::Clear)).await
}

fn host(peer: &Peer) -> String {
    format!("mx.test [127.0.0.1]:{}", peer.address.port())
}

fn status(code: u16, enhanced: (u8, u8, u8)) -> Status {
    Status { code, enhanced }
}

#[tokio::test]
async fn a_message_arrives_whatever_is_offered() {
    let offers: [&[&str]; 4] = [FULL, &["CHUNKING"], &["PIPELINING"], &[]];
    let verbs = ["EHLO MAIL RCPT BDAT", "EHLO MAIL RCPT BDAT", "EHLO MAIL RCPT DATA", "EHLO MAIL RCPT DATA"];
    for (offer, verbs) in offers.into_iter().zip(verbs) {
        for text in [TEXT, "", "x\r\n", &"0123456789\r\n.\r\n".repeat(20_000)] {
            let peer = Plan::new(offer).start().await;
            let detail = format!("{}, end of message: 250 2.0.0 queued as 1234", host(&peer));
            assert_eq!(deliver(&peer, text).await, Outcome::Sent { detail }, "{offer:?}");
            assert_eq!(peer.verbs(), verbs);
            assert!(peer.seen(|seen| seen.messages == [message(text).bytes]), "{offer:?}");
        }
    }
}

#[tokio::test]
async fn parameters_are_said_where_they_are_offered_and_needed() {
    let peer = Plan::new(FULL).start().await;
    deliver(&peer, "x\r\n").await;
    assert_eq!(
        peer.commands()[1..],
        ["MAIL FROM:<b-token@konto.example> SIZE=45", "RCPT TO:<registrator@hel.example>", "BDAT 45 LAST"]
    );
    let peer = Plan::new(FULL).start().await;
    let mut utf8 = message("å\r\n");
    utf8.to = Mailbox::parse("åsa@hel.example").unwrap();
    relay(impatient()).await.deliver(&utf8, &rule(&peer, RelayTls::Clear)).await;
    assert_eq!(peer.commands()[1], "MAIL FROM:<b-token@konto.example> SIZE=46 BODY=8BITMIME SMTPUTF8");
    assert_eq!(peer.commands()[2], "RCPT TO:<åsa@hel.example>");
}

#[tokio::test]
async fn what_the_server_cannot_take_is_refused_before_anything_is_said() {
    let small = Plan::new(&["SIZE 40"]).start().await;
    let Outcome::Rejected { status: got, detail } = deliver(&small, "x\r\n").await else { panic!() };
    assert_eq!(got, status(552, (5, 3, 4)));
    assert!(detail.contains("45 octets and 40 are taken"), "{detail}");
    assert_eq!(small.verbs(), "EHLO");

    let plain = Plan::new(&[]).start().await;
    let mut utf8 = message("x\r\n");
    utf8.to = Mailbox::parse("åsa@hel.example").unwrap();
    let outcome = relay(impatient()).await.deliver(&utf8, &rule(&plain, RelayTls::Clear)).await;
    assert_eq!(outcome.status(), Some(status(553, (5, 6, 7))));
    assert!(!outcome.detail().contains("åsa"));

    let seven = Plan::new(&[]).start().await;
    assert_eq!(deliver(&seven, "å\r\n").await.status(), Some(status(554, (5, 6, 3))));
}

#[tokio::test]
async fn an_old_server_is_greeted_with_helo() {
    let peer = Plan::new(&[]).on("EHLO", Do::Say("502 5.5.1 no\r\n")).start().await;
    assert!(matches!(deliver(&peer, TEXT).await, Outcome::Sent { .. }));
    assert_eq!(peer.commands()[..2], ["EHLO gateway.konto.example", "HELO gateway.konto.example"]);
}

#[tokio::test]
async fn answers_decide() {
    // Whichever way the message goes, and whether or not the answers come in one flight.
    for offer in [FULL, &["CHUNKING"], &["PIPELINING"], &[]] {
        for (verb, answer, want) in [
            ("MAIL", "550 5.7.1 not you\r\n", Some((true, status(550, (5, 7, 1))))),
            ("MAIL", "451 4.3.0 later\r\n", Some((false, status(451, (4, 3, 0))))),
            ("RCPT", "550-5.1.1 no such\r\n550 5.1.1 person here\r\n", Some((true, status(550, (5, 1, 1))))),
            ("RCPT", "450 busy\r\n", Some((false, status(450, (4, 0, 0))))),
            ("RCPT", "550 4.1.1 contradiction\r\n", Some((true, status(550, (5, 0, 0))))),
            ("RCPT", "421 4.3.2 closing\r\n", Some((false, status(421, (4, 3, 2))))),
            ("END", "554 5.6.0 bad\r\n", Some((true, status(554, (5, 6, 0))))),
            ("END", "452 4.3.1 full\r\n", Some((false, status(452, (4, 3, 1))))),
            ("END", "421 4.3.2 closing\r\n", Some((false, status(421, (4, 3, 2))))),
            ("RCPT", "354 what\r\n", None),
            ("RCPT", "nonsense\r\n", None),
            ("RCPT", "250 lone\n", None),
        ] {
            let peer = Plan::new(offer).on(verb, Do::Say(answer)).start().await;
            let outcome = deliver(&peer, TEXT).await;
            match (want, outcome) {
                (Some((true, want)), Outcome::Rejected { status, .. }) => assert_eq!(status, want, "{answer}"),
                (Some((false, want)), Outcome::Deferred { status: Some(status), .. }) => {
                    assert_eq!(status, want, "{answer}");
                }
                (None, Outcome::Deferred { status: None, .. }) => {}
                // A flight with the whole message in it: nobody knows.
                (None, Outcome::Unsure { .. }) if offer == FULL && answer != "354 what\r\n" => {}
                (_, outcome) => panic!("{offer:?} {answer}: {outcome:?}"),
            }
        }
    }
}

#[tokio::test]
async fn details_hold_no_address() {
    let peer = Plan::new(FULL)
        .on("RCPT", Do::Say("550-5.1.1 <registrator@hel.example>:\r\n550 5.1.1 Registrator is unknown\r\n"))
        .start()
        .await;
    let detail = format!("{}, RCPT: 550 5.1.1 … … is unknown", host(&peer));
    assert_eq!(deliver(&peer, TEXT).await, Outcome::Rejected { status: status(550, (5, 1, 1)), detail });
}

#[tokio::test]
async fn before_mail_nothing_is_final() {
    for (verb, answer) in [("GREETING", "554 5.3.2 no service\r\n"), ("GREETING", "421 4.3.2 full\r\n")] {
        let peer = Plan::new(FULL).on(verb, Do::Say(answer)).start().await;
        assert!(matches!(deliver(&peer, TEXT).await, Outcome::Deferred { status: Some(_), .. }), "{answer}");
    }
    for what in [Do::Drop, Do::Silence, Do::Say("SSH-2.0-x\r\n"), Do::Say("250-a\r\n220 b\r\n"), Do::Say("220 a\n")] {
        let peer = Plan::new(FULL).on("GREETING", what).start().await;
        assert!(matches!(deliver(&peer, TEXT).await, Outcome::Deferred { status: None, .. }), "{what:?}");
    }
    let mut nobody = Plan::new(FULL).start().await;
    nobody.address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = deliver(&nobody, TEXT).await;
    assert!(outcome.detail().ends_with("connecting: connection refused"), "{outcome:?}");
}

#[tokio::test]
async fn a_loss_is_unsure_only_when_the_message_may_be_there() {
    let large = "0123456789abcde\r\n".repeat(1_000_000);
    for offer in [FULL, &["CHUNKING"], &["PIPELINING"], &[]] {
        for what in [Do::Drop, Do::Silence, Do::SayAndDrop("250 2.0"), Do::Say("ok\r\n"), Do::Say("354 on\r\n")] {
            let peer = Plan::new(offer).on("END", what).start().await;
            let outcome = deliver(&peer, TEXT).await;
            assert!(matches!(outcome, Outcome::Unsure { .. }), "{offer:?} {what:?}: {outcome:?}");
        }
        // In the middle of the message, which is longer than all buffers on the way.
        let offer: Vec<_> = offer.iter().copied().filter(|keyword| !keyword.starts_with("SIZE")).collect();
        for what in [Do::Drop, Do::Silence] {
            let peer = Plan::new(&offer).on("BODY", what).start().await;
            let outcome = deliver(&peer, &large).await;
            assert!(matches!(outcome, Outcome::Deferred { .. }), "{offer:?} {what:?}: {outcome:?}");
        }
    }
    // Before any of the message was sent.
    let peer = Plan::new(&["PIPELINING"]).on("RCPT", Do::Drop).start().await;
    assert!(matches!(deliver(&peer, TEXT).await, Outcome::Deferred { status: None, .. }));
}

#[tokio::test]
async fn a_refusal_in_the_middle_of_the_message_is_heard() {
    let large = "0123456789abcde\r\n".repeat(1_000_000);
    let peer = Plan::new(&["CHUNKING"]).on("BODY", Do::SayAndDrop("552 5.3.4 too large\r\n")).start().await;
    let outcome = deliver(&peer, &large).await;
    // The answer may be overtaken by the reset of the connection.
    assert!(
        matches!(outcome, Outcome::Rejected { status: Status { code: 552, .. }, .. } | Outcome::Deferred { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_connection_serves_again() {
    for offer in [FULL, &["PIPELINING"], &[]] {
        let peer = Plan::new(offer).on("RCPT", Do::Say("550 5.1.1 no\r\n")).start().await;
        let (relay, rule) = (relay(impatient()).await, rule(&peer, RelayTls::Clear));
        assert!(matches!(relay.deliver(&message(TEXT), &rule).await, Outcome::Rejected { .. }));
        for _ in 0..3 {
            assert!(matches!(relay.deliver(&message(TEXT), &rule).await, Outcome::Sent { .. }), "{offer:?}");
        }
        peer.seen(|seen| {
            assert_eq!(seen.connections, 1, "{offer:?}");
            let resets = seen.commands.iter().filter(|line| *line == "RSET").count();
            assert_eq!(resets, 1, "only after the refusal: {:?}", seen.commands);
            assert_eq!(
                seen.messages.iter().filter(|m| **m == message(TEXT).bytes).count(),
                if offer == FULL { 4 } else { 3 }
            );
        });
    }
}

#[tokio::test]
async fn a_flight_is_one_write() {
    let peer = Plan::new(FULL).start().await;
    let (relay, rule) = (relay(impatient()).await, rule(&peer, RelayTls::Clear));
    relay.deliver(&message(TEXT), &rule).await;
    let before = peer.seen(|seen| seen.reads);
    for _ in 0..10 {
        relay.deliver(&message(TEXT), &rule).await;
    }
    assert_eq!(peer.seen(|seen| (seen.connections, seen.reads - before)), (1, 10));
}

#[tokio::test]
async fn a_connection_that_died_unused_is_replaced_quietly() {
    for farewell in [Do::SayAndDrop("250 2.0.0 taken\r\n"), Do::SayAndDrop("250 2.0.0 taken\r\n421 4.4.2 bye\r\n")] {
        let peer = Plan::new(FULL).on("END", farewell).start().await;
        let (relay, rule) = (relay(impatient()).await, rule(&peer, RelayTls::Clear));
        assert!(matches!(relay.deliver(&message(TEXT), &rule).await, Outcome::Sent { .. }));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(matches!(relay.deliver(&message(TEXT), &rule).await, Outcome::Sent { .. }));
        assert_eq!(peer.seen(|seen| seen.connections), 2);
    }
    // It lived when it was looked at, and has enough of us when it is spoken to.
    for enough in [Do::SayAndDrop("421 4.4.2 bye\r\n"), Do::Say("450 4.7.0 too many in one session\r\n")] {
        let peer = Plan::new(&["PIPELINING"]).on("MAIL", Do::Say("250 2.1.0 ok\r\n")).on("MAIL", enough).start().await;
        let (relay, rule) = (relay(impatient()).await, rule(&peer, RelayTls::Clear));
        for _ in 0..2 {
            assert!(matches!(relay.deliver(&message(TEXT), &rule).await, Outcome::Sent { .. }), "{enough:?}");
        }
        assert_eq!(
            peer.seen(|seen| (seen.connections, seen.messages.iter().filter(|m| !m.is_empty()).count())),
            (2, 2)
        );
    }
}

#[tokio::test]
async fn a_connection_that_was_silent_for_long_is_tried_before_it_gets_a_message() {
    let peer = Plan::new(FULL).on("MAIL", Do::Say("250 2.1.0 ok\r\n")).on("MAIL", Do::Drop).start().await;
    let (relay, rule) = (relay(impatient()).await, rule(&peer, RelayTls::Clear));
    relay.deliver(&message(TEXT), &rule).await;
    tokio::time::sleep(Duration::from_millis(2100)).await;
    // The loss costs nothing: nobody can have the message.
    assert!(matches!(relay.deliver(&message(TEXT), &rule).await, Outcome::Sent { .. }));
    assert_eq!(peer.seen(|seen| (seen.connections, seen.messages.len())), (2, 2));
}

#[tokio::test]
async fn rset_may_be_refused() {
    for offer in [FULL, &["PIPELINING"], &[]] {
        let peer = Plan::new(offer)
            .on("RCPT", Do::Say("450 4.2.0 busy\r\n"))
            .on("RSET", Do::Say("502 5.5.1 no\r\n"))
            .start()
            .await;
        let (relay, rule) = (relay(impatient()).await, rule(&peer, RelayTls::Clear));
        assert!(matches!(relay.deliver(&message(TEXT), &rule).await, Outcome::Deferred { .. }));
        assert!(matches!(relay.deliver(&message(TEXT), &rule).await, Outcome::Sent { .. }), "{offer:?}");
        assert_eq!(peer.seen(|seen| seen.connections), 1);
    }
}

#[tokio::test]
async fn connections_are_limited_and_closed() {
    let peer = Plan::new(FULL).start().await;
    let mut settings = impatient();
    settings.limits.connections_per_target = 2;
    settings.limits.messages_per_connection = 3;
    let (relay, rule) = (relay(settings).await, rule(&peer, RelayTls::Clear));
    let all = (0..12).map(|_| {
        let (relay, rule) = (relay.clone(), rule.clone());
        tokio::spawn(async move { relay.deliver(&message(TEXT), &rule).await })
    });
    for one in all.collect::<Vec<_>>() {
        assert!(matches!(one.await.unwrap(), Outcome::Sent { .. }));
    }
    assert_eq!(peer.seen(|seen| seen.messages.len()), 12);
    assert!((4..=6).contains(&peer.seen(|seen| seen.connections)));
    relay.close();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let quits = peer.commands().iter().filter(|line| *line == "QUIT").count();
    assert_eq!(quits, peer.seen(|seen| seen.connections), "each connection is taken leave of");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// DATA carries any lines: what the server unstuffs is what was composed.
    #[test]
    fn any_lines_arrive(lines in proptest::collection::vec("[.]{0,3}[a-z.]{0,4}\r\n", 0..40)) {
        let text = lines.concat();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let peer = Plan::new(&["PIPELINING"]).start().await;
            let mut whole = message("");
            whole.bytes = text.into();
            let outcome = relay(impatient()).await.deliver(&whole, &rule(&peer, RelayTls::Clear)).await;
            assert!(matches!(outcome, Outcome::Sent { .. }));
            assert!(peer.seen(|seen| seen.messages == [whole.bytes]));
        });
    }
}
