use proptest::prelude::*;

use super::*;
use crate::intake::{Limits, read};

const TRACE: &str = "Authentication-Results: mail1.konto.example; none\r\nReceived: from x ([192.0.2.1])\r\n\tby \
                     mail1.konto.example with ESMTP\r\n\tid 1; Mon, 23 Nov 2026 10:00:00 +0000\r\n";

fn is_anna(mailbox: &Mailbox) -> bool {
    mailbox.folded() == "anna@konto.example"
}

/// The copy without our fields.
fn copied(raw: &str) -> String {
    let copy = String::from_utf8(copy(raw.as_bytes(), TRACE, &is_anna)).unwrap();
    copy.strip_prefix(TRACE).expect("our fields on top").to_owned()
}

#[test]
fn who_is_alone_sees_the_octets_as_they_came() {
    for raw in [
        "From: clerk@hel.example\r\nTo: Anna Virtanen\r\n <Anna@Konto.Example>\r\nSubject: bo@konto.example\r\n\r\nTo: bo@x.y\r\n",
        "to : anna@konto.example (Anna)\r\n\r\n",
        "To: friends: anna@konto.example;\r\n\r\n",
        "Delivered-To: <anna@konto.example>\r\nOriginal-Recipient: rfc822;anna@konto.example\r\n\r\n",
        "Received: from a by b (x) with ESMTP id 1\r\n\tfor <anna@konto.example>; Mon, 23 Nov 2026 10:00:00 +0200\r\n\r\n",
        "no header at all",
        "\r\nbody",
        "",
        "X: y",
    ] {
        assert_eq!(copied(raw), raw);
    }
}

#[test]
fn nobody_else_is_shown() {
    for (raw, expected) in [
        ("To: anna@konto.example, Bo <bo@konto.example>\r\n", "To: <anna@konto.example>\r\n"),
        ("CC: bo@konto.example,\r\n cia@konto.example\r\nX: y\r\n", "X: y\r\n"),
        ("To: \"bo@konto.example\" <anna@konto.example>\r\n", "To: <anna@konto.example>\r\n"),
        ("To: anna@konto.example (and bo@konto.example)\r\n", "To: <anna@konto.example>\r\n"),
        ("To: =?utf-8?B?Ym9Aa29udG8uZXhhbXBsZQ==?= <anna@konto.example>\r\n", "To: <anna@konto.example>\r\n"),
        ("To: all: bo@konto.example, anna@konto.example;\r\n", "To: <anna@konto.example>\r\n"),
        ("Bcc: bo@konto.example\r\nResent-To: cia@konto.example\r\n", ""),
        ("Bcc:\r\n", ""),
        ("To: 131052-308T@hetu.konto.example, anna@konto.example\r\n", "To: <anna@konto.example>\r\n"),
        ("To: not an address\r\n", ""),
        ("To: \u{e5} bo@konto.example anna@konto.example\r\n", ""),
        (
            "Delivered-To: bo@konto.example\r\nX-Original-To: anna@konto.example\r\n",
            "X-Original-To: anna@konto.example\r\n",
        ),
        ("X-Forwarded-For: anna@konto.example bo@konto.example\r\n", ""),
        (
            "Received: from a by b with ESMTP id 1 for <bo@konto.example>; Mon, 23 Nov 2026 10:00:00 +0200\r\n",
            "Received: from a by b with ESMTP id 1 ; Mon, 23 Nov 2026 10:00:00 +0200\r\n",
        ),
        (
            "Received: by b (for bo@konto.example) with SMTP\r\n\tFOR anna@konto.example,\r\n\tbo@konto.example id 7;\r\n date\r\n",
            "Received: by b  with SMTP\r\n\t id 7;\r\n date\r\n",
        ),
        ("Received: by b for \"bo; id\"@konto.example; date\r\n", "Received: by b ; date\r\n"),
        ("Received: by b (open for bo@konto.example; date\r\n", "Received: by b \r\n"),
        ("Received: by b for <bo@konto.example>\r\n", "Received: by b \r\n"),
    ] {
        assert_eq!(copied(&format!("{raw}\r\nbody")), format!("{expected}\r\nbody"), "{raw}");
    }
}

#[test]
fn results_in_our_name_are_ours_alone() {
    for (id, stays) in [
        ("mail1.konto.example; spf=pass", false),
        ("(note) \"Mail1.Konto.Example.\" 1; dkim=pass", false),
        ("\r\n mail2.konto.example; dmarc=pass", false),
        ("konto.example; dmarc=pass", false),
        ("mail.hel.example; dkim=pass", true),
        ("notkonto.example; dkim=pass", true),
        ("", true),
    ] {
        let raw = format!("Authentication-Results: {id}\r\nX: y\r\n\r\n");
        assert_eq!(copied(&raw).contains("Authentication"), stays, "{id}");
    }
    // A message from before we made any: whose name is ours is not known.
    let raw = b"Authentication-Results: mail1.konto.example; none\r\n\r\n";
    assert_eq!(copy(raw, "", &is_anna), raw);
}

proptest! {
    /// Whatever the header is: our fields on top, the body as it came, and nobody but the citizen in what a mail program
    /// shows as recipients; once cut, nothing is left to cut.
    #[test]
    fn no_header_shows_another(
        lines in proptest::collection::vec(prop_oneof![
            "(To|Cc|BCC|Resent-To|Delivered-To|to )",
            "(Received: from a by b for |X-Original-To: |Subject: |Authentication-Results: mail1.konto.example)",
            "(To|Cc): [a-z <>@,;:\"()\\\\]{0,30}(anna|bo)@konto[.]example[a-z <>@,;:\"()\\\\]{0,30}",
            "(To|Cc):( |\"Bo\" |x: |\\(y\\) )<?(anna|bo|cia)@konto[.]example>?,( |\r\n )(anna|bo)@konto[.]example(;|)",
            "Received: from a( \\(b\\)|) for <?(anna|bo)@konto[.]example>?;? .{0,20}",
            "[ -~]{0,60}",
        ], 0..8),
        body in "(.|\r\n){0,60}",
    ) {
        let head = lines.iter().flat_map(|line| [line, "\r\n"]).collect::<String>();
        let raw = format!("{head}\r\n{body}");
        let copy = copy(raw.as_bytes(), TRACE, &is_anna);
        prop_assert!(copy.starts_with(TRACE.as_bytes()));
        prop_assert!(copy.ends_with(body.as_bytes()));
        let text = String::from_utf8_lossy(&copy);
        let header = text.split("\r\n\r\n").next().unwrap();
        let content = read(format!("{header}\r\n\r\n").as_bytes(), &Limits::default());
        for person in content.to {
            let own = Mailbox::parse(&person.address).is_ok_and(|mailbox| is_anna(&mailbox));
            prop_assert!(own, "{:?} in {}", person, header);
            prop_assert!(!person.name.unwrap_or_default().contains('@'));
        }
        let again = super::copy(&copy[TRACE.len()..], TRACE, &is_anna);
        prop_assert_eq!(String::from_utf8_lossy(&again), text);
    }

    #[test]
    fn no_octets_panic(raw in proptest::collection::vec(prop_oneof![
        Just(b':'), Just(b'\n'), Just(b'\r'), Just(b' '), Just(b'('), Just(b')'), Just(b'"'), Just(b'@'), any::<u8>(),
    ], 0..200)) {
        let mut received = b"Received: for ".to_vec();
        received.extend_from_slice(&raw);
        let _ = copy(&raw, TRACE, &is_anna);
        let _ = copy(&received, TRACE, &is_anna);
    }
}
