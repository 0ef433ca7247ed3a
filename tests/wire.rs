//! Every conversation in `testdata/smtp/` over TCP and TLS, and random octets, against the real binary with a real
//! store.

mod support;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use brevbro::clock::{Clock, Ids};
use brevbro::domain::ids::AccountId;
use brevbro::domain::keys::Keys;
use brevbro::store::{self, Store};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use support::clients::connection;
use support::oracle::{Outcome, read};

use support::gateway::Gateway;
use support::transcript::Transcript;
use support::wire::Wire;
use support::world::world;

#[test]
fn every_transcript_over_tcp() {
    let gateway = world();
    let transcripts = Transcript::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/smtp"));
    let mut faults = Vec::new();
    for transcript in &transcripts {
        for cut in [usize::MAX, 11] {
            let mut wire = Wire::to(&gateway, cut);
            if let Err(fault) = transcript.play(&mut wire)
                && (!wire.handshake_failed || cut == usize::MAX)
            {
                faults.push(format!("in pieces of {cut}: {fault}\n    {}", transcript.why));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), transcripts.len(), faults.join("\n"));
}

/// Random connections end to end: what is answered, and in the end what is stored, is exactly what an independent
/// reading of RFC 5321 says.
#[test]
fn random_octets_are_stored_as_the_rfc_says() {
    let mut gateway = world();
    let cases: u32 = std::env::var("BREVBRO_ORACLE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let mut chance = TestRunner::deterministic();
    let mut expected = BTreeSet::new();
    for _ in 0..cases {
        let octets = connection().new_tree(&mut chance).unwrap().current();
        let outcome = read(&octets.0);
        assert_eq!(codes(&gateway, &octets.0), outcome.codes, "{octets:?}");
        let Outcome { stored, .. } = outcome;
        expected.extend(stored);
    }
    assert!(expected.len() > 50, "only {} messages were to be stored: the test says little", expected.len());
    gateway.stop();
    let stored = kept(&gateway);
    let text = |set: &BTreeSet<Vec<u8>>, other: &BTreeSet<Vec<u8>>| -> Vec<String> {
        set.difference(other).map(|message| message.escape_ascii().to_string()).collect()
    };
    assert_eq!(text(&expected, &stored), Vec::<String>::new(), "acknowledged and not stored");
    assert_eq!(text(&stored, &expected), Vec::<String>::new(), "stored and not acknowledged");
}

/// Sends everything at once, once it is greeted, and reads what is answered.
fn codes(gateway: &Gateway, octets: &[u8]) -> Vec<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.smtp_port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.peek(&mut [0]).unwrap();
    // A server that closes early resets: what it had answered until then counts.
    let _ = stream.write_all(octets).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    let said = String::from_utf8(said).unwrap();
    said.lines().filter(|line| line.as_bytes().get(3) != Some(&b'-')).map(|line| line[..3].parse().unwrap()).collect()
}

/// The octets of everything in the mailboxes.
#[tokio::main(flavor = "current_thread")]
async fn kept(gateway: &Gateway) -> BTreeSet<Vec<u8>> {
    let clock = Clock::system();
    let settings = store::Settings {
        url: format!("sqlite:{}", gateway.path("data/brevbro.sqlite")),
        blobs: gateway.path("data/blobs").into(),
        node: "reader.konto.example".to_owned(),
        inline_limit: 0,
    };
    let store = Store::open(settings, Keys::derive(&[7; 32]), clock.clone(), Ids::system(clock)).await.unwrap();
    let mut stored = BTreeSet::new();
    for account in ["anna".parse::<AccountId>().unwrap(), store::postmaster()] {
        let mut before = None;
        loop {
            let page = store.inbox(&account, before, 200).await.unwrap();
            for record in &page.items {
                stored.insert(store.raw(&account, record.id).await.unwrap().unwrap().to_vec());
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
    }
    stored
}
