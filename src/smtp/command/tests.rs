use proptest::prelude::*;

use super::*;
use crate::domain::address::{AddressFault, Mailbox};

fn parse(line: &str) -> Result<Command, CommandFault> {
    Command::parse(line.as_bytes())
}

fn sender(line: &str) -> ReversePath {
    match parse(line) {
        Ok(Command::Mail(mail)) => mail.path,
        other => panic!("{line}: {other:?}"),
    }
}

fn recipient(line: &str) -> ForwardPath {
    match parse(line) {
        Ok(Command::Rcpt(rcpt)) => rcpt.path,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn plain_commands() {
    for (line, command) in [
        ("EHLO a.example", Command::Ehlo("a.example".into())),
        ("ehlo [192.0.2.1]", Command::Ehlo("[192.0.2.1]".into())),
        ("HELO DESKTOP_1", Command::Helo("DESKTOP_1".into())),
        ("EHLO [IPv6:2001:db8::1]", Command::Ehlo("[IPv6:2001:db8::1]".into())),
        ("data", Command::Data),
        ("DATA  \t ", Command::Data),
        ("StartTLS", Command::StartTls),
        ("RSET", Command::Rset),
        ("NOOP", Command::Noop),
        ("NOOP all is well", Command::Noop),
        ("HELP", Command::Help),
        ("HELP MAIL", Command::Help),
        ("VRFY anna", Command::Vrfy),
        ("EXPN all", Command::Expn),
        ("QUIT", Command::Quit),
        ("BDAT 0", Command::Bdat { size: 0, last: false }),
        ("BDAT 12 last", Command::Bdat { size: 12, last: true }),
    ] {
        assert_eq!(parse(line), Ok(command), "{line}");
    }
}

#[test]
fn forms_that_are_not() {
    for line in [
        "EHLO",
        "EHLO ",
        "EHLO a b",
        "EHLO a<b>",
        "EHLO åbo",
        "HELO []",
        "HELO [a",
        "DATA now",
        "STARTTLS now",
        "RSET x",
        "QUIT now",
        "VRFY",
        "EXPN",
        "MAIL",
        "MAIL <a@b>",
        "MAIL FROM",
        "MAIL  FROM:<a@b>",
        "RCPT",
        "RCPT FROM:<a@b>",
        "MAIL FROM :<a@b>",
    ] {
        assert!(matches!(parse(line), Err(CommandFault::Form(_))), "{line}: {:?}", parse(line));
    }
    for line in ["", " ", " NOOP", "NOOP:", "XYZZY", "ETRN x", "GET", "get / HTTP/1.1", "DATA.", "TURN"] {
        assert_eq!(parse(line), Err(CommandFault::Unknown), "{line}");
    }
    for line in ["GET / HTTP/1.1", "POST /\u{1} HTTP/1.0", "PRI * HTTP/2.0", "CONNECT mail:25"] {
        assert_eq!(parse(line), Err(CommandFault::Http), "{line}");
    }
    for line in [&b"NOOP \x01"[..], b"NOOP\t\xff", b"\xff", b"MAIL FROM:<\xe5@b>", b"NO\tOP", b"NOOP \xc2\x85 x"] {
        assert_eq!(Command::parse(line), Err(CommandFault::NotText), "{line:?}");
    }
}

#[test]
fn a_chunk_whose_end_is_unknown() {
    for line in [
        "BDAT",
        "BDAT x",
        "BDAT -1",
        "BDAT +1",
        "BDAT 1 FIRST",
        "BDAT 1  LAST",
        "BDAT  1",
        "BDAT 1 LAST x",
        "BDAT 18446744073709551615",
        "BDAT 18446744073709551616",
        "BDAT 99999999999999999999999",
    ] {
        assert_eq!(parse(line), Err(CommandFault::ChunkSize), "{line}");
    }
    assert_eq!(Command::parse(b"bdat 8\x01"), Err(CommandFault::ChunkSize));
    assert_eq!(parse("BDAT 18446744073709551614"), Ok(Command::Bdat { size: u64::MAX - 1, last: false }));
}

#[test]
fn paths() {
    for (path, wire) in [
        ("<>", ""),
        ("<clerk@Hel.Example>", "clerk@hel.example"),
        ("<@a.example,@b.example:clerk@hel.example>", "clerk@hel.example"),
        ("<@a:clerk@hel.example>", "clerk@hel.example"),
        ("<\"a>b\"@hel.example>", "\"a>b\"@hel.example"),
        ("<\"a\\\"> b\"@hel.example>", "\"a\\\"> b\"@hel.example"),
        ("<@a:\"x>y\"@hel.example>", "\"x>y\"@hel.example"),
        ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("<a@[IPv6:::1]>", "a@[IPv6:::1]"),
        ("<a@xn--rksmrgs-5wao1o.example>", "a@xn--rksmrgs-5wao1o.example"),
    ] {
        assert_eq!(sender(&format!("MAIL FROM:{path}")).wire(), wire, "{path}");
    }
    assert_eq!(recipient("rcpt to:<PostMaster>"), ForwardPath::Postmaster);
    assert_eq!(recipient("RCPT TO:<postmaster@a>").wire(), "postmaster@a");
    assert_eq!(recipient("RCPT TO:<a@b> ").wire(), "a@b");
}

#[test]
fn paths_that_are_not() {
    use AddressFault as A;
    use PathFault as P;
    for (path, fault) in [
        ("a@b", P::Brackets),
        ("", P::Brackets),
        (" <a@b>", P::Brackets),
        ("<a@b", P::Brackets),
        ("<\"a@b>", P::Brackets),
        ("<\"a\\", P::Brackets),
        ("<postmaster>", P::Address(A::Shape)),
        ("<a>", P::Address(A::Shape)),
        ("<a b@c>", P::Address(A::LocalPart)),
        ("<a@b@c>", P::Address(A::LocalPart)),
        ("<a@b c>", P::Address(A::Domain)),
        ("<a@b_c>", P::Address(A::Domain)),
        ("<<a@b>>", P::Address(A::LocalPart)),
        ("<@a>", P::Route),
        ("<@a,b:c@d>", P::Route),
        ("<@a,@:c@d>", P::Route),
        ("<@[192.0.2.1]:c@d>", P::Route),
        ("<@a:>", P::Address(A::Shape)),
        ("<@a:postmaster>", P::Address(A::Shape)),
    ] {
        assert_eq!(parse(&format!("MAIL FROM:{path}")), Err(CommandFault::Sender(fault)), "{path}");
    }
    assert_eq!(parse("RCPT TO:<>"), Err(CommandFault::Recipient(P::Address(A::Shape))));
    let long = |octets: usize| format!("<{}@b>", format!("@{}:", "a".repeat(60)).repeat(4) + &"x".repeat(octets));
    assert_eq!(parse(&format!("RCPT TO:{}", long(60))), Err(CommandFault::Recipient(P::TooLong)));
}

#[test]
fn a_path_has_at_most_256_octets() {
    let labels = ["d".repeat(63), "d".repeat(63), "d".repeat(59)].join(".");
    let path = |local: usize| format!("<{}@{labels}>", "x".repeat(local));
    assert_eq!(path(64).len(), 254);
    assert_eq!(sender(&format!("MAIL FROM:{}", path(64))).wire().len(), 252);
    let routed = |hop: usize| format!("<@{}:x@{labels}>", "h".repeat(hop));
    assert_eq!(routed(63).len(), 256);
    assert_eq!(sender(&format!("MAIL FROM:{}", routed(63))).wire().len(), 189);
    let over = format!("<@{}.h:x@{labels}>", "h".repeat(62));
    assert_eq!(parse(&format!("MAIL FROM:{over}")), Err(CommandFault::Sender(PathFault::TooLong)));
}

#[test]
fn parameters() {
    let mail = |line: &str| match parse(line) {
        Ok(Command::Mail(mail)) => (mail.size, mail.eight_bit, mail.smtputf8, mail.extended),
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(mail("MAIL FROM:<a@b>"), (None, false, false, false));
    assert_eq!(mail("mail from:<a@b> size=0 body=7bit"), (Some(0), false, false, true));
    assert_eq!(mail("MAIL FROM:<> SMTPUTF8 BODY=8BITMIME SIZE=00012"), (Some(12), true, true, true));
    assert_eq!(mail("MAIL FROM:<a@b> SIZE=18446744073709551616").0, Some(u64::MAX));
    assert_eq!(mail("MAIL FROM:<a@b> SIZE=99999999999999999999999999999999999999999").0, Some(u64::MAX));
    assert!(mail("MAIL FROM:<å@b> SMTPUTF8").2);
}

#[test]
fn parameters_that_are_not() {
    use CommandFault as F;
    let value = |p: &str| parse(&format!("MAIL FROM:<a@b>{p}"));
    for bad in [
        " SIZE",
        " SIZE=",
        " SIZE=x",
        " SIZE=-1",
        " SIZE=+1",
        " SIZE=1=1",
        " BODY",
        " BODY=BINARYMIME",
        " BODY=",
        " SMTPUTF8=1",
        "  SIZE=1",
        " =1",
        " -A",
        " SIZE=1  BODY=7BIT",
        "SIZE=1",
        "x",
        " a_b",
        " SIZE=1,2",
    ] {
        assert!(matches!(value(bad), Err(F::Form(_) | F::Value(_))), "{bad}: {:?}", value(bad));
    }
    assert_eq!(value(" SIZE=1 size=1"), Err(F::Repeated("SIZE")));
    assert_eq!(value(" BODY=7BIT SIZE=1 BODY=8BITMIME"), Err(F::Repeated("BODY")));
    assert_eq!(value(" SMTPUTF8 SMTPUTF8"), Err(F::Repeated("SMTPUTF8")));
    assert_eq!(value(" ret=full"), Err(F::Parameter("RET".into())));
    assert_eq!(parse("RCPT TO:<a@b> NOTIFY=NEVER"), Err(F::Parameter("NOTIFY".into())));
    assert_eq!(parse("MAIL FROM:<å@b>"), Err(F::Smtputf8Needed));
    assert_eq!(parse("MAIL FROM:<a@å.example> SIZE=1"), Err(F::Smtputf8Needed));
}

#[test]
fn a_recipient_in_more_than_ascii_says_so() {
    let utf8 = |line: &str| matches!(parse(line), Ok(Command::Rcpt(Rcpt { utf8: true, .. })));
    assert!(utf8("RCPT TO:<å@b>"));
    assert!(utf8("RCPT TO:<a@räksmörgås.example>"));
    assert!(!utf8("RCPT TO:<a@xn--rksmrgs-5wao1o.example>"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_octets_panic(line in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = Command::parse(&line);
    }

    #[test]
    fn no_command_panics(line in "(?i)(MAIL FROM:|RCPT TO:|BDAT |EHLO )[<>@a\"\\\\:,.å\\[\\] =0-9]{0,20}( (SIZE|BODY)=?[0-9A]{0,3}){0,3}") {
        let _ = Command::parse(line.as_bytes());
    }

    /// Whatever is taken for an address is one that we write the same way.
    #[test]
    fn addresses_survive(local in "[a-z.\" \\\\>@å]{1,12}", domain in "[a-z]{1,5}(\\.[a-z]{1,5}){0,2}") {
        let path = format!("{local}@{domain}");
        if let Ok(Command::Mail(Mail { path: ReversePath::Mailbox(mailbox), .. })) = parse(&format!("MAIL FROM:<{path}> SMTPUTF8")) {
            prop_assert_eq!(Mailbox::parse(&mailbox.wire()), Ok(mailbox));
        }
    }
}

#[test]
fn logins() {
    let auth = |line: &str| match parse(line) {
        Ok(Command::Auth { mechanism, initial }) => Ok((mechanism.name(), initial.map(|response| response.0))),
        Ok(other) => panic!("{line}: {other:?}"),
        Err(fault) => Err(fault),
    };
    assert_eq!(auth("AUTH PLAIN"), Ok(("PLAIN", None)));
    assert_eq!(auth("auth scram-sha-256-plus ="), Ok(("SCRAM-SHA-256-PLUS", Some(Vec::new()))));
    assert_eq!(auth("AUTH PLAIN AGEAYg=="), Ok(("PLAIN", Some(b"\0a\0b".to_vec()))));
    for line in ["AUTH PLAIN ==", "AUTH PLAIN a", "AUTH PLAIN AGEAYg", "AUTH PLAIN AGEAYg== x", "AUTH PLAIN *"] {
        assert_eq!(auth(line), Err(CommandFault::Base64), "{line}");
    }
    assert_eq!(auth("AUTH CRAM-MD5"), Err(CommandFault::Mechanism));
    for line in ["AUTH", "AUTH ", "AUTH  PLAIN", "AUTH PL@IN", "AUTH ABCDEFGHIJKLMNOPQRSTU"] {
        assert_eq!(auth(line), Err(CommandFault::Form("AUTH mechanism [initial-response]")), "{line}");
    }
    assert!(!format!("{:?}", parse("AUTH PLAIN AGEAYg==")).contains("[0, 97"), "no password is printed");
}

#[test]
fn submitters() {
    let submitter = |value: &str| match parse(&format!("MAIL FROM:<a@b.example> AUTH={value}")) {
        Ok(Command::Mail(mail)) => Ok(mail.submitter.unwrap()),
        Ok(other) => panic!("{value}: {other:?}"),
        Err(fault) => Err(fault),
    };
    for good in ["<>", "e+3Dmc2@example.com"] {
        assert_eq!(submitter(good).as_deref(), Ok(good));
    }
    for bad in ["e+3dmc2", "a+", "a+4", "å", "+å"] {
        assert_eq!(submitter(bad), Err(CommandFault::Value("AUTH")), "{bad}");
    }
}
