use proptest::prelude::*;

use super::*;
use crate::domain::ids::ArrivalId;
use crate::domain::language::Language;
use crate::domain::record::Kind;
use crate::domain::status::{DueFault, Unwanted};
use crate::domain::tags::Said;

fn wire(reply: &Reply) -> String {
    let mut out = Vec::new();
    reply.write_to(&mut out);
    String::from_utf8(out).unwrap()
}

fn refusal(class: Class, language: Language) -> Refusal {
    Refusal::new(class, "cause").in_language(language)
}

/// One of each.
fn classes() -> Vec<Class> {
    vec![
        Class::NoSuchMailbox,
        Class::AccountNotInUse,
        Class::CheckCharacters,
        Class::NotAnOffice,
        Class::TlsNeeded,
        Class::AuthorNotOfOffice,
        Class::NotYourConversation,
        Class::Malware { part: "beslut.pdf".into() },
        Class::Attachment { why: Unwanted::Executable, part: "beslut.exe".into(), entry: None },
        Class::Attachment { why: Unwanted::Executable, part: "beslut.zip".into(), entry: Some("beslut.js".into()) },
        Class::Attachment { why: Unwanted::Macros, part: "beslut.docm".into(), entry: None },
        Class::Attachment { why: Unwanted::Encrypted, part: "beslut.zip".into(), entry: None },
        Class::Attachment { why: Unwanted::Unreadable, part: "beslut.zip".into(), entry: Some("inner.7z".into()) },
        Class::NotScanned { part: "film.mp4".into(), size: 40 << 20, limit: Some(30 << 20) },
        Class::NotScanned { part: "bilder.zip".into(), size: 4 << 20, limit: None },
        Class::TooLarge { size: None, limit: 30 << 20 },
        Class::TooLarge { size: Some(40 << 20), limit: 30 << 20 },
        Class::TooManyRecipients,
        Class::LineEnds,
        Class::TooComplex,
        Class::Undecryptable,
        Class::OpenPgp,
        Class::DueDate { read: "31.12.".into(), fault: DueFault::Unreadable },
        Class::DueDate { read: "2026-11-23".into(), fault: DueFault::Past },
        Class::DueDate { read: "2062-12-31".into(), fault: DueFault::Far },
        Class::DueDate { read: "2026-12-31".into(), fault: DueFault::NoRequest },
        Class::TagsConflict { first: Said::Kind(Kind::Decision), second: Said::Kind(Kind::Notice) },
        Class::TagsConflict { first: Said::Due(jiff::civil::date(2026, 12, 31)), second: Said::Kind(Kind::Notice) },
        Class::TagsConflict { first: Said::Case("1/2026".into()), second: Said::Case("2/2026".into()) },
        Class::CitizensConflict,
        Class::AutomaticMail,
        Class::CitizenNotNamed,
        Class::StorageFull,
        Class::Unavailable,
        Class::TooManyLogins,
        Class::TooFast,
        Class::Loop,
        Class::ShuttingDown,
        Class::TooManyConnections,
    ]
}

#[test]
fn answers_on_the_wire() {
    let host = Domain::parse("mail.konto.example").unwrap();
    assert_eq!(wire(&Reply::greeting(&host)), "220 mail.konto.example ESMTP Brevbro\r\n");
    assert_eq!(
        wire(&Reply::ehlo(&host, 1024, 100, true, &[])),
        "250-mail.konto.example\r\n250-PIPELINING\r\n250-SIZE 1024\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
         250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250-STARTTLS\r\n250-LIMITS RCPTMAX=100\r\n250 HELP\r\n"
    );
    assert!(!wire(&Reply::ehlo(&host, 1024, 100, false, &[])).contains("STARTTLS"));
    assert_eq!(wire(&Reply::recipient_ok()), "250 2.1.5 Recipient OK\r\n");
    assert_eq!(wire(&Reply::start_data()), "354 End the message with <CRLF>.<CRLF>\r\n");
    let id = ArrivalId::new(1, [7; 10]);
    assert_eq!(wire(&Reply::accepted(&Receipt::issued(id, false))), format!("250 2.0.0 Kept as {id}\r\n"));
    assert_eq!(wire(&Reply::accepted(&Receipt::issued(id, true))), format!("250 2.0.0 Kept before as {id}\r\n"));
}

#[test]
fn a_refusal_is_in_the_office_s_language_and_then_in_english() {
    assert_eq!(
        wire(&Reply::refused(&refusal(Class::AccountNotInUse, Language::Sv), true)),
        "550-5.2.1 Personen tar inte emot post från myndigheter här. Skicka på papper.\r\n\
         550 5.2.1 This person does not receive mail from authorities here. Send it on paper.\r\n"
    );
    assert!(
        wire(&Reply::refused(&refusal(Class::AccountNotInUse, Language::Sv), false)).contains("fran myndigheter har")
    );
    assert_eq!(Reply::refused(&refusal(Class::AccountNotInUse, Language::En), false).lines().count(), 1);
    let size = Class::TooLarge { size: Some((31 << 20) + 400_000), limit: 30 << 20 };
    let text = wire(&Reply::refused(&refusal(size, Language::Fi), true));
    assert!(
        text.starts_with("552-5.3.4 Viestin koko on 31,4 MiB; enintään 30 MiB otetaan vastaan. Liitteet"),
        "{text}"
    );
    assert!(
        text.contains("552 5.3.4 The message is 31.4 MiB; 30 MiB is the most that is taken. Attachments"),
        "{text}"
    );
}

#[test]
fn every_refusal_has_its_sentence_in_every_language() {
    for class in classes() {
        for language in Language::ALL {
            let reply = Reply::refused(&refusal(class.clone(), language), true);
            let lines: Vec<&str> = reply.lines().collect();
            assert_eq!(lines.len(), if language == Language::En { 1 } else { 2 }, "{class:?}");
            for line in lines {
                assert!(line.len() > 20 && !line.contains(['{', '}', '$']) && line.contains(". "), "{class:?}: {line}");
            }
        }
    }
}

#[test]
fn a_file_name_cannot_leave_its_line() {
    let part = "a\r\n250 2.0.0 OK\u{202e}\u{2028}.pdf".to_owned() + &"x".repeat(2000);
    let text = wire(&Reply::refused(&refusal(Class::Malware { part }, Language::En), true));
    assert_eq!(text.lines().count(), 1);
    assert!(text.starts_with("554 5.7.1 The part \"a??250 2.0.0 OK??.pdf"), "{text}");
    assert!(text.len() < 400);
}

#[test]
fn an_attachment_is_named_with_what_holds_it() {
    let say = |entry: Option<&str>, language| {
        let class = Class::Attachment {
            why: Unwanted::Executable,
            part: "handlingar.zip".into(),
            entry: entry.map(str::to_owned),
        };
        wire(&Reply::refused(&refusal(class, language), true))
    };
    assert!(say(None, Language::En).starts_with("554 5.7.1 The attachment \"handlingar.zip\" is a program"));
    let inside = say(Some("beslut.pdf.js"), Language::Sv);
    assert!(inside.starts_with("554-5.7.1 Filen \"beslut.pdf.js\" i bilagan \"handlingar.zip\" är"), "{inside}");
}

#[test]
fn what_was_read_is_said_back_but_no_identity_code() {
    let said = |read: &str| {
        let class = Class::DueDate { read: read.into(), fault: DueFault::Unreadable };
        wire(&Reply::refused(&refusal(class, Language::En), true))
    };
    assert!(said("31.12.").starts_with("554 5.6.1 The due date \"31.12.\" cannot be read. Write it"));
    for code in ["131052-308T", "19811228-9874", "till 8112289874"] {
        assert!(said(code).starts_with("554 5.6.1 The due date \"…\" cannot"), "{}", said(code));
    }
    let class = Class::TagsConflict { first: Said::Kind(Kind::Decision), second: Said::Case("131052-308T".into()) };
    let text = wire(&Reply::refused(&refusal(class, Language::Sv), true));
    assert!(text.starts_with("554-5.6.1 Meddelandet säger både \"beslut\" och \"dnr …\", i adressen"), "{text}");
    assert!(text.contains("\r\n554 5.6.1 The message says both \"decision\" and \"case …\""), "{text}");
}

proptest! {
    /// Nothing that is put into an answer makes it anything but one answer of lines within the limit.
    #[test]
    fn one_answer_within_limits(part in ".{0,200}", index in 0..classes().len(), utf8: bool, size: Option<u64>, long in "[a-zåö ]{0,1500}") {
        let class = match classes().swap_remove(index) {
            Class::Malware { .. } => Class::Malware { part },
            Class::DueDate { fault, .. } => Class::DueDate { read: part, fault },
            Class::TagsConflict { first: Said::Case(_), second } => {
                Class::TagsConflict { first: Said::Case(part), second }
            }
            Class::Attachment { why, entry: Some(_), .. } => {
                Class::Attachment { why, part: part.clone(), entry: Some(part) }
            }
            Class::Attachment { why, .. } => Class::Attachment { why, part, entry: None },
            Class::NotScanned { size, limit, .. } => Class::NotScanned { part, size, limit },
            Class::TooLarge { limit, .. } => Class::TooLarge { size, limit },
            class => class,
        };
        for reply in [Reply::refused(&refusal(class, Language::Sv), utf8), Reply::new(250, (2, 0, 0), long)] {
            let text = wire(&reply);
            let lines: Vec<&str> = text.strip_suffix("\r\n").unwrap().split("\r\n").collect();
            let code = reply.code().to_string();
            for (index, line) in lines.iter().enumerate() {
                prop_assert!(line.len() + 2 <= LINE && !line.contains(['\r', '\n']));
                let sign = if index + 1 == lines.len() { ' ' } else { '-' };
                let (class, subject, detail) = reply.enhanced().unwrap();
                let start = format!("{code}{sign}{class}.{subject}.{detail} ");
                prop_assert!(line.starts_with(&start), "{}", line);
            }
            let mut input = bytes::BytesMut::from(text.as_bytes());
            let read = ReplyReader::default().next(&mut input).unwrap().unwrap();
            prop_assert_eq!((read.code, read.enhanced, input.len()), (reply.code(), reply.enhanced(), 0));
        }
    }
}
