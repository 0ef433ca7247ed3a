//! What TLS must prove, and that nothing is said without it.

use brevbro::domain::office::{RelayRule, RelayTls, RelayTo};
use brevbro::domain::outcome::Outcome;
use brevbro::relay::Relay;

use crate::peer::{Do, Peer, Plan};
use crate::world::{Authority, HOST, impatient, message, relay, rule};

const OFFER: &[&str] = &["PIPELINING", "CHUNKING"];

async fn deliver(authority: &Authority, peer: &Peer, tls: RelayTls) -> Outcome {
    relay(authority.settings()).await.deliver(&message("x\r\n"), &rule(peer, tls)).await
}

/// Deferred, with these words, and the peer was told nothing of the message.
fn assert_withheld(peer: &Peer, outcome: &Outcome, words: &str) {
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    assert!(outcome.detail().contains(words), "{outcome:?}");
    assert!(!peer.verbs().contains("MAIL"), "{:?}", peer.commands());
}

#[tokio::test]
async fn the_message_goes_under_tls() {
    let authority = Authority::new();
    let peer = Plan::new(OFFER).starttls(authority.acceptor(HOST)).start().await;
    assert!(matches!(deliver(&authority, &peer, RelayTls::Verified).await, Outcome::Sent { .. }));
    assert_eq!(peer.verbs(), "EHLO STARTTLS EHLO MAIL RCPT BDAT");

    let peer = Plan::new(OFFER).implicit(authority.acceptor(HOST)).start().await;
    let RelayTo::Host { host, port, .. } = rule(&peer, RelayTls::Verified).to else { unreachable!() };
    let rule = RelayRule { to: RelayTo::Host { host, port, implicit_tls: true }, tls: RelayTls::Verified };
    let outcome = relay(authority.settings()).await.deliver(&message("x\r\n"), &rule).await;
    assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
    assert_eq!(peer.verbs(), "EHLO MAIL RCPT BDAT");
}

#[tokio::test]
async fn a_large_message_goes_under_tls() {
    let authority = Authority::new();
    let large = message(&"0123456789\r\n.\r\n".repeat(200_000));
    for offer in [&["PIPELINING", "CHUNKING"][..], &["PIPELINING"]] {
        let peer = Plan::new(offer).starttls(authority.acceptor(HOST)).start().await;
        let outcome = patient(&authority).await.deliver(&large, &rule(&peer, RelayTls::Verified)).await;
        assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
        assert!(outcome.detail().contains(" over TLSv1"), "{outcome:?}");
        assert!(peer.seen(|seen| seen.messages == [large.bytes.clone()]));
    }
}

/// Debug builds encrypt slowly.
async fn patient(authority: &Authority) -> Relay {
    let mut settings = authority.settings();
    settings.timeouts.block = std::time::Duration::from_secs(10);
    settings.timeouts.message = std::time::Duration::from_secs(10);
    relay(settings).await
}

#[tokio::test]
async fn a_certificate_must_be_for_the_host_and_from_whom_we_trust() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    for (acceptor, words) in
        [(ours.acceptor("other.test"), "not valid for name"), (theirs.acceptor(HOST), "invalid peer certificate")]
    {
        let peer = Plan::new(OFFER).starttls(acceptor.clone()).start().await;
        assert_withheld(&peer, &deliver(&ours, &peer, RelayTls::Verified).await, words);
        let peer = Plan::new(OFFER).starttls(acceptor).start().await;
        assert!(matches!(deliver(&ours, &peer, RelayTls::Unverified).await, Outcome::Sent { .. }));
    }
    // The system's authorities know neither.
    let peer = Plan::new(OFFER).starttls(ours.acceptor(HOST)).start().await;
    let outcome = relay(impatient()).await.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Verified)).await;
    assert_withheld(&peer, &outcome, "invalid peer certificate");
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let authority = Authority::new();
    for tls in [RelayTls::Verified, RelayTls::Unverified] {
        let peer = Plan::new(OFFER).start().await;
        assert_withheld(&peer, &deliver(&authority, &peer, tls).await, "STARTTLS is not offered");
        for answer in ["454 4.7.0 not now\r\n", "502 5.5.1 no\r\n", "250 2.0.0 fine\r\n", "fine\r\n"] {
            let peer =
                Plan::new(OFFER).starttls(authority.acceptor(HOST)).on("STARTTLS", Do::Say(answer)).start().await;
            assert_withheld(&peer, &deliver(&authority, &peer, tls).await, "STARTTLS");
        }
        let peer = Plan::new(OFFER).starttls(authority.acceptor(HOST)).on("STARTTLS", Do::Silence).start().await;
        assert_withheld(&peer, &deliver(&authority, &peer, tls).await, "no answer in time");
    }
}

#[tokio::test]
async fn what_follows_the_220_in_clear_is_an_attack() {
    let authority = Authority::new();
    for tail in ["250-evil.test\r\n250 AUTH PLAIN\r\n", "2", "\r\n"] {
        let peer = Plan::new(OFFER).starttls(authority.acceptor(HOST)).on("TAIL", Do::Say(tail)).start().await;
        let outcome = deliver(&authority, &peer, RelayTls::Verified).await;
        assert_withheld(&peer, &outcome, "octets in clear after the answer to STARTTLS");
        assert_eq!(peer.seen(|seen| seen.connections), 1);
    }
}

#[tokio::test]
async fn what_is_offered_in_clear_does_not_count_under_tls() {
    let authority = Authority::new();
    let clear = "250-mx.test\r\n250-SIZE 10\r\n250-CHUNKING\r\n250 STARTTLS\r\n";
    let peer = Plan::new(&[]).starttls(authority.acceptor(HOST)).on("EHLO", Do::Say(clear)).start().await;
    assert!(matches!(deliver(&authority, &peer, RelayTls::Verified).await, Outcome::Sent { .. }));
    assert_eq!(peer.verbs(), "EHLO STARTTLS EHLO MAIL RCPT DATA");
}

#[tokio::test]
async fn rules_that_cannot_be_checked_are_not_weakened() {
    let authority = Authority::new();
    for (tls, word) in [(RelayTls::MtaSts, "MTA-STS"), (RelayTls::Dane, "DANE")] {
        let peer = Plan::new(OFFER).starttls(authority.acceptor(HOST)).start().await;
        assert_withheld(&peer, &deliver(&authority, &peer, tls).await, word);
        assert_eq!(peer.seen(|seen| seen.connections), 0);
    }
}

#[tokio::test]
async fn sessions_are_resumed() {
    let authority = Authority::new();
    let peer = Plan::new(OFFER).starttls(authority.acceptor(HOST)).start().await;
    let mut settings = authority.settings();
    settings.limits.messages_per_connection = 1;
    let relay = relay(settings).await;
    for _ in 0..3 {
        let outcome = relay.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Verified)).await;
        assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
    }
    assert_eq!(peer.seen(|seen| (seen.connections, seen.resumed)), (3, 2));
    // What was begun without a check is not a connection, or a session, of one with it.
    relay.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Unverified)).await;
    assert_eq!(peer.seen(|seen| (seen.connections, seen.resumed)), (4, 2));
}

#[tokio::test]
async fn a_host_that_asks_is_shown_our_certificate() {
    let authority = Authority::new();
    let peer = Plan::new(OFFER).starttls(authority.asking_acceptor(HOST)).start().await;
    let mut settings = authority.settings();
    let outcome = relay(settings.clone()).await.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Verified)).await;
    assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
    settings.client_identity = Some(authority.client("gateway.konto.example"));
    let outcome = relay(settings).await.deliver(&message("x\r\n"), &rule(&peer, RelayTls::Verified)).await;
    assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
    assert_eq!(peer.seen(|seen| seen.client_certificates), 1);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_told() {
    let mut settings = impatient();
    settings.ca_file = Some("/nonexistent/ca.pem".into());
    let resolver = crate::dns::resolver(Vec::new()).await;
    let ids = brevbro::clock::Ids::system(brevbro::clock::Clock::system());
    let Err(fault) = Relay::new(settings, resolver, ids) else { panic!() };
    assert!(fault.to_string().starts_with("/nonexistent/ca.pem: "), "{fault}");
}
