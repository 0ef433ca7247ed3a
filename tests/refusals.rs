//! Every refusal is one event, whose reference stands in the answer; strangers cannot fill the disk with them.

mod support;

use std::time::{Duration, Instant};

use serde_json::Value;
use support::client::{Answer, Client};
use support::gateway::{Gateway, Setup, said};

const ANNA: &str = "anna.virtanen@konto.example";

/// The reference at the end of an answer.
fn reference(answer: &Answer) -> String {
    let text = answer.lines.last().unwrap();
    let (_, reference) = text.rsplit_once(" Reference: ").unwrap_or_else(|| panic!("no reference: {text}"));
    assert_eq!(reference.len(), 11, "{text}");
    reference.to_owned()
}

/// The events that a text finds. They are written behind the answer.
fn trace(gateway: &Gateway, text: &str) -> Vec<Value> {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let output = gateway.run(&["trace", text, "--json"]);
        if output.status.success() {
            let trace: Value = serde_json::from_slice(&output.stdout).unwrap();
            return trace["events"].as_array().unwrap().clone();
        }
        assert!(Instant::now() < end, "{text} finds nothing: {}", said(&output));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[track_caller]
fn is_one_event(gateway: &Gateway, answer: &Answer, words: &[&str]) {
    let events = trace(gateway, &reference(answer));
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["what"], "refused");
    let detail = events[0]["detail"].as_str().unwrap();
    for word in words {
        assert!(detail.contains(word), "{word} is not in: {detail}");
    }
    for secret in ["anna", "virtanen", "clerk", "nobody", "someone", "mail.hel.example"] {
        assert!(!detail.contains(secret), "{secret} is in: {detail}");
    }
    assert!(detail.contains(&format!(" listener=127.0.0.1:{} ip=127.0.0.1 helo=", gateway.smtp_port)), "{detail}");
}

#[test]
fn every_refusal_is_one_event_that_its_reference_finds() {
    let gateway = Gateway::start(Setup::default());
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    let mut say = |line: &str| client.command(line).unwrap();

    let too_large = say("MAIL FROM:<clerk@hel.example> SIZE=999999999");
    is_one_event(&gateway, &too_large, &["class=too-large step=mail ", " office=hel-social ", " from="]);
    say("MAIL FROM:<clerk@hel.example>");
    let unknown = say("RCPT TO:<nobody@konto.example>");
    is_one_event(&gateway, &unknown, &["class=no-such-mailbox step=rcpt ", " office=hel-social ", " from=", " to="]);
    let waiting = say("RCPT TO:<berit.nyman@konto.example>");
    is_one_event(&gateway, &waiting, &["class=account-not-in-use step=rcpt ", "waits for consent"]);
    say("RSET");
    say("MAIL FROM:<someone@elsewhere.example>");
    let stranger = say(&format!("RCPT TO:<{ANNA}>"));
    is_one_event(&gateway, &stranger, &["class=not-an-office step=rcpt ", " cause="]);
    assert!(!trace(&gateway, &reference(&stranger))[0]["detail"].as_str().unwrap().contains("office="));
    say("RSET");

    let letter = b"From: other@elsewhere.example\r\nSubject: x\r\n\r\nx\r\n";
    let author = client.send("clerk@hel.example", &[ANNA], letter).unwrap();
    is_one_event(
        &gateway,
        &author,
        &["class=author-not-of-office step=body ", " office=hel-social ", " from=", " to="],
    );
    let ends = client.send("clerk@hel.example", &[ANNA], b"From: clerk@hel.example\r\n\r\nx\ny\r\n").unwrap();
    is_one_event(&gateway, &ends, &["class=line-ends step=body "]);
    // As a person reads it out: in capitals, without the hyphen.
    assert_eq!(trace(&gateway, &reference(&ends).to_uppercase().replace('-', "")).len(), 1);
    assert!(gateway.api("anna").inbox().is_empty());
}

/// What was kept: every proof that was asked, in words, and the fields that stand on top of the citizen's copy.
#[test]
fn a_trace_shows_proofs_and_our_own_fields() {
    let gateway = Gateway::start(Setup::default());
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    let letter = b"From: clerk@hel.example\r\nMessage-ID: <traced@hel.example>\r\nSubject: x\r\n\
        Content-Type: application/pdf; name=secret.pdf\r\n\r\nx\r\n";
    assert!(client.send("clerk@hel.example", &[ANNA], letter).unwrap().is_yes());
    let told = said(&gateway.run(&["trace", "<traced@hel.example>"]));
    for line in [
        "    yes    hel-social: senders (MAIL FROM is one of the senders)\n",
        "    yes    hel-social: network (127.0.0.1 is in 127.0.0.0/8)\n",
        "    Authentication-Results: mail1.konto.example;",
        "    Received: from mail.hel.example ([127.0.0.1])\n        by mail1.konto.example with ESMTP\n",
        "    0  application/pdf            3  as-it-came  attachment 0\n          ! date-unreadable\n",
    ] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
    assert!(!told.contains("secret"), "a trace names no file: {told}");
    let author = client.send("clerk@hel.example", &[ANNA], b"From: x@elsewhere.example\r\n\r\nx\r\n").unwrap();
    trace(&gateway, &reference(&author));
    let told = said(&gateway.run(&["trace", &reference(&author)]));
    assert!(told.contains("class=author-not-of-office step=body ") && !told.contains("cause="), "{told}");
    assert!(told.contains("\n    because: From is no sender of hel-social\n"), "{told}");
}

#[test]
fn tls_needed_and_one_connection_too_many() {
    let over = vec![("LISTENER__0__CONNECTIONS_PER_PEER", "2".to_owned())];
    let gateway = Gateway::start(Setup { tls: "required", over, ..Setup::default() });
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    let clear = client.command("MAIL FROM:<clerk@hel.example>").unwrap();
    is_one_event(&gateway, &clear, &["class=tls-needed step=mail ", " from="]);
    let _second = Client::connect(gateway.smtp_port).unwrap();
    let third = Client::connect(gateway.smtp_port).map(drop).unwrap_err().to_string();
    assert!(third.starts_with("421 4.7.0 Too many connections"), "{third}");
    let (_, reference) = third.rsplit_once(" Reference: ").unwrap();
    let events = trace(&gateway, reference);
    assert!(events[0]["detail"].as_str().unwrap().starts_with("class=too-many-of-network step=connect "));
}

/// Two hundred refusals of one network are few events; each reference leads to one of them, and none is lost in count.
#[test]
fn strangers_do_not_fill_the_disk() {
    let over = vec![("LIMITS__REFUSALS_PER_NETWORK", "5".to_owned())];
    let mut gateway = Gateway::start(Setup { over, ..Setup::default() });
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    client.command("MAIL FROM:<someone@elsewhere.example>").unwrap();
    let stranger: Vec<String> =
        (0..200).map(|n| reference(&client.command(&format!("RCPT TO:<n{n}@konto.example>")).unwrap())).collect();
    // An office from the same network has its own events.
    client.command("RSET").unwrap();
    client.command("MAIL FROM:<clerk@hel.example>").unwrap();
    let office = client.command("RCPT TO:<nobody@konto.example>").unwrap();
    is_one_event(&gateway, &office, &["class=no-such-mailbox"]);
    gateway.stop();

    let first = trace(&gateway, &stranger[0]);
    assert_eq!(first[0]["what"], "refused");
    let last = trace(&gateway, &stranger[199]);
    assert_eq!(last.len(), 1);
    assert_eq!(last[0]["what"], "refused-more");
    let detail = last[0]["detail"].as_str().unwrap();
    assert!(detail.contains("not-an-office=") && detail.contains("networks=1 from=127.0.0.1("), "{detail}");
    let mut distinct = stranger.clone();
    distinct.sort();
    distinct.dedup();
    assert!(distinct.len() < 10, "{distinct:?}");
    for reference in distinct {
        assert_eq!(trace(&gateway, &reference).len(), 1);
    }
    let stats = gateway.run(&["stats", "--json"]);
    let stats: Value = serde_json::from_slice(&stats.stdout).unwrap();
    assert_eq!(stats["refusals"]["not-an-office"], 200, "{stats}");
    assert_eq!(stats["refusals"]["no-such-mailbox"], 1, "{stats}");
}
