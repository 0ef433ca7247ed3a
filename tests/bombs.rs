//! Messages made to cost more than they are: nothing in one can abort the process, or take it more than a moment.

use std::fmt::Write;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use brevbro::intake::{self, Limits, json::RecordJson};
use proptest::prelude::*;

/// Half of what a thread of the server has, and an eighth of what a thread has usually.
const STACK: usize = 256 << 10;
/// For any of them, without optimisation and on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads on a small stack, by every way that there is, and tells whether the door refuses it.
fn read(what: &str, raw: Vec<u8>) -> bool {
    let begun = Instant::now();
    let reader = thread::Builder::new().stack_size(STACK).spawn(move || {
        let limits = Limits::default();
        let record = RecordJson::of_message(&raw, &limits);
        let lines = intake::explain::explained(&raw, &limits);
        assert!(!lines.is_empty());
        if !record.attachments.is_empty() {
            let _ = intake::attachment(&raw, record.attachments.len() - 1).unwrap();
        }
        intake::glance(&raw, &limits).too_complex.is_some()
    });
    let refused = reader.unwrap().join().unwrap_or_else(|_| panic!("{what}"));
    assert!(begun.elapsed() < PATIENCE, "{what}: {:?}", begun.elapsed());
    refused
}

fn message(header: &str, body: &str) -> Vec<u8> {
    format!("From: a@hel.example\r\nMIME-Version: 1.0\r\n{header}\r\n\r\n{body}").into_bytes()
}

#[test]
fn what_is_nested_deeply_is_refused() {
    let mut multiparts = String::new();
    for depth in 0..20_000 {
        let _ = write!(multiparts, "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n");
    }
    assert!(read("multiparts", [b"From: a@hel.example\r\n".to_vec(), multiparts.into_bytes()].concat()));
    let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    assert!(read("messages", [b"From: a@hel.example\r\n".to_vec(), messages.into_bytes()].concat()));
}

#[test]
fn many_of_anything_is_refused() {
    let parts = "--b\r\nContent-Type: application/pdf; name=x.pdf\r\n\r\nx\r\n".repeat(50_000);
    assert!(read("parts", message("Content-Type: multipart/mixed; boundary=b", &parts)));
    let enclosed = "--b\r\n\r\nFrom: b@hel.example\r\nSubject: x\r\n\r\ny\r\n".repeat(20_000);
    assert!(read("a digest", message("Content-Type: multipart/digest; boundary=b", &enclosed)));
    assert!(read("fields", message(&"X: y\r\n".repeat(100_000), "")));
    assert!(read("a field", message(&format!("X: {}", "y".repeat(4 << 20)), "")));
    let words = "=?utf-8?Q?=C3=A4?= ".repeat(10_000);
    assert!(read("encoded words", message(&format!("Subject: {words}"), "")));
    assert!(read("encoded words begun", message(&format!("Subject: {}", "=?utf-8?B?".repeat(20_000)), "")));
}

#[test]
fn what_is_only_strange_is_read() {
    let people = "\"a\" <a@hel.example>, ".repeat(8000);
    assert!(!read("people", message(&format!("To: {people}"), "")));
    let comments = format!("To: {}a@hel.example", "(".repeat(200_000));
    assert!(!read("comments in comments", message(&comments, "")));
    let pieces = (0..2000).fold(String::new(), |mut out, at| {
        let _ = write!(out, ";\r\n name*{at}*=%C3%A4");
        out
    });
    assert!(!read("a name in pieces", message(&format!("Content-Type: application/pdf{pieces}"), "x")));
    let quoted = format!("Content-Type: text/plain; format=flowed\r\n\r\n{}", ">".repeat(2 << 20));
    assert!(!read("a quotation in quotations", [b"From: a@hel.example\r\n".to_vec(), quoted.into_bytes()].concat()));
    let begun = "begin 644 a\nM\n".repeat(50_000);
    assert!(!read("files begun", message("Content-Type: text/plain", &begun)));
    let files = "begin 644 a\n#86%A\n`\nend\n".repeat(20_000);
    assert!(!read("many files", message("Content-Type: text/plain", &files)));
    let events = "BEGIN:VEVENT\nEND:VEVENT\n".repeat(50_000);
    assert!(!read("events", message("Content-Type: text/calendar", &events)));
    let alarms = "BEGIN:VEVENT\n".repeat(100_000);
    assert!(!read("events in events", message("Content-Type: text/calendar", &alarms)));
    let zones = "BEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nEND:STANDARD\nEND:VTIMEZONE\n".repeat(5_000);
    assert!(!read("zones", message("Content-Type: text/calendar", &zones)));
    assert!(!read("elements in elements", message("Content-Type: text/html", &"<div>".repeat(300_000))));
    assert!(!read("a long line", message("Content-Type: text/plain", &"å".repeat(4 << 20))));
    let packed = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let mut deep = message("Subject: x", "y");
    for _ in 0..20 {
        deep = format!("{packed}{}", STANDARD.encode(&deep)).into_bytes();
    }
    assert!(!read("messages packed in messages", [b"From: a@hel.example\r\n".to_vec(), deep].concat()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_nesting_is_read_on_a_small_stack(pieces in proptest::collection::vec(prop_oneof![
        Just("Content-Type: message/rfc822\r\n\r\n"), Just("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"),
        Just("Content-Type: multipart/digest; boundary=c\r\n\r\n--c\r\n\r\n"), Just("--b\r\n"), Just("--c--\r\n"),
        Just("Content-Type: text/html\r\n\r\n<table><tr><td><blockquote>"), Just("\r\n"),
        Just("Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\n"), Just("begin 644 a\r\n#86%A\r\nend\r\n"),
    ], 0..400)) {
        read("nesting", message("X: y", "").into_iter().chain(pieces.concat().into_bytes()).collect());
        read("nesting", [b"From: a@hel.example\r\n".to_vec(), pieces.concat().into_bytes()].concat());
    }
}
