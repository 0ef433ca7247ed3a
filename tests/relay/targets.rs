//! Which hosts are tried, and in which order.

use std::net::Ipv4Addr;

use brevbro::domain::address::{Domain, Mailbox};
use brevbro::domain::office::{RelayRule, RelayTls, RelayTo};
use brevbro::domain::outcome::Outcome;
use brevbro::domain::status::Status;

use crate::dns::Fact::{self, Address, Failure, Mx, Nothing};
use crate::peer::{Do, Peer, Plan};
use crate::world::{impatient, message, relay_knowing, rule};

const HERE: Fact = Address(Ipv4Addr::LOCALHOST);
/// Loopback, and nobody listens there on the peer's port.
const NOWHERE: Fact = Address(Ipv4Addr::new(127, 0, 0, 99));

async fn by_mx(peer: &Peer, facts: Vec<(&'static str, Fact)>) -> Outcome {
    let mut settings = impatient();
    settings.mx_port = peer.address.port();
    let rule = RelayRule { to: RelayTo::Mx, tls: RelayTls::Clear };
    relay_knowing(settings, facts).await.deliver(&message("x\r\n"), &rule).await
}

fn rejected(outcome: &Outcome) -> Option<(u16, (u8, u8, u8))> {
    match outcome {
        Outcome::Rejected { status: Status { code, enhanced }, .. } => Some((*code, *enhanced)),
        _ => None,
    }
}

#[tokio::test]
async fn mx_hosts_by_preference() {
    let peer = Plan::new(&[]).start().await;
    let facts = vec![
        ("hel.example", Mx(20, "second.test")),
        ("hel.example", Mx(10, "first.test")),
        ("first.test", NOWHERE),
        ("second.test", HERE),
    ];
    let outcome = by_mx(&peer, facts).await;
    assert!(
        matches!(&outcome, Outcome::Sent { detail } if detail.starts_with("second.test [127.0.0.1]:")),
        "{outcome:?}"
    );

    let facts = vec![("hel.example", Mx(10, "a.test")), ("hel.example", Mx(20, "b.test")), ("a.test", HERE)];
    let outcome = by_mx(&peer, facts).await;
    assert!(matches!(&outcome, Outcome::Sent { detail } if detail.starts_with("a.test")), "{outcome:?}");
}

#[tokio::test]
async fn the_first_that_decides() {
    for (answer, messages) in [("550 5.1.1 no\r\n", 0), ("450 4.2.0 busy\r\n", 1)] {
        let peer = Plan::new(&[]).on("RCPT", Do::Say(answer)).start().await;
        let facts = vec![
            ("hel.example", Mx(10, "a.test")),
            ("hel.example", Mx(20, "b.test")),
            ("a.test", HERE),
            ("b.test", HERE),
        ];
        let outcome = by_mx(&peer, facts).await;
        assert_eq!(matches!(outcome, Outcome::Sent { .. }), messages == 1, "{outcome:?}");
        assert_eq!(peer.seen(|seen| seen.messages.len()), messages);
    }
    // After a loss at the end nobody else is tried.
    let peer = Plan::new(&[]).on("END", Do::Drop).start().await;
    let facts =
        vec![("hel.example", Mx(10, "a.test")), ("hel.example", Mx(20, "b.test")), ("a.test", HERE), ("b.test", HERE)];
    assert!(matches!(by_mx(&peer, facts).await, Outcome::Unsure { .. }));
    assert_eq!(peer.seen(|seen| seen.connections), 1);
    // Nobody decides: everybody's words are kept.
    let peer = Plan::new(&[]).on("RCPT", Do::Say("450 4.2.0 busy\r\n")).start().await;
    let facts = vec![
        ("hel.example", Mx(10, "a.test")),
        ("hel.example", Mx(20, "b.test")),
        ("a.test", HERE),
        ("b.test", NOWHERE),
    ];
    let Outcome::Deferred { status: Some(status), detail } = by_mx(&peer, facts).await else { panic!() };
    assert_eq!(status.code, 450);
    assert!(detail.contains("busy") && detail.contains("; b.test [127.0.0.99]"), "{detail}");
}

#[tokio::test]
async fn domains_without_mail() {
    let peer = Plan::new(&[]).start().await;
    let null = vec![("hel.example", Mx(0, "")), ("hel.example", HERE)];
    assert_eq!(rejected(&by_mx(&peer, null).await), Some((556, (5, 1, 10))));
    assert_eq!(rejected(&by_mx(&peer, vec![]).await), Some((550, (5, 1, 2))));
    assert_eq!(rejected(&by_mx(&peer, vec![("hel.example", Nothing)]).await), Some((550, (5, 4, 4))));
    let ours =
        vec![("hel.example", Mx(10, "gateway.konto.example")), ("hel.example", Mx(10, "b.test")), ("b.test", HERE)];
    assert_eq!(rejected(&by_mx(&peer, ours).await), Some((554, (5, 4, 6))));
    assert_eq!(peer.seen(|seen| seen.connections), 0);
}

#[tokio::test]
async fn what_dns_cannot_say_is_asked_again() {
    let peer = Plan::new(&[]).start().await;
    for facts in [vec![("hel.example", Failure)], vec![("hel.example", Mx(10, "a.test"))]] {
        let outcome = by_mx(&peer, facts).await;
        assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    }
    // A smarthost that is not there is for the admin to put right.
    let outcome =
        relay_knowing(impatient(), vec![]).await.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Clear)).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
}

#[tokio::test]
async fn without_mx_the_domain_itself() {
    let peer = Plan::new(&[]).start().await;
    let outcome = by_mx(&peer, vec![("hel.example", HERE)]).await;
    assert!(matches!(&outcome, Outcome::Sent { detail } if detail.starts_with("hel.example [")), "{outcome:?}");
}

#[tokio::test]
async fn an_address_literal_needs_no_dns() {
    let peer = Plan::new(&[]).start().await;
    let mut settings = impatient();
    settings.mx_port = peer.address.port();
    let relay = relay_knowing(settings, vec![]).await;
    let mut literal = message("x\r\n");
    literal.to = Mailbox::parse("registrator@[127.0.0.1]").unwrap();
    let outcome = relay.deliver(&literal, &RelayRule { to: RelayTo::Mx, tls: RelayTls::Clear }).await;
    assert!(matches!(&outcome, Outcome::Sent { detail } if detail.starts_with("[127.0.0.1]:")), "{outcome:?}");
    // As configurations write it.
    let host = Domain::parse("127.0.0.1").unwrap();
    let to = RelayTo::Host { host, port: peer.address.port(), implicit_tls: false };
    let outcome = relay.deliver(&message("x\r\n"), &RelayRule { to, tls: RelayTls::Clear }).await;
    assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn clear_text_leaves_the_machine_never() {
    let peer = Plan::new(&[]).start().await;
    let facts = vec![("hel.example", Address(Ipv4Addr::new(192, 0, 2, 1)))];
    let outcome = by_mx(&peer, facts).await;
    assert!(outcome.detail().contains("loopback"), "{outcome:?}");
    assert!(matches!(outcome, Outcome::Deferred { .. }));
}

#[tokio::test]
async fn those_who_wait_for_a_host_that_is_down_do_not_each_try_it() {
    let mut peer = Plan::new(&[]).start().await;
    let listening = peer.address;
    peer.address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay = relay_knowing(impatient(), vec![(crate::world::HOST, HERE)]).await;
    let refused = relay.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Clear)).await;
    // Somebody listens there now, and is not asked yet.
    let listener = std::net::TcpListener::bind(peer.address).unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(relay.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Clear)).await, refused);
    assert!(listener.accept().is_err());
    // Another host is no worse for it.
    peer.address = listening;
    let outcome = relay.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Clear)).await;
    assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
}
