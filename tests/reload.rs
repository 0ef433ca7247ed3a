//! A new configuration, new certificates and new listeners, under sessions that go on as if nothing were.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use support::client::Client;
use support::gateway::{Gateway, Setup, said};
use support::sink::Sink;
use support::tls::{Session, line};
use support::{certificate, letters, peers, tls};

const CLERK: &str = "registry@hel.example";
const ANNA: &str = "anna.virtanen@konto.example";

fn edit(gateway: &Gateway, change: impl FnOnce(String) -> String) {
    let file = gateway.path("brevbro.toml");
    fs::write(&file, change(fs::read_to_string(&file).unwrap())).unwrap();
}

/// Of the citizen, in one test.
const REPLIES: usize = 24;

/// `brevbro reload`, which succeeds.
fn reload(gateway: &Gateway) -> String {
    let output = gateway.run(&["reload"]);
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

fn hang_up(gateway: &Gateway) {
    let process = fs::read_to_string(gateway.path("data/brevbro.pid")).unwrap();
    assert!(Command::new("kill").args(["-HUP", process.trim()]).status().unwrap().success());
}

/// Waits until the log has so many lines with this.
fn logged(gateway: &Gateway, words: &str, times: usize) {
    let end = Instant::now() + Duration::from_secs(20);
    while gateway.log().matches(words).count() < times {
        assert!(Instant::now() < end, "nothing about {words:?}:\n{}", gateway.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A whole letter in one transaction, and its answer.
fn deliver(client: &mut Client, number: u64) -> String {
    client.send(CLERK, &[ANNA], &letters::letter(7, number, 2000)).unwrap().text()
}

/// A session over TLS from the first octet.
fn over_tls(port: u16, ca: &Path) -> std::io::Result<Session> {
    tls::connect(port, "localhost", ca)
}

#[test]
fn a_session_goes_on_and_the_next_meets_the_new_terms() {
    let mut gateway = Gateway::start(Setup::default());
    let mut old = Client::connect(gateway.smtp_port).unwrap();
    let sized = |client: &mut Client| {
        let lines = client.command("EHLO mail.hel.example").unwrap().lines;
        lines.into_iter().find(|line| line.starts_with("SIZE")).unwrap()
    };
    let size = sized(&mut old);
    assert!(old.command(&format!("MAIL FROM:<{CLERK}>")).unwrap().is_yes());
    assert!(old.command(&format!("RCPT TO:<{ANNA}>")).unwrap().is_yes());

    edit(&gateway, |text| text.replace("[mail]\n", "[mail]\nmax_message = \"100 kB\"\n"));
    let told = reload(&gateway);
    assert!(told.contains("has taken") && told.contains("brevbro.toml"), "{told}");

    // In the middle of a transaction, and a letter larger than the new limit.
    assert_eq!(old.command("DATA").unwrap().code, 354);
    let answer = old.body(&letters::letter(1, 1, 200_000)).unwrap();
    assert!(answer.is_yes(), "{}", answer.text());
    assert_eq!(sized(&mut old), size);

    let mut new = Client::connect(gateway.smtp_port).unwrap();
    assert_eq!(sized(&mut new), "SIZE 100000");
    let refused = new.command(&format!("MAIL FROM:<{CLERK}> SIZE=200000")).unwrap();
    assert_eq!(refused.code, 552);

    // Offices that change now change for both.
    let renamed = fs::read_to_string(gateway.path("offices.toml")).unwrap().replace("hel.example\"]", "esp.example\"]");
    fs::write(gateway.path("offices.toml"), renamed).unwrap();
    assert!(gateway.run(&["apply", &gateway.path("offices.toml")]).status.success());
    std::thread::sleep(Duration::from_millis(2500));
    for client in [&mut old, &mut new] {
        client.command(&format!("MAIL FROM:<{CLERK}>")).unwrap();
        assert_eq!(client.command(&format!("RCPT TO:<{ANNA}>")).unwrap().code, 550);
    }
    assert!(gateway.stop().success());
}

#[test]
fn a_certificate_changes_between_two_handshakes() {
    let gateway = Gateway::start(Setup::default());
    let other = peers::folder("renewed");
    certificate::write(other.path());
    let (before, after) = (gateway.folder().join("first-ca.pem"), other.path().join("ca.pem"));
    fs::copy(gateway.path("ca.pem"), &before).unwrap();
    let mut old = over_tls(gateway.smtps_port, &before).unwrap();
    assert!(over_tls(gateway.smtps_port, &after).is_err());

    certificate::copy(other.path(), gateway.folder());
    assert!(over_tls(gateway.smtps_port, &before).is_ok(), "not before it is asked to");
    hang_up(&gateway);
    logged(&gateway, "taken into use", 1);
    over_tls(gateway.smtps_port, &after).unwrap();
    assert!(over_tls(gateway.smtps_port, &before).is_err());

    old.get_mut().write_all(b"NOOP\r\n").unwrap();
    assert!(line(&mut old).unwrap().starts_with("250 "));

    // Half a renewal: the certificate without its key. The whole one stays.
    let third = peers::folder("half-renewed");
    certificate::write(third.path());
    fs::copy(third.path().join("server.pem"), gateway.path("server.pem")).unwrap();
    let output = gateway.run(&["reload"]);
    assert!(!output.status.success() && said(&output).contains("does not fit the certificate"), "{}", said(&output));
    over_tls(gateway.smtps_port, &after).unwrap();
}

#[test]
fn a_faulty_file_is_refused_with_all_its_faults() {
    let gateway = Gateway::start(Setup::default());
    let sane = fs::read_to_string(gateway.path("brevbro.toml")).unwrap();
    let mut old = Client::connect(gateway.smtp_port).unwrap();

    edit(&gateway, |text| text.replace("[mail]\n", "[mail]\nmax_message = \"much\"\nmax_mesage = 1\n"));
    let refused = gateway.run(&["reload"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("\"much\"") && said(&refused).contains("did you mean max_message?"));
    // Found here: the gateway was not even asked. By signal it is.
    assert!(!gateway.log().contains("faulty"));
    hang_up(&gateway);
    logged(&gateway, "the old one stays", 1);
    assert!(gateway.log().contains("much") && gateway.log().contains("did you mean max_message?"));

    // Good for itself, and not for a gateway that runs.
    edit(&gateway, |_| {
        let elsewhere = sane
            .replace("name = \"mail1.konto.example\"", "name = \"mail1.konto.example\"\nid = \"mail9\"")
            .replace(&format!("127.0.0.1:{}", gateway.http_port), "127.0.0.1:1");
        format!("{elsewhere}\n[blobs]\nfolder = \"elsewhere\"\n")
    });
    let refused = gateway.run(&["reload", "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    let keys: Vec<&str> = told["faults"].as_array().unwrap().iter().map(|f| f["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["node.id", "blobs.folder", "portal.address"]);
    assert_eq!(told["taken"], false);

    for client in [&mut old, &mut Client::connect(gateway.smtp_port).unwrap()] {
        assert!(client.command("NOOP").unwrap().is_yes());
    }
    fs::write(gateway.path("brevbro.toml"), sane).unwrap();
    reload(&gateway);
    assert!(deliver(&mut old, 1).starts_with("250"), "the first session is still there");
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let events = said(&gateway.run(&["trace", "configuration"]));
        if events.contains("reload=taken") && events.matches("reload=refused").count() == 2 {
            break;
        }
        assert!(Instant::now() < end, "{events}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn listeners_come_and_go() {
    let gateway = Gateway::start(Setup::default());
    let mut inside = over_tls(gateway.smtps_port, &gateway.folder().join("ca.pem")).unwrap();
    let added = peers::free_port();
    let gone = format!("127.0.0.1:{}", gateway.smtps_port);
    edit(&gateway, |text| {
        let text = text.replace(&gone, &format!("127.0.0.1:{added}")).replace("tls = \"implicit\"\n", "");
        text.replace("[[listener]]\n", "[[listener]]\nconnections_per_peer = 3\n")
    });
    let told = reload(&gateway);
    assert!(told.contains(&format!("listens at 127.0.0.1:{added}")), "{told}");
    assert!(told.contains(&format!("listens no more at {gone}")), "{told}");

    assert!(deliver(&mut Client::connect(added).unwrap(), 1).starts_with("250"));
    let end = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(&gone).is_ok() {
        assert!(Instant::now() < end, "it still listens");
        std::thread::sleep(Duration::from_millis(10));
    }
    for _ in 0..20 {
        inside.get_mut().write_all(b"NOOP\r\n").unwrap();
        assert!(line(&mut inside).unwrap().starts_with("250 "), "inside and not hurried");
    }
    // The limit counts for those who come now.
    let held: Vec<_> = (0..3).map(|_| Client::connect(gateway.smtp_port).unwrap()).collect();
    assert!(Client::connect(gateway.smtp_port).is_err());
    drop(held);

    // One that cannot be had: nothing of the file is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    edit(&gateway, |text| text.replace(&added.to_string(), &port.to_string()));
    let refused = gateway.run(&["reload"]);
    assert!(!refused.status.success() && said(&refused).contains("another program listens there"));
    assert!(deliver(&mut Client::connect(added).unwrap(), 2).starts_with("250"), "the old listener stays");
}

#[test]
fn pages_and_log_follow_and_no_request_is_lost() {
    let gateway = Gateway::start(Setup::default());
    let port = gateway.http_port;
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let asking = stop.clone();
    let asked = std::thread::spawn(move || {
        let mut times = 0;
        while !asking.load(std::sync::atomic::Ordering::Relaxed) {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
            let mut status = String::new();
            BufReader::new(stream).read_line(&mut status).unwrap();
            assert!(status.starts_with("HTTP/1.1 200"), "{status}");
            times += 1;
        }
        times
    });
    let before = fs::read_to_string(gateway.path("brevbro.toml")).unwrap();
    let address = format!("address = \"127.0.0.1:{port}\"\n");
    for files in 1..=8 {
        let after = before.replace(&address, &format!("{address}max_files = {files}\n"));
        edit(&gateway, |_| after + "\n[logging]\nlevel = \"debug\"\n");
        reload(&gateway);
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(asked.join().unwrap() > 8);
    drop(Client::connect(gateway.smtp_port).unwrap());
    logged(&gateway, "DEBUG", 1);
}

#[test]
fn nobody_to_ask_and_one_too_many() {
    let mut gateway = Gateway::start(Setup::default());
    let second = gateway.run(&["serve"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("belongs to another gateway"), "{}", said(&second));
    assert!(gateway.stop().success());
    let alone = gateway.run(&["reload"]);
    assert_eq!(alone.status.code(), Some(1));
    assert!(said(&alone).contains("no gateway runs on"), "{}", said(&alone));
    gateway.serve();
    reload(&gateway);
    gateway.kill9();
    gateway.serve();
    reload(&gateway);
}

/// A certificate of its own making for `localhost`, good for so many days more.
fn ends_in(gateway: &Gateway, days: i64) {
    let date = (brevbro::clock::Clock::system().now() + jiff::SignedDuration::from_hours(24 * days)).to_string();
    let part = |at: std::ops::Range<usize>| date[at].parse::<u16>().unwrap();
    let day = |at| u8::try_from(part(at)).unwrap();
    let mut wanted = rcgen::CertificateParams::new(vec!["mail1.konto.example".to_owned()]).unwrap();
    wanted.not_after = rcgen::date_time_ymd(i32::from(part(0..4)), day(5..7), day(8..10));
    let key = rcgen::KeyPair::generate().unwrap();
    fs::write(gateway.path("server.pem"), wanted.self_signed(&key).unwrap().pem()).unwrap();
    certificate::private(&gateway.folder().join("server.key"), key.serialize_pem().as_bytes());
}

/// The seconds that each listener's certificate has, as `/metrics` says.
fn seconds_left(gateway: &Gateway) -> Vec<u64> {
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.metrics_port)).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let page = std::io::read_to_string(stream).unwrap();
    let lines = page.lines().filter(|line| line.starts_with("brevbro_certificate_expires_seconds{listener="));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect()
}

#[test]
fn a_certificate_near_its_end_is_told_of() {
    let gateway = Gateway::start(Setup::default());
    assert!(seconds_left(&gateway).iter().all(|left| *left > 365 * 86_400));
    assert!(!gateway.log().contains("ends soon"));

    ends_in(&gateway, 3);
    reload(&gateway);
    logged(&gateway, "the certificate ends soon", 2);
    let left = seconds_left(&gateway);
    assert!(left.len() == 2 && left.iter().all(|left| (86_400..4 * 86_400).contains(left)), "{left:?}");
    let checked = gateway.run(&["check", "--running"]);
    assert!(checked.status.success() && said(&checked).contains("ends on"), "{}", said(&checked));

    ends_in(&gateway, -1);
    reload(&gateway);
    logged(&gateway, "the certificate has ended", 2);
    assert_eq!(seconds_left(&gateway), [0, 0]);
    assert_eq!(gateway.run(&["check", "--running"]).status.code(), Some(1));
}

#[test]
fn no_letter_is_lost_in_a_storm_of_reloads() {
    let mut gateway = Gateway::start(Setup::default());
    let port = gateway.smtp_port;
    let clerks: Vec<_> = (0..4)
        .map(|clerk| {
            std::thread::spawn(move || {
                let mut open = Client::connect(port).unwrap();
                for number in 0..40 {
                    // In turns over one session that stays, and over a new one.
                    let mut new = Client::connect(port).unwrap();
                    let client = if number % 2 == 0 { &mut open } else { &mut new };
                    let answer = deliver(client, clerk * 1000 + number);
                    assert!(answer.starts_with("250"), "{answer}");
                }
            })
        })
        .collect();
    let mut reloads = 0;
    while clerks.iter().any(|clerk| !clerk.is_finished()) {
        hang_up(&gateway);
        reloads += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    clerks.into_iter().for_each(|clerk| clerk.join().unwrap());
    assert!(reloads > 5);
    assert_eq!(gateway.api("anna").inbox().len(), 160);
    assert!(gateway.stop().success());
}

#[test]
fn replies_leave_once_each_across_reloads() {
    let sink = Sink::start(0);
    let relay = format!("smtp://127.0.0.1:{}", sink.port);
    let mut gateway = Gateway::start(Setup { relay, ..Setup::default() });
    assert!(deliver(&mut Client::connect(gateway.smtp_port).unwrap(), 1).starts_with("250"));
    let api = gateway.api("anna");
    let record = api.inbox()[0]["id"].as_str().unwrap().to_owned();
    let before = fs::read_to_string(gateway.path("brevbro.toml")).unwrap();
    for number in 0..REPLIES {
        assert_eq!(api.reply(&record, None, &format!("Svar {number}."), &[]).unwrap().status, 201);
        if number % 4 == 0 {
            let changed = format!("[relay]\nconnections = {}\n", 50 + number);
            edit(&gateway, |_| before.replace("[relay]\n", &changed));
            reload(&gateway);
        }
    }
    let end = Instant::now() + Duration::from_secs(30);
    while sink.came().len() < REPLIES {
        assert!(Instant::now() < end, "{} of {REPLIES}\n{}", sink.came().len(), gateway.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(gateway.stop().success(), "the walks that were replaced have ended");
    assert_eq!(sink.came().len(), REPLIES);
}
