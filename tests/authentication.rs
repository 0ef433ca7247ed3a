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
    let (rsa, ed25519) = (signer::rsa_record(), signer::ed25519_record());
    let mut text = format!(
        "r._domainkey.vero.example TXT {rsa}
         e._domainkey.vero.example TXT {ed25519}
         r._domainkey.a.example TXT {rsa}
         r._domainkey.b.example TXT {rsa}
         city.example TXT v=spf1 ip4:127.0.0.1 -all
         r._domainkey.tax.example TXT {rsa}
         tax.example TXT v=spf1 ip4:127.0.0.1 -all
         _mta-sts.kela.example TXT v=STSv1; id=20261123
         vero.example TXT v=spf1 -all
         r._domainkey.kela.example TXT {rsa}
         default._domainkey.kela.example TXT {rsa}
         kela.example MX 10 mx.kela.example
         r._domainkey.sub.kela.example TXT {rsa}
         r._domainkey.sub.strict.example TXT {rsa}
         r._domainkey.evil.example TXT {rsa}
         evil.example TXT v=spf1 ip4:127.0.0.1 -all
         _dmarc.evil.example TXT v=DMARC1; p=reject
         strict.example TXT v=spf1 -all
         _dmarc.strict.example TXT v=DMARC1; p=reject; adkim=s
         away.example TXT v=spf1 ip4:192.0.2.1 -all
         _dmarc.away.example TXT v=DMARC1; p=reject
         nodmarc.example TXT v=spf1 ip4:127.0.0.1 -all
         r._domainkey.office.bogus.example TXT {rsa}\n"
    );
    let pass = "kela.example both.example office.bogus.example office.insecure.example xn--rst-sna.example";
    for domain in pass.split(' ') {
        let _ = writeln!(text, "{domain} TXT v=spf1 ip4:127.0.0.1 -all");
        let _ = writeln!(text, "_dmarc.{domain} TXT v=DMARC1; p=reject");
    }
    text
}

struct World {
    gateway: Gateway,
    _dns: Dns,
    inboxes: [support::api::Api; 2],
    letters: u32,
}

impl World {
    fn new() -> Self {
        let dns = Dns::start(&records());
        let gateway = Gateway::start(Setup { over: dns.over(), ..Setup::default() });
        let mut offices = String::new();
        for (id, domain, trust) in OFFICES {
            let networks = if trust.contains("network") { "networks = [\"127.0.0.0/8\"]\n" } else { "" };
            let _ = write!(
                offices,
                "[[office]]\nid = \"{id}\"\nname = {{ sv = \"{id}\" }}\nlanguage = \"sv\"\nsenders = [\"{domain}\"]\n\
                 trust = [\"{trust}\"]\n{networks}tls = \"optional\"\nkind = \"message\"\n\n"
            );
        }
        for office in ["aa", "bb"] {
            let _ = write!(offices, "[[address]]\naddress = \"svc.{office}@konto.example\"\noffice = \"{office}\"\n\n");
        }
        let offices = file(gateway.folder(), "more.toml", offices.as_bytes());
        let applied = gateway.run(&["apply", offices.to_str().unwrap()]);
        assert!(applied.status.success(), "{}", said(&applied));
        let inboxes = ["anna", "carla"].map(|account| gateway.api(account));
        let world = Self { gateway, _dns: dns, inboxes, letters: 0 };
        // The offices are taken into use within a second.
        let end = Instant::now() + Duration::from_secs(20);
        while !world.raw("registry@kela.example", &[ANNA], "").starts_with("2") {
            assert!(Instant::now() < end, "the offices are not taken into use");
            std::thread::sleep(Duration::from_millis(100));
        }
        world
    }

    /// How a letter is answered that comes from another machine than the office's.
    fn sent_from_elsewhere(&self, from: &str, to: &str, letter: &str) -> String {
        let stream = connect_from(2, self.gateway.smtp_port).unwrap();
        Client::over(stream).unwrap().send(from, &[to], letter.as_bytes()).unwrap().text()
    }

    /// MAIL and RCPT, and where both are a yes and there is a letter, the letter: the last answer.
    fn raw(&self, from: &str, to: &[&str], letter: &str) -> String {
        let mut client = Client::connect(self.gateway.smtp_port).unwrap();
        let mut answer = client.command(&format!("MAIL FROM:<{from}> SMTPUTF8")).unwrap();
        for to in to {
            if answer.is_yes() {
                answer = client.command(&format!("RCPT TO:<{to}>")).unwrap();
            }
        }
        if answer.is_yes() && !letter.is_empty() {
            let go = client.command("DATA").unwrap();
            assert_eq!(go.code, 354, "{go:?}");
            answer = client.body(letter.as_bytes()).unwrap();
        }
        answer.text()
    }

    fn records(&self) -> usize {
        self.inboxes.iter().map(|inbox| inbox.inbox().len()).sum()
    }

    /// How a letter is answered, and how many records it makes.
    #[track_caller]
    fn expect(&self, from: &str, to: &[&str], letter: &str, answer: &str, records: usize) {
        let before = self.records();
        let said = self.raw(from, to, letter);
        assert!(said.starts_with(answer), "{answer} was expected, not {said}\n{letter}");
        assert_eq!(self.records() - before, records, "{said}");
    }

    /// A letter to Anna from this From field, like no other.
    fn letter(&mut self, from: &str) -> String {
        self.letters += 1;
        let date = brevbro::clock::Clock::system().now().strftime("%a, %d %b %Y %H:%M:%S +0000");
        format!(
            "From: {from}\r\nTo: <{ANNA}>\r\nSubject: Case {0}\r\nDate: {date}\r\nMessage-ID: <{0}@case.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello.\r\n",
            self.letters
        )
    }
}

const ANNA: &str = "anna.virtanen@konto.example";
const CARLA: &str = "carla.nyman@konto.example";

const NOT_SIGNED: &str = "550 5.7.20";
const NOT_ALIGNED: &str = "550 5.7.26";
const NOT_THE_OFFICE: &str = "550 5.7.1";
const LATER: &str = "451 4.4.3";

#[test]
fn proved_by_the_server_it_comes_from() {
    let mut world = World::new();
    let letter = world.letter("Kela <registry@kela.example>");
    world.expect("registry@kela.example", &[ANNA], &letter, "250", 1);
    // Vouched for at MAIL: RCPT tells the truth, of several too.
    let letter = world.letter("registry@kela.example");
    world.expect("registry@kela.example", &[ANNA, CARLA], &letter, "250", 2);
    world.expect("registry@kela.example", &["nobody@konto.example"], "", "550 5.1.1", 0);
    // With the network; and from the network alone.
    let letter = world.letter("registry@both.example");
    world.expect("registry@both.example", &[ANNA], &letter, "250", 1);
    let letter = world.letter("registry@away.example");
    world.expect("registry@away.example", &[ANNA], &letter, "550 5.7.23", 0);
    // Provably not signed by DNSSEC is no forgery.
    let letter = world.letter("registry@office.insecure.example");
    world.expect("registry@office.insecure.example", &[ANNA], &letter, "250", 1);
    // SPF alone is no DMARC.
    let letter = world.letter("registry@nodmarc.example");
    world.expect("registry@nodmarc.example", &[ANNA], &letter, NOT_ALIGNED, 0);
    // A name in the citizens' own letters, in either form.
    let letter = world.letter("registry@röst.example");
    world.expect("registry@röst.example", &[ANNA], &letter, "250", 1);
    let letter = world.letter("registry@xn--rst-sna.example");
    world.expect("registry@xn--rst-sna.example", &[ANNA], &letter, "250", 1);
}

#[test]
fn proved_by_its_signature() {
    let mut world = World::new();
    let from = "registry@vero.example";
    let well = Signing::default();

    let plain = world.letter(from);
    world.expect(from, &[ANNA], &plain, NOT_SIGNED, 0);
    let signed = signer::rsa(&plain, "vero.example", &well);
    world.expect(from, &[ANNA], &signed, "250", 1);
    // Once more: the first receipt; to somebody else: a replay.
    world.expect(from, &[ANNA], &signed, "250", 0);
    world.expect(from, &[CARLA], &signed, NOT_THE_OFFICE, 0);
    let letter = world.letter(from);
    world.expect(from, &[ANNA], &signer::ed25519(&letter, "vero.example", &well), "250", 1);

    // Only who is vouched for may ask about several.
    world.expect(from, &[ANNA, CARLA], "", "452 4.5.3", 0);

    // Changed on the way.
    let letter = world.letter(from);
    let signed = signer::rsa(&letter, "vero.example", &well);
    world.expect(from, &[ANNA], &signed.replace("Hello", "Hallo"), NOT_SIGNED, 0);
    world.expect(from, &[ANNA], &signed.replace("Subject: Case", "Subject: Cash"), NOT_SIGNED, 0);
    // Of somebody else, whose signature holds.
    world.expect(from, &[ANNA], &signer::rsa(&letter, "evil.example", &well), NOT_SIGNED, 0);
    // A part of the body; without From; expired; without the fields that are shown.
    let of = |signing: Signing| signer::rsa(&letter, "vero.example", &signing);
    world.expect(from, &[ANNA], &of(Signing { length: true, ..well.clone() }), NOT_SIGNED, 0);
    let appended = of(Signing { length: true, ..well.clone() }) + "And pay at evil.example.\r\n";
    world.expect(from, &[ANNA], &appended, NOT_SIGNED, 0);
    let fields = Some(signer::FIELDS[1..].to_vec());
    world.expect(from, &[ANNA], &of(Signing { fields, ..well.clone() }), NOT_SIGNED, 0);
    let expired = of(Signing { lasts: Some(Duration::from_secs(1)), ..well.clone() });
    std::thread::sleep(Duration::from_millis(2_100));
    world.expect(from, &[ANNA], &expired, NOT_SIGNED, 0);
    let fields = Some(vec!["From", "To", "Date"]);
    world.expect(from, &[ANNA], &of(Signing { fields, ..well.clone() }), NOT_THE_OFFICE, 0);
    // Fields put on top of a message whose signature goes on holding.
    for more in ["Subject: Pay\r\n", "To: <carla.nyman@konto.example>\r\n", "Content-Type: text/html\r\n"] {
        world.expect(from, &[CARLA], &format!("{more}{signed}"), NOT_THE_OFFICE, 0);
    }

    // DMARC by a signature of a domain below, where the office's policy lets it; from another server.
    let letter = world.letter("registry@kela.example");
    let below = signer::rsa(&letter, "sub.kela.example", &well);
    world.expect("registry@kela.example", &[ANNA], &below, "250", 1);
    let letter = world.letter("registry@strict.example");
    let below = signer::rsa(&letter, "sub.strict.example", &well);
    world.expect("registry@strict.example", &[ANNA], &below, NOT_ALIGNED, 0);
}

#[test]
fn trouble_with_dns_is_no_answer() {
    let mut world = World::new();
    for domain in ["office.bogus.example", "office.servfail.example", "office.silent.example"] {
        let from = format!("registry@{domain}");
        let plain = world.letter(&from);
        let signed = signer::rsa(&plain, domain, &Signing::default());
        world.expect(&from, &[ANNA], &signed, LATER, 0);
    }
    // A no that does not depend on DNS stays a no.
    let from = "registry@office.silent.example";
    let plain = world.letter(from);
    world.expect(from, &[ANNA], &plain, NOT_SIGNED, 0);
    // And nobody else waits for it.
    let letter = world.letter("registry@hel.example");
    let at = Instant::now();
    world.expect("registry@hel.example", &[ANNA], &letter, "250", 1);
    assert!(at.elapsed() < Duration::from_secs(5), "{:?}", at.elapsed());
}

#[test]
fn from_is_what_was_proved() {
    let mut world = World::new();
    for from in [
        // Somebody else, of a domain that may itself be well proved; look-alikes, in either form.
        "registry@evil.example",
        "registry@kela.example.evil.example",
        "Kela <registry@xn--kla-8ma.example>",
        "Kela <registry@кela.example>",
        "\"registry@kela.example\" <registry@evil.example>",
        "=?utf-8?Q?registry=40kela=2Eexample?= <registry@evil.example>",
        "=?utf-8?Q?<registry=40kela.example>?=",
        // A name below, which is not there, and which the office does not name.
        "registry@nosuch.kela.example",
        // Nobody, or several.
        "undisclosed:;",
        "registry@kela.example, other@kela.example",
        "registry@kela.example, registry@evil.example",
        "Office: registry@kela.example, registry@evil.example;",
        "registry@kela.example\r\nFrom: registry@evil.example",
        "registry@evil.example\r\nFrom: registry@kela.example",
        "registry@kela.example\r\nFrom: registry@kela.example",
        "registry@kela.example@evil.example",
        "registry",
    ] {
        let letter = world.letter(from);
        world.expect("registry@kela.example", &[ANNA], &letter, NOT_THE_OFFICE, 0);
    }
    // And none at all.
    let letter = world.letter("registry@kela.example");
    world.expect("registry@kela.example", &[ANNA], &letter[letter.find("To:").unwrap()..], NOT_THE_OFFICE, 0);
    // From a name below, which is nobody's sender: a stranger.
    world.expect("registry@nosuch.kela.example", &[ANNA], "", "550", 0);
}

#[test]
fn a_signature_alone_proves_only_what_it_covers() {
    let mut world = World::new();
    let from = "registry@vero.example";
    let letter = world.letter(from);
    let signed = signer::rsa(&letter, "vero.example", &Signing::default());
    for more in [
        "Content-Disposition: attachment; filename=x.bin\r\n",
        "References: <of.another@thread.example>\r\n",
        "In-Reply-To: <of.another@thread.example>\r\n",
        "Content-Language: xx\r\n",
    ] {
        world.expect(from, &[ANNA], &format!("{more}{signed}"), NOT_THE_OFFICE, 0);
    }
    // What machines say of themselves can be added by anybody: it changes nothing.
    let marked = format!("Auto-Submitted: auto-replied\r\nList-Id: <x.example>\r\n{signed}");
    world.expect(from, &[ANNA], &marked, "250", 1);
    let inbox = world.inboxes[0].inbox();
    let record = world.inboxes[0].get(&format!("messages/{}", inbox[0]["id"].as_str().unwrap())).json();
    assert_eq!(record["text"], "Hello.");
}

#[test]
fn a_letter_is_known_again_by_any_of_its_signatures() {
    let mut world = World::new();
    let from = "registry@vero.example";
    let letter = world.letter(from);
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
    let said = world.sent_from_elsewhere(from, ANNA, &format!("Received: by evil.example; now\r\n{signed}"));
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

#[test]
fn the_trace_of_a_stranger_says_what_was_asked() {
    let world = World::new();
    let refused = world.raw("somebody@evil.example", &[ANNA], "");
    assert!(refused.starts_with(NOT_THE_OFFICE), "{refused}");
    let (_, reference) = refused.rsplit_once(' ').unwrap();
    world.asks(&["trace", reference], true, &["hel-social", "from its network, but MAIL FROM is no sender of it"]);
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
    says("notes", "vero", "no MTA-STS policy");
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
