//! Who has an account is told to proven offices alone: for everybody else codes, words and time are the same, whatever
//! the address.

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use support::client::Client;
use support::dns::Dns;
use support::gateway::{Gateway, Setup, file, said};

/// What an address may be, one of each.
const ADDRESSES: [(&str, &str); 12] = [
    ("active", "anna.virtanen@konto.example"),
    ("active, tagged", "Anna.Virtanen+beslut@konto.example"),
    ("waiting", "berit.nyman@konto.example"),
    ("closed", "carl.lindqvist@konto.example"),
    ("unknown", "nobody.nowhere@konto.example"),
    ("opaque, mistyped", "k7m2-xq4d-9tfb@konto.example"),
    ("code", "131052-308T@hetu.konto.example"),
    ("code of nobody", "120464-126J@hetu.konto.example"),
    ("code, mistyped", "131052-308U@hetu.konto.example"),
    ("service address", "begaran.social+anna.virtanen@konto.example"),
    ("conversation, made up", "re-0123456789abcdefghjkmnpqrstvwxyz0123456789@konto.example"),
    ("return path, made up", "b-0123456789abcdefghjkmnpqrstvwxyz0123456789ab@konto.example"),
];

/// With an office that only its messages can prove, and a service address.
fn gateway() -> (Gateway, Dns) {
    let dns = Dns::start("esp.example TXT v=spf1 -all\n_dmarc.esp.example TXT v=DMARC1; p=reject\n");
    let mut over = dns.over();
    over.extend(["LIMITS__JUNK_COMMANDS", "LIMITS__COMMANDS"].map(|key| (key, "1000000".to_owned())));
    let gateway = Gateway::start(Setup { over, ..Setup::default() });
    let more = r#"
        [[office]]
        id = "esp"
        name = { en = "Espoo" }
        language = "en"
        senders = ["esp.example"]
        trust = ["dmarc"]
        tls = "optional"
        replies = "off"

        [[address]]
        address = "begaran.social@konto.example"
        office = "hel-social"
    "#;
    let more = file(gateway.folder(), "more.toml", more.as_bytes());
    let applied = gateway.run(&["apply", more.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", said(&applied));
    std::thread::sleep(Duration::from_millis(1500));
    (gateway, dns)
}

/// That every address gets one and the same.
#[track_caller]
fn all_the_same(answers: &BTreeMap<&str, Vec<String>>) {
    let (first, expected) = answers.iter().next().unwrap();
    for (kind, answer) in answers {
        assert_eq!(answer, expected, "{kind} is told from {first}");
    }
}

#[test]
fn a_stranger_is_told_one_thing() {
    let (gateway, _dns) = gateway();
    let mut answers = BTreeMap::new();
    for (kind, address) in ADDRESSES {
        let mut client = Client::connect(gateway.smtp_port).unwrap();
        let local = address.split('@').next().unwrap();
        let lines = [
            format!("VRFY {address}"),
            format!("VRFY {local}"),
            format!("EXPN {local}"),
            format!("HELP {local}"),
            "MAIL FROM:<someone@elsewhere.example>".to_owned(),
            format!("RCPT TO:<{address}>"),
            format!("RCPT TO:<{address}> NOTIFY=NEVER"),
            format!("RCPT TO:<@hop.example:{address}>"),
            "DATA".to_owned(),
            "RSET".to_owned(),
            "MAIL FROM:<>".to_owned(),
            format!("RCPT TO:<{address}>"),
            "BDAT 0 LAST".to_owned(),
        ];
        let told: Vec<String> = lines.iter().map(|line| client.command(line).unwrap().words()).collect();
        assert!(told[5].starts_with("550 5.7.1 ") && told[11].starts_with("550 5.7.1 "), "{told:?}");
        answers.insert(kind, told);
    }
    all_the_same(&answers);
}

/// Whoever merely says to be of an office has every recipient taken, one at a time, and hears after the body that the
/// message proves nothing, whoever it was for.
#[test]
fn a_claim_that_nobody_vouches_for_is_told_one_thing() {
    let (gateway, _dns) = gateway();
    let mut answers = BTreeMap::new();
    for (kind, address) in ADDRESSES {
        let mut client = Client::connect(gateway.smtp_port).unwrap();
        let mut told: Vec<String> = [
            "MAIL FROM:<clerk@esp.example>".to_owned(),
            format!("RCPT TO:<{address}>"),
            "RCPT TO:<anna.virtanen@konto.example>".to_owned(),
            "DATA".to_owned(),
        ]
        .iter()
        .map(|line| client.command(line).unwrap().words())
        .collect();
        assert!(told[1].starts_with("250 ") && told[2].starts_with("452 4.5.3 "), "{kind}: {told:?}");
        let letter = b"From: clerk@esp.example\r\nSubject: x\r\nMessage-ID: <1@esp.example>\r\n\r\nx\r\n";
        let end = client.body(letter).unwrap();
        assert!(end.code >= 400, "{}", end.text());
        told.push(end.words());
        answers.insert(kind, told);
    }
    all_the_same(&answers);
    assert!(gateway.api("anna").inbox().is_empty());
}

/// The median time of RCPT's answer, in microseconds, for each kind of address: asked in turns, so that whatever else the
/// machine does meets all alike. Each is the first recipient of a transaction.
fn medians(client: &mut Client, sender: &str, rounds: usize) -> BTreeMap<&'static str, f64> {
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for round in 0..rounds {
        for at in 0..ADDRESSES.len() {
            let (kind, address) = ADDRESSES[(at * 5 + round) % ADDRESSES.len()];
            client.command("RSET").unwrap();
            client.command(&format!("MAIL FROM:<{sender}>")).unwrap();
            let command = format!("RCPT TO:<{address}>");
            let start = Instant::now();
            client.command(&command).unwrap();
            times.entry(kind).or_default().push(start.elapsed().as_secs_f64() * 1e6);
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    times.into_iter().map(|(kind, times)| (kind, median(times))).collect()
}

/// Whether the slowest and the quickest kind are so far apart that one could tell them by it.
fn tells(medians: &BTreeMap<&str, f64>) -> bool {
    let most = medians.values().copied().fold(f64::MIN, f64::max);
    let least = medians.values().copied().fold(f64::MAX, f64::min);
    most - least > least * 0.4 + 25.0
}

/// Time tells nothing: the medians of all kinds of addresses lie together. An office, for which the store is asked, is
/// measured in the same way: there they do not, or the measure would be worth nothing.
#[test]
fn time_tells_nothing() {
    let (gateway, _dns) = gateway();
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    for sender in ["someone@elsewhere.example", "clerk@esp.example"] {
        medians(&mut client, sender, 10);
        let mut told = Vec::new();
        // The machine may be busy: what is there shows each time.
        for _ in 0..5 {
            let medians = medians(&mut client, sender, 100);
            let tells = tells(&medians);
            told.push(medians);
            if !tells {
                break;
            }
        }
        println!("{sender}: {:.0?}", told.last());
        assert!(!tells(told.last().unwrap()), "{sender}: {told:#?}");
    }
    let office = medians(&mut client, "clerk@hel.example", 50);
    println!("an office: {office:.0?}");
    assert!(tells(&office), "{office:#?}");
}
