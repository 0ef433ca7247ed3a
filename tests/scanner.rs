//! What may not reach a citizen is refused at the door, with a real clamd beside the real binary.

mod support;

use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::Value;
use support::client::{Answer, Client};
use support::gateway::{Gateway, Setup, said};
use support::scanner::{Clamd, Fault, Ill, eicar};
use support::winmail::winmail;
use support::zip::{self, File};

const ANNA: &str = "anna.virtanen@konto.example";
const CLERK: &str = "clerk@hel.example";

fn gateway(over: &[(&'static str, &str)]) -> Gateway {
    let over = over.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    Gateway::start(Setup { over, ..Setup::default() })
}

/// A part: its header fields, and its octets in base64.
fn part(fields: &str, octets: &[u8]) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(octets);
    let lines: Vec<&str> = encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("{fields}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n", lines.join("\r\n"))
}

fn attached(name: &str, octets: &[u8]) -> String {
    let fields =
        format!("Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"");
    part(&fields, octets)
}

fn letter(parts: &[String]) -> String {
    let mut text = "From: Clerk <clerk@hel.example>\r\nTo: anna.virtanen@konto.example\r\nSubject: Beslut\r\n\
                    Date: Mon, 23 Nov 2026 10:00:00 +0200\r\nMIME-Version: 1.0\r\n\
                    Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n\
                    --=_b\r\nContent-Type: text/plain\r\n\r\nHej!\r\n"
        .to_owned();
    for part in parts {
        text.push_str("--=_b\r\n");
        text.push_str(part);
    }
    text + "--=_b--\r\n"
}

fn send_to(gateway: &Gateway, to: &str, text: &str) -> Answer {
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    client.send(CLERK, &[to], text.as_bytes()).unwrap()
}

fn send(gateway: &Gateway, parts: &[String]) -> Answer {
    send_to(gateway, ANNA, &letter(parts))
}

/// The detail of the one event that the reference in the answer finds.
fn event(gateway: &Gateway, answer: &Answer) -> String {
    let text = answer.lines.last().unwrap();
    let (_, reference) = text.rsplit_once(" Reference: ").unwrap_or_else(|| panic!("no reference: {text}"));
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let output = gateway.run(&["trace", reference, "--json"]);
        if output.status.success() {
            let trace: Value = serde_json::from_slice(&output.stdout).unwrap();
            return trace["events"][0]["detail"].as_str().unwrap().to_owned();
        }
        assert!(Instant::now() < end, "{reference} finds nothing: {}", said(&output));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[track_caller]
fn refused(answer: &Answer, code: &str, word: &str) {
    let text = answer.text();
    assert!(text.starts_with(code) && text.contains(word), "{text}");
}

#[track_caller]
fn kept(answer: &Answer) {
    assert!(answer.is_yes(), "{}", answer.text());
}

fn metrics(gateway: &Gateway) -> String {
    let url = format!("http://127.0.0.1:{}/metrics", gateway.metrics_port);
    let output = std::process::Command::new("curl").args(["--noproxy", "*", "-sf", &url]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A figure of them, with its labels as they stand there.
fn figure(gateway: &Gateway, name: &str) -> u64 {
    let page = metrics(gateway);
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in:\n{page}")).parse().unwrap()
}

/// Wherever it stands, and in whatever it is packed; by a socket and by a port. What is clean is kept.
#[test]
fn malware_is_found_in_every_part() {
    let clamd = Clamd::start();
    for address in [&clamd.socket, &clamd.tcp] {
        let gateway = gateway(&[("SCANNER__CLAMD", address)]);
        let eicar = eicar();
        let text = String::from_utf8(eicar.clone()).unwrap();
        let plain = format!("Content-Type: text/plain; name=testi.txt\r\n\r\n{text}\r\n");
        let in_zip = zip::zip(&[File::stored("läsmig.txt", b"x"), File::deflated("testi.txt", &eicar)]);
        let forwarded = letter(&[attached("inne.pdf", &eicar)]);
        let cases = [
            (plain, "\"testi.txt\""),
            (attached("påslag.pdf", &eicar), "\"paslag.pdf\""),
            (attached("handlingar.zip", &in_zip), "\"handlingar.zip\""),
            (format!("Content-Type: message/rfc822\r\n\r\n{forwarded}"), "\"inne.pdf\""),
            (part("Content-Type: message/rfc822", forwarded.as_bytes()), "\"inne.pdf\""),
            (part("Content-Type: application/ms-tnef; name=winmail.dat", &winmail("inne.doc", &eicar)), "\"inne.doc\""),
        ];
        for (part, name) in cases {
            let answer = send(&gateway, &[attached("rent.pdf", b"%PDF-1.7 clean"), part]);
            refused(&answer, "554 5.7.1", name);
            let event = event(&gateway, &answer);
            assert!(event.contains("class=malware step=body") && event.contains("Eicar-Test-Signature"), "{event}");
            for secret in ["testi", "inne", "handlingar"] {
                assert!(!event.contains(secret), "{event}");
            }
        }
        let body = format!("From: {CLERK}\r\nSubject: x\r\n\r\n{text}\r\n");
        refused(&send_to(&gateway, ANNA, &body), "554 5.7.1", "skadlig");
        refused(&send_to(&gateway, "postmaster@konto.example", &body), "554 5.7.1", "harmful");
        // Between the parts, where no part is: the message as a whole is looked at too.
        let between = letter(&[]).replace("--=_b--\r\n", &format!("--=_b--\r\n{text}\r\n"));
        refused(&send_to(&gateway, ANNA, &between), "554 5.7.1", "\"message.eml\"");
        assert!(gateway.api("anna").inbox().is_empty());
        kept(&send(&gateway, &[attached("rent.pdf", b"%PDF-1.7 clean"), attached("tom.txt", b"")]));
        assert_eq!(gateway.api("anna").inbox().len(), 1);
        assert!(figure(&gateway, "brevbro_scanned_parts_total") >= 8);
        assert_eq!(figure(&gateway, "brevbro_scanner_finds_total"), 9);
        assert_eq!(figure(&gateway, &format!("brevbro_scanner_up{{clamd=\"{address}\"}}")), 1);
    }
}

#[test]
fn a_scanner_that_goes_away_and_comes_back() {
    let clamd = Clamd::start();
    let gateway = gateway(&[("SCANNER__CLAMD", &clamd.socket)]);
    kept(&send(&gateway, &[]));
    clamd.stop();
    let answer = send(&gateway, &[]);
    refused(&answer, "451 4.3.0", "");
    let event = event(&gateway, &answer);
    assert!(event.contains("class=unavailable") && event.contains("no scanner answers: unix:"), "{event}");
    assert_eq!(figure(&gateway, &format!("brevbro_scanner_up{{clamd=\"{}\"}}", clamd.socket)), 0);
    assert_eq!(gateway.api("anna").inbox().len(), 1);
    clamd.again();
    // It is left alone for some seconds.
    let end = Instant::now() + Duration::from_secs(20);
    while !send(&gateway, &[]).is_yes() {
        assert!(Instant::now() < end, "it is not found again");
        std::thread::sleep(Duration::from_millis(200));
    }
    refused(&send(&gateway, &[attached("a.txt", &eicar())]), "554 5.7.1", "a.txt");
    assert_eq!(figure(&gateway, &format!("brevbro_scanner_up{{clamd=\"{}\"}}", clamd.socket)), 1);
}

#[test]
fn one_clamd_stands_in_for_another() {
    let (first, second) = (Clamd::start(), Clamd::start());
    let gateway = gateway(&[("SCANNER__CLAMD", &format!("{}, {}", first.tcp, second.socket))]);
    for ill in [&first, &second] {
        ill.stop();
        // The one that went away is found to be away by the first part; nobody notices.
        kept(&send(&gateway, &[attached("a.pdf", b"%PDF")]));
        refused(&send(&gateway, &[attached("a.txt", &eicar())]), "554 5.7.1", "a.txt");
        ill.again();
        std::thread::sleep(Duration::from_secs(6));
    }
    first.stop();
    second.stop();
    refused(&send(&gateway, &[]), "451 4.3.0", "");
}

/// Nothing that a broken clamd does is taken for clean, and nothing holds a sender up for longer than the limit.
#[test]
fn what_is_no_word_is_not_clean() {
    for fault in [
        Fault::Silence,
        Fault::Deafness,
        Fault::Hangup,
        Fault::Says(b""),
        Fault::Says(b"stream: O"),
        Fault::Says(b"stream: OK"),
        Fault::Says(b"stream: OK\r\n\0"),
        Fault::Says(b"\0"),
        Fault::Says(b"HTTP/1.1 400 Bad Request\r\n\r\nstream: OK\0"),
        Fault::Says(b"stream: lstat() failed ERROR\0"),
        Fault::Says(&[b'x'; 100_000]),
    ] {
        let ill = Ill::start(fault);
        let gateway = gateway(&[("SCANNER__CLAMD", &ill.tcp), ("SCANNER__TIME_LIMIT", "1 s")]);
        let began = Instant::now();
        let answer = send(&gateway, &[attached("a.pdf", &vec![7; 3_000_000])]);
        if matches!(fault, Fault::Says(b"stream: OK\r\n\0")) {
            kept(&answer);
        } else {
            assert!(answer.text().starts_with("451 4.3.0"), "{fault:?}: {}", answer.text());
        }
        assert!(began.elapsed() < Duration::from_secs(12), "{fault:?}: {:?}", began.elapsed());
        // A well one behind it is asked.
        let well = Ill::start(Fault::Slow(0));
        let both = format!("{}, {}", ill.tcp, well.tcp);
        let gateway = self::gateway(&[("SCANNER__CLAMD", &both), ("SCANNER__TIME_LIMIT", "1 s")]);
        kept(&send(&gateway, &[attached("a.pdf", &vec![7; 3_000_000])]));
    }
}

/// Its word is read although it has stopped listening; and found is found.
#[test]
fn a_word_before_the_end_counts() {
    let large = vec![7; 3_000_000];
    for (words, code) in [
        (&b"stream: Some-Signature FOUND\0"[..], "554 5.7.1"),
        (b"INSTREAM size limit exceeded. ERROR\0", "552 5.3.4"),
        (b"stream: Heuristics.Limits.Exceeded.MaxFiles FOUND\0", "552 5.3.4"),
    ] {
        let ill = Ill::start(Fault::Says(words));
        let gateway = gateway(&[("SCANNER__CLAMD", &ill.tcp)]);
        let answer = send(&gateway, &[attached("a.pdf", &large)]);
        refused(&answer, code, "");
    }
}

#[test]
fn too_large_to_scan() {
    let clamd = Clamd::with_limit("1M");
    let large = vec![7; 2_000_000];
    let own = gateway(&[("SCANNER__CLAMD", &clamd.socket), ("SCANNER__MAX_STREAM", "1 MiB")]);
    let answer = send(&own, &[attached("film.mp4", &large)]);
    refused(&answer, "552 5.3.4", "\"film.mp4\" is 2 MiB; 1 MiB is the most");
    assert!(event(&own, &answer).contains("class=not-scanned"));
    kept(&send(&own, &[attached("a.pdf", &vec![7; 900_000]), attached("b.pdf", &vec![7; 900_000])]));
    // clamd takes less than it was said to.
    let theirs = gateway(&[("SCANNER__CLAMD", &clamd.tcp)]);
    refused(&send(&theirs, &[attached("film.mp4", &large)]), "552 5.3.4", "\"film.mp4\" (2 MiB) holds more");
    let over =
        [("SCANNER__CLAMD", clamd.socket.as_str()), ("SCANNER__MAX_STREAM", "1 MiB"), ("SCANNER__TOO_LARGE", "allow")];
    let lax = gateway(&over);
    kept(&send(&lax, &[attached("film.mp4", &large)]));
    refused(&send(&lax, &[attached("film.mp4", &large), attached("a.txt", &eicar())]), "554 5.7.1", "a.txt");
}

/// Whoever is refused anyway costs no scan; many at a time share the connections.
#[test]
fn scans_are_few() {
    let ill = Ill::start(Fault::Slow(20));
    let gateway = gateway(&[("SCANNER__CLAMD", &ill.tcp), ("SCANNER__CONNECTIONS", "3")]);
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    let stranger = letter(&[]).replace("hel.example", "elsewhere.example");
    assert!(!client.send("clerk@elsewhere.example", &[ANNA], stranger.as_bytes()).unwrap().is_yes());
    assert!(!send_to(&gateway, ANNA, &stranger).is_yes(), "the author is of no office");
    assert!(!send_to(&gateway, "nobody@konto.example", &letter(&[])).is_yes());
    refused(&send(&gateway, &[attached("a.exe", b"x")]), "554 5.7.1", "a.exe");
    let (before, _) = ill.connections();
    assert!(before <= 2, "the parts before the program: {before}");
    let parts: Vec<String> = (0..10).map(|n| attached(&format!("{n}.txt"), b"x")).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| kept(&send(&gateway, &parts)));
        }
    });
    let (came, most) = ill.connections();
    assert_eq!((came - before, most), (8 * 12, 3), "each part and each message once");
}

#[test]
fn attachments_that_are_not_wanted() {
    let gateway = gateway(&[("ATTACHMENTS__REFUSE", "svg"), ("ATTACHMENTS__ALLOW", "iso")]);
    let program = [b"MZ\x90\0".as_slice(), &[0; 200]].concat();
    let script = zip::zip(&[File::deflated("kansio/päätös.pdf.js", b"x")]);
    let macros = zip::zip(&[File::deflated("[Content_Types].xml", b"x"), File::deflated("word/vbaProject.bin", b"x")]);
    for (name, octets, class, words) in [
        ("beslut.pdf.exe", &b"x"[..], "executable", "The attachment \"beslut.pdf.exe\" is a program or a script"),
        ("beslut.pdf", &program, "executable", "\"beslut.pdf\""),
        ("a.zip", &script, "executable", "The file \"paatos.pdf.js\" in the attachment \"a.zip\" is a program"),
        ("a.zip", &script[..script.len() - 9], "unreadable-archive", "The archive \"a.zip\" is damaged"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04", "unreadable-archive", "\"a.7z\""),
        ("a.docx", &macros, "macros", "The attachment \"a.docx\" holds macros"),
        ("a.svg", b"<svg/>", "executable", "\"a.svg\""),
    ] {
        let answer = send(&gateway, &[attached(name, octets)]);
        refused(&answer, "554 5.7.1", words);
        let event = event(&gateway, &answer);
        assert!(event.contains(&format!("class={class} step=body")) && event.contains("cause=\"part 2"), "{event}");
        for secret in ["beslut", "kansio", ".pdf", "a.zip"] {
            assert!(!event.contains(secret), "{event}");
        }
    }
    let forwarded = format!("Content-Type: message/rfc822\r\n\r\n{}", letter(&[attached("a.scr", b"x")]));
    refused(&send(&gateway, &[forwarded]), "554 5.7.1", "\"a.scr\"");
    let good = zip::zip(&[File::deflated("kansio/päätös.pdf", b"%PDF"), File::stored("bild.png", b"x")]);
    kept(&send(&gateway, &[attached("a.zip", &good), attached("b.iso", b"x"), attached("c.html", b"<p>")]));
    assert_eq!(gateway.api("anna").inbox().len(), 1);
}

/// A scanner that is named while the gateway runs is asked from then on, and its figures are shown.
#[test]
fn a_scanner_is_taken_into_use() {
    let clamd = Clamd::start();
    let gateway = gateway(&[]);
    let harmful = [attached("a.txt", &eicar())];
    kept(&send(&gateway, &harmful));
    assert!(!metrics(&gateway).contains("brevbro_scanner_up{"));
    let file = gateway.path("brevbro.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let named = format!("{config}\n[scanner]\nclamd = [\"{}\"]\n[attachments]\nrefuse = [\"svg\"]\n", clamd.socket);
    std::fs::write(&file, named).unwrap();
    let reloaded = gateway.run(&["reload"]);
    assert!(reloaded.status.success(), "{}", said(&reloaded));
    refused(&send(&gateway, &harmful), "554 5.7.1", "a.txt");
    refused(&send(&gateway, &[attached("a.svg", b"<svg/>")]), "554 5.7.1", "a.svg");
    assert_eq!(figure(&gateway, &format!("brevbro_scanner_up{{clamd=\"{}\"}}", clamd.socket)), 1);
    std::fs::write(&file, config).unwrap();
    assert!(gateway.run(&["reload"]).status.success());
    kept(&send(&gateway, &[attached("b.txt", &eicar())]));
    assert!(!metrics(&gateway).contains("brevbro_scanner_up{"));
}

#[test]
fn check_asks_each_clamd() {
    let clamd = Clamd::start();
    let gone = format!("tcp:127.0.0.1:{}", support::peers::free_port());
    // With no office enrolled, DNS is asked nothing.
    let check = |clamd: String| {
        let over = vec![("SCANNER__CLAMD", clamd)];
        Gateway::prepare(Setup { over, ..Setup::default() }).run(&["check", "--online"])
    };
    let both = check(format!("{gone}, {}", clamd.socket));
    assert!(both.status.success(), "{}", said(&both));
    assert!(
        said(&both).contains(&format!("scanner.clamd[0]: {gone} does not answer: no connection")),
        "{}",
        said(&both)
    );
    assert!(
        said(&both).contains(" is ClamAV 1.") && said(&both).contains("no signatures but one's own"),
        "{}",
        said(&both)
    );
    let alone = check(gone);
    assert!(!alone.status.success() && said(&alone).contains("1 fault."), "{}", said(&alone));
    let without = gateway(&[]);
    assert!(said(&without.run(&["check", "--running"])).contains("nothing is scanned for malware"));
    assert!(!metrics(&without).contains("brevbro_scanner_up{"));
}
