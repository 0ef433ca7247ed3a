//! Whose word is taken, end to end: the real binary, a DNS server of the test's own, and letters that are signed,
//! forged and replayed. Each case ends with the number of records that it made.

mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use support::client::Client;
use support::dns::Dns;
use support::gateway::{Gateway, Setup, file, said};
use support::origin::connect_from;
use support::signer::{self, Signing};

/// By what each office is proved.
const OFFICES: [(&str, &str, &str); 14] = [
    ("kela", "kela.example", "dmarc"),
    ("vero", "vero.example", "dkim:vero.example"),
    ("both", "both.example", "network+dmarc"),
    ("away", "away.example", "network+dmarc"),
    ("strict", "strict.example", "dmarc"),
    ("silentrecord", "nodmarc.example", "dmarc"),
    ("bogus", "office.bogus.example", "dmarc"),
    ("servfail", "office.servfail.example", "dmarc"),
    ("silent", "office.silent.example", "dkim:office.silent.example"),
    ("insecure", "office.insecure.example", "dmarc"),
    ("idn", "xn--rst-sna.example", "dmarc"),
    ("aa", "city.example", "dkim:a.example"),
    ("bb", "city.example", "dkim:b.example"),
    ("tax", "tax.example", "dkim:tax.example"),
];

fn records() -> String {
    let rsa = signer::rsa(&letter, "vero.example", &Signing::default());
    let ed25519 = signer::ed25519(&letter, "vero.example", &Signing::default());
    let both = format!("{}{ed25519}", rsa.strip_suffix(&*letter).unwrap());
    world.expect(from, &[ANNA], &both, "250", 1);
    world.expect(from, &[ANNA], &ed25519, "250", 0);
    world.expect(from, &[ANNA], &rsa, "250", 0);

    // From the office's own server first, and sent on by somebody.
    let from = "registry@tax.example";
    let signed = signer::rsa(&world.letter(from), "tax.example", &Signing::default());
    world.expect(from, &[ANNA], &signed, "250", 1);
    let said = world.from_elsewhere(from, ANNA, &format!("Received: by evil.example; now\r\n{signed}"));
    assert!(said.starts_with("250 2.0.0 Kept before"), "{said}");
    assert_eq!(world.inboxes[0].inbox().len(), 2);
}

#[test]
fn offices_that_share_a_domain_are_told_apart_by_the_proof() {
    let mut world = World::new();
    let from = "registry@city.example";
    let anna_of = |office: &str| format!("svc.{office}+anna.virtanen@konto.example");
    for (signer, office, answer, records) in
        [("b.example", "aa", "550 5.1.1", 0), ("b.example", "bb", "250", 1), ("a.example", "aa", "250", 1)]
    {
        let letter = world.letter(from);
        let signed = signer::rsa(&letter, signer, &Signing::default());
        world.expect(from, &[&anna_of(office)], &signed, answer, records);
    }
    // Nobody is told who has a mailbox before it is known who asks.
    world.expect(from, &["nobody@konto.example"], "", "250", 0);
}

#[test]
fn the_postmaster_hears_everybody() {
    let mut world = World::new();
    let postmaster = "postmaster@konto.example";
    let letter = world.letter("registry@vero.example");
    world.expect("registry@vero.example", &[postmaster], &letter, "250", 0);
    let letter = world.letter("somebody@evil.example");
    world.expect("registry@kela.example", &[postmaster], &letter, "250", 0);
    world.expect("registry@hel.example", &[postmaster], &letter, "250", 0);
    world.expect("registry@hel.example", &[postmaster, ANNA], &letter, NOT_THE_OFFICE, 0);
    assert_eq!(world.gateway.api("postmaster").inbox().len(), 3);
}

impl World {
    /// A command's output, and whether it ended well.
    fn ask(&self, words: &[&str]) -> (bool, String) {
        let ran = self.gateway.run(words);
        (ran.status.success(), said(&ran))
    }

    #[track_caller]
    fn asks(&self, words: &[&str], well: bool, expected: &[&str]) {
        let (ended_well, said) = self.ask(words);
        assert_eq!(ended_well, well, "{said}");
        for expected in expected {
            assert!(said.contains(expected), "{expected:?} is not in:\n{said}");
        }
    }
}

#[test]
fn route_test_asks_dns_and_reads_a_message() {
    let mut world = World::new();
    let test = ["route", "test", "--to", ANNA, "--from"];
    let of = |more: &[&'static str]| [&test[..], more].concat();
    let passes = ["yes    kela: spf (spf=pass of MAIL FROM", "RCPT TO: ", "250"];
    world.asks(&of(&["registry@kela.example"]), true, &passes);
    let fails = ["no     vero: spf (spf=fail", "decided after the body"];
    world.asks(&of(&["registry@vero.example"]), true, &fails);
    world.asks(&of(&["x@office.bogus.example"]), true, &["later  bogus: spf (spf=temperror", "DNSSEC"]);

    let plain = world.letter("registry@vero.example");
    let signed = signer::rsa(&plain, "vero.example", &Signing::default());
    let path = file(world.gateway.folder(), "signed.eml", signed.as_bytes());
    let mut words = of(&["registry@vero.example", "--message"]);
    words.push(path.to_str().unwrap());
    let holds =
        ["yes    vero: dkim:vero.example (dkim=pass selector r", "DATA: ", "dkim=pass", "header.d=vero.example"];
    world.asks(&words, true, &holds);
    let forged = file(world.gateway.folder(), "signed.eml", signed.replace("Hello", "Hallo").as_bytes());
    assert_eq!(forged, path);
    world.asks(&words, false, &["550 5.7.20", "the body is not the one that was signed"]);
    // As a file of this system, with its line ends.
    file(world.gateway.folder(), "signed.eml", signed.replace("\r\n", "\n").as_bytes());
    world.asks(&words, true, &holds);
    words.push("--json");
    let (_, json) = world.ask(&words);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["message"]["accepted"], true, "{json}");
}

#[test]
fn check_online_says_what_to_mend() {
    let world = World::new();
    let (well, said) = world.ask(&["check", "--online", "--running", "--json"]);
    assert!(!well, "{said}");
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    let says = |list: &str, office: &str, words: &str| {
        let entries = found[list].as_array().unwrap().iter().map(ToString::to_string);
        let mut entries = entries.filter(|entry| entry.contains(&format!("office {office}\"")));
        assert!(entries.any(|entry| entry.contains(words)), "{list} of {office} do not say {words:?}:\n{found:#}");
    };
    says("faults", "silentrecord", "no DMARC record");
    says("faults", "bogus", "forged, by DNSSEC");
    says("faults", "servfail", "its server failed");
    says("notes", "hel-social", "no SPF record");
    says("notes", "insecure", "no DKIM key was found. That does not mean that there is none");
    assert!(!said.contains("\"office kela\""), "{said}");
}

/// A server that says of every name, the root's too, that there is none; or nothing at all.
fn useless(speaks: bool) -> std::net::SocketAddr {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut datagram = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut datagram) {
            if speaks && length > 3 {
                // QR and RA, NXDOMAIN; the question as it came.
                (datagram[2], datagram[3]) = (datagram[2] | 0x80, 0x83);
                let _ = socket.send_to(&datagram[..length], from);
            }
        }
    });
    address
}

/// Of an office that its network proves, nothing depends on DNS: no letter waits for it.
#[test]
fn evidence_is_not_waited_for() {
    for speaks in [false, true] {
        let over = vec![("RESOLVER__NAMESERVERS", format!("['{}']", useless(speaks)))];
        let gateway = Gateway::start(Setup { over, ..Setup::default() });
        // Until it has been noticed what kind of server that is.
        std::thread::sleep(Duration::from_millis(500));
        let mut slowest = Duration::ZERO;
        for number in 0..20 {
            let from = format!("registry{number}@hel.example");
            let letter = format!("From: {from}\r\nMessage-ID: <{number}@hel.example>\r\n\r\nHello.\r\n");
            let at = Instant::now();
            let mut client = Client::connect(gateway.smtp_port).unwrap();
            let answer = client.send(&from, &[ANNA], letter.as_bytes()).unwrap();
            assert!(answer.is_yes(), "{answer:?}");
            slowest = slowest.max(at.elapsed());
        }
        assert!(slowest < Duration::from_millis(900), "speaks {speaks}: {slowest:?}");
    }
}
