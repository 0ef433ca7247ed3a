use proptest::prelude::*;

use super::*;
use crate::intake::Limits;

const TRACE: &str = "Authentication-Results: mail1.konto.example; none\r\nReceived: from x ([192.0.2.1])\r\n\tby \
                     mail1.konto.example with ESMTP\r\n\tid 1; Mon, 23 Nov 2026 10:00:00 +0000\r\n";

fn is_anna(mailbox: &Mailbox) -> bool {
    mailbox.folded() == "anna@konto.example"
}

fn is_ours(mailbox: &Mailbox) -> bool {
    matches!(mailbox.domain.wire(), "konto.example" | "hetu.konto.example")
}

fn anna_s(raw: &[u8], trace: &str) -> Vec<u8> {
    copy(raw, trace, &is_anna, &is_ours)
}

/// The copy without our fields.
fn copied(raw: &str) -> String {
    let copy = String::from_utf8(anna_s(raw.as_bytes(), TRACE)).unwrap();
    copy.strip_prefix(TRACE).expect("our fields on top").to_owned()
}

#[test]
fn who_is_alone_sees_the_octets_as_they_came() {
    for raw in [
        "From: clerk@hel.example\r\nTo: Anna Virtanen\r\n <Anna@Konto.Example>\r\nSubject: bo@konto.example\r\n\r\nTo: bo@x.y\r\n",
        "From: Klerk <clerk@hel.example>\r\nSender: clerk@hel.example\r\nReply-To: Social <social@hel.example>\r\n\
         Message-ID: <1@hel.example>\r\nIn-Reply-To: <2@konto.example>\r\nReferences: <3@konto.example> <2@konto.example>\r\n\
         DKIM-Signature: v=1; d=hel.example; i=clerk@hel.example; h=from:to; bh=AAAA; b=BBBB\r\n\
         Authentication-Results: mx.hel.example; dkim=pass header.d=konto.example header.i=@hel.example\r\n\
         Return-Path: <bounce@hel.example>\r\nList-Unsubscribe: <mailto:off@hel.example?subject=off%40>\r\n\
         X-To: anna@konto.example\r\nX-Sender: clerk@hel.example\r\nX-Case: 1234/2026\r\n\
         Content-Type: text/plain; charset=utf-8\r\nDate: Mon, 23 Nov 2026 10:00:00 +0200\r\n\
         Subject: =?utf-8?Q?P=C3=A4=C3=A4t=C3=B6s_kund=40hel.example?=\r\n\r\nx",
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
        ("To: anna@konto.example, Bo Ek\r\n", "To: <anna@konto.example>\r\n"),
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
    assert_eq!(anna_s(raw, ""), raw);
}

/// `bo@konto.example` is a recipient. Each field, and what stays of it.
#[test]
fn no_field_holds_another() {
    for (field, kept) in [
        ("DKIM-Signature: v=1; d=hel.example; z=To:anna=40konto.example|Cc:bo=40konto.example; b=AA", ""),
        ("DKIM-Signature: v=1; d=hel.example;\r\n\tZ\r\n = Subject:x; b=AA", ""),
        ("X-Google-DKIM-Signature: v=1; z=To:x", ""),
        ("Mail-Followup-To: clerk@hel.example, bo@konto.example", ""),
        ("X-To: bo@konto.example", ""),
        ("X-To: someone@elsewhere.example", ""),
        ("X-Cc: Bo Ek", ""),
        ("Downgraded-Cc: =?utf-8?Q?Bo_=3Cbo=40konto.example=3E?=", ""),
        ("X-MS-Exchange-Organization-Recipients: anna@konto.example;\r\n bo@konto.example", ""),
        ("X-MS-Exchange-Organization-Recipients: bo@kon\r\n to.example", ""),
        ("Reply-To: Social <social@hel.example>, Bo <BO@konto.example>", "Reply-To: <social@hel.example>\r\n"),
        ("Reply-To: bo@konto.example", ""),
        ("Reply-To: hidden@konto.example, social@hel.example", "Reply-To: <social@hel.example>\r\n"),
        ("From: \"to bo@konto.example\" <clerk@hel.example>", "From: <clerk@hel.example>\r\n"),
        ("Sender: clerk@hel.example (for bo @ konto . example)", "Sender: <clerk@hel.example>\r\n"),
        ("Message-ID: <7.bo@konto.example>", ""),
        ("References: <7.bo=konto.example@hel.example>\r\n <8@hel.example>", "References: <8@hel.example>\r\n"),
        ("Subject: To Bo@Konto.Example: no", "Subject: =?utf-8?B?VG8g4oCmIG5v?=\r\n"),
        (
            "Subject: =?utf-8?Q?To_bo=40kon?=\r\n =?utf-8?B?dG8uZXhhbXBsZQ==?= no",
            "Subject: =?utf-8?B?VG8g4oCmIG5v?=\r\n",
        ),
        (
            "Content-Type: application/pdf; name=\"bo@konto.example.pdf\"; x=1",
            "Content-Type: application/pdf;\r\n x=1\r\n",
        ),
        (
            "Content-Type: text/plain; name*0=\"bo@kon\"; name*1=\"to.example\"; charset=utf-8",
            "Content-Type: text/plain;\r\n charset=utf-8\r\n",
        ),
        ("Content-Disposition: attachment; filename*=utf-8''bo%40konto.example", "Content-Disposition: attachment\r\n"),
        ("Content-Description: a letter to bo@konto.example", ""),
        ("Return-Path: <bounce-bo=konto.example@lists.example>", ""),
        ("Return-Path: <SRS0=HHH=TT=konto.example=bo@relay.example>", ""),
        ("Return-Path: <bounce-hidden=konto.example@lists.example>", ""),
        ("List-Unsubscribe: <mailto:off@lists.example?body=bo%40konto.example>", ""),
        ("Authentication-Results: mx.hel.example; spf=pass smtp.rcptto=bo@konto.example", ""),
        ("X-Id: <9@elsewhere.example>", ""),
        ("X-Data: eyJ0byI6ImJvQGtvbnRvLmV4YW1wbGUifQ", ""),
        ("X-Data: =?x-unknown?B?AAAA?=", ""),
        ("X-Data: \"bo\"@konto.example", ""),
        ("X-Data: bo(x)@(y)konto.example", ""),
        ("X-Code: 131052-308T", ""),
        ("Received: from bo@konto.example by b; date", ""),
        ("bo@konto.example: x", ""),
        ("bo@konto.example", ""),
    ] {
        let head = "From: clerk@hel.example\r\nTo: anna@konto.example\r\n";
        let kept = format!("{head}{kept}\r\nbody bo@konto.example");
        assert_eq!(
            copied(&format!("{head}Cc: bo@konto.example\r\n{field}\r\n\r\nbody bo@konto.example")),
            kept,
            "{field}"
        );
    }
}

#[test]
fn a_code_of_another_is_nowhere() {
    let raw = "To: anna@konto.example, 131052-308T@hetu.konto.example\r\nSubject: (131052-308t) och 131052-3080\r\n\
               Message-ID: <131052-308T.1@hel.example>\r\n\r\n";
    let expected = "To: <anna@konto.example>\r\nSubject: =?utf-8?B?4oCmIG9jaCAxMzEwNTItMzA4MA==?=\r\n\r\n";
    assert_eq!(copied(raw), expected);
}

/// To more domains than anybody searches for: no address but one's own and the author's.
#[test]
fn a_crowd_leaves_nothing() {
    let crowd: Vec<String> = (0..300).map(|n| format!("p{n}@d{n}.example")).collect();
    let raw =
        format!("From: a@hel.example\r\nCc: {}\r\nReferences: <p7@d7.example> <1@x.y>\r\n\r\n", crowd.join(",\r\n "));
    assert_eq!(copied(&raw), "From: a@hel.example\r\n\r\n");
}

#[test]
fn who_is_named_alike_is_somebody_else() {
    let raw = "From: anna.bo@konto.example\r\nCc: bo@konto.example\r\nDelivered-To: anna@konto.example\r\n\
               References: <abo@konto.example>\r\n\r\n";
    assert_eq!(copied(raw), raw.replace("Cc: bo@konto.example\r\n", ""));
}

/// A header as readers have it: unfolded, decoded, in lower case.
fn as_read(header: &str) -> String {
    let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
    let lines = unfolded.lines().map(|line| {
        let parsed = mail_parser::HeaderForm::Text.parse(line.as_bytes());
        format!("{line}\n{}\n", parsed.value().as_text().unwrap_or_default())
    });
    lines.collect::<String>().to_lowercase()
}

proptest! {
    /// Whatever the header is: our fields on top, the body as it came, and no other recipient in it; once cut, nothing
    /// is left to cut.
    #[test]
    fn no_header_shows_another(
        lines in proptest::collection::vec(prop_oneof![
            "(To|Cc|BCC|Resent-To|Delivered-To|to )",
            "(Received: from a by b for |X-Original-To: |Subject: |Authentication-Results: mail1.konto.example)",
            "(To|Cc): [a-z <>@,;:\"()\\\\]{0,30}(anna|bo)@konto[.]example[a-z <>@,;:\"()\\\\]{0,30}",
            "(To|Cc):( |\"Bo\" |x: |\\(y\\) )<?(anna|bo|cia)@konto[.]example>?,( |\r\n )(anna|bo)@konto[.]example(;|)",
            "Received: from a( \\(b\\)|) for <?(anna|bo)@konto[.]example>?;? .{0,20}",
            "(Subject|From|Sender|Reply-To|References|Message-ID|X-[a-z]{1,9}|Content-Type|List-Id|Downgraded-Cc): \
             [a-z <>@,;:=\"()\\\\]{0,9}(bo@konto[.]example|BO@Konto[.]Example|=[?]utf-8[?]B[?]Ym9Aa29udG8uZXhhbXBsZQ==[?]=|=[?]utf-8[?]Q[?]bo=40konto.example[?]=|anna@konto[.]example|ext@elsewhere[.]example|131052-308t)[a-z <>@,;:=\"()\\\\]{0,9}",
            "DKIM-Signature: v=1;( |\r\n\t)z=Cc:bo=40konto[.]example",
            "[ -~]{0,60}",
        ], 0..8),
        body in "(.|\r\n){0,60}",
    ) {
        let named = "To: bo@konto.example, 131052-308T@hetu.konto.example, ext@elsewhere.example\r\n";
        let lines = lines.into_iter().filter(|line| !line.is_empty());
        let head = lines.flat_map(|line| [line, "\r\n".to_owned()]).collect::<String>();
        let raw = format!("{named}{head}\r\n{body}");
        let copy = anna_s(raw.as_bytes(), TRACE);
        prop_assert!(copy.starts_with(TRACE.as_bytes()));
        prop_assert!(copy.ends_with(body.as_bytes()));
        let text = String::from_utf8_lossy(&copy);
        let header = text.split("\r\n\r\n").next().unwrap();
        // Who says to have written it may be shown.
        let from = Fields { rest: raw.as_bytes() }.filter(|field| field.is("from") || field.is("sender"));
        let authors: Vec<String> = from.flat_map(|field| people_of(field.value)).map(|author| author.folded()).collect();
        let read = as_read(header);
        for other in ["bo@konto.example", "131052-308t", "ext@elsewhere.example"] {
            let stands = read.match_indices(other).any(|(at, _)| {
                let bounded = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
                bounded(read[..at].chars().next_back()) && bounded(read[at + other.len()..].chars().next())
            });
            prop_assert!(!stands || authors.iter().any(|author| author.contains(other)), "{} in {}", other, header);
        }
        let content = crate::intake::read(format!("{header}\r\n\r\n").as_bytes(), &Limits::default());
        for person in content.to {
            let own = Mailbox::parse(&person.address).is_ok_and(|mailbox| is_anna(&mailbox));
            prop_assert!(own, "{:?} in {}", person, header);
            prop_assert!(!person.name.unwrap_or_default().contains('@'));
        }
        let again = anna_s(&copy[TRACE.len()..], TRACE);
        prop_assert_eq!(String::from_utf8_lossy(&again), text);
    }

    #[test]
    fn no_octets_panic(raw in proptest::collection::vec(prop_oneof![
        Just(b':'), Just(b'\n'), Just(b'\r'), Just(b' '), Just(b'('), Just(b')'), Just(b'"'), Just(b'@'), Just(b'='),
        Just(b'?'), Just(b';'), Just(b'.'), any::<u8>(),
    ], 0..200), name in "(Received: for |To: |From: |Subject: |Content-Type: |References: |X: )") {
        let mut field = name.into_bytes();
        field.extend_from_slice(&raw);
        let _ = anna_s(&raw, TRACE);
        let _ = anna_s(&field, TRACE);
    }
}
