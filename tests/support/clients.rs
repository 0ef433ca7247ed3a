//! What clients may send, proper and otherwise, as strategies for property tests.

use proptest::prelude::*;

/// What a client sends, shown so that one can read it.
#[derive(Clone)]
pub struct Octets(pub Vec<u8>);

impl std::fmt::Debug for Octets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// One line that means something, or nearly so.
fn command() -> impl Strategy<Value = String> {
    let sender = prop_oneof![
        6 => Just("<clerk@hel.example>"), 1 => Just("<>"), 1 => Just("<someone@elsewhere.example>"),
        1 => Just("<@a.example:clerk@hel.example>"), 1 => Just("<åsa@hel.example>"), 1 => Just("clerk@hel.example"),
        1 => Just(" <clerk@hel.example>"), 1 => Just("<clerk>"),
    ];
    let parameters = prop_oneof![
        8 => Just(""), 1 => Just(" SIZE=100"), 1 => Just(" SIZE=18446744073709551617"), 1 => Just(" SMTPUTF8"),
        1 => Just(" BODY=8BITMIME SMTPUTF8"), 1 => Just(" SIZE=1 SIZE=1"), 1 => Just(" FOO=1"), 1 => Just(" SIZE=x"),
    ];
    let recipient = prop_oneof![
        6 => Just("<anna@konto.example>"), 2 => Just("<Anna+decision@Konto.Example>"), 1 => Just("<anna+notice@konto.example>"),
        1 => Just("<kalle@konto.example>"), 1 => Just("<nobody@konto.example>"), 2 => Just("<PostMaster>"), 1 => Just("<>"),
        1 => Just("<postmaster@konto.example>"), 1 => Just("<ängel@konto.example>"), 1 => Just("<anna@konto.example> A=1"),
        1 => Just("<anna+request@konto.example>"), 1 => Just("<anna+noreply@konto.example>"),
    ];
    let end = prop_oneof![20 => Just("\r\n"), 2 => Just(" \r\n"), 1 => Just("\n"), 1 => Just("\r"), 1 => Just("\r\r\n"), 1 => Just("")];
    let line = prop_oneof![
        2 => Just("EHLO client.example".to_owned()),
        1 => Just("HELO client.example".to_owned()),
        5 => (sender, parameters).prop_map(|(sender, parameters)| format!("MAIL FROM:{sender}{parameters}")),
        6 => recipient.prop_map(|recipient| format!("RCPT TO:{recipient}")),
        1 => prop_oneof!["RSET", "NOOP", "NOOP x", "HELP", "VRFY a", "EXPN a", "RSET x", "XYZZY", "", "\u{1}", "DATA x", "BDAT", "BDAT x"],
        1 => Just(format!("NOOP {}", "x".repeat(1100))),
    ];
    (line, end).prop_map(|(line, end)| format!("{line}{end}"))
}

/// What may stand in a body, and what must not.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-zåö ]{0,8}\r\n", 3 => Just(".\r\n".to_owned()), 2 => Just("..\r\n".to_owned()), 2 => Just(".a\r\n".to_owned()),
        1 => Just("\r".to_owned()), 1 => Just("\n".to_owned()), 1 => Just("\n.\r\n".to_owned()), 1 => Just("\r\n.\r".to_owned()),
        1 => Just("RSET\r\n".to_owned()), 1 => Just("\0".to_owned()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn message() -> impl Strategy<Value = String> {
    let from = prop_oneof![8 => Just("clerk@hel.example"), 1 => Just("someone@elsewhere.example")];
    prop_oneof![
        8 => (from, 0..1_000_000u32, text()).prop_map(|(from, id, text)| {
            format!("From: {from}\r\nSubject: oracle\r\nMessage-ID: <{id}@hel.example>\r\n\r\n{text}")
        }),
        1 => text(),
    ]
}

/// DATA or BDAT with a body that may be anything.
fn body() -> impl Strategy<Value = String> {
    let cuts = proptest::collection::vec(0..80usize, 0..3);
    prop_oneof![
        (message(), 0..10u8)
            .prop_map(|(text, end)| format!("DATA\r\n{text}{}", if end == 0 { "" } else { "\r\n.\r\n" })),
        (message(), cuts, 0..12u8).prop_map(|(text, cuts, how)| {
            let mut out = String::new();
            let mut rest = text.as_str();
            for cut in cuts {
                let (chunk, after) = rest.split_at(rest.floor_char_boundary(cut.min(rest.len())));
                out += &format!("BDAT {}\r\n{chunk}", chunk.len());
                rest = after;
            }
            let (size, last) = match how {
                0 => (rest.len() + 3, " LAST"),
                1 => (rest.len(), ""),
                2 => (rest.len() + 2_000_000, " LAST"),
                _ => (rest.len(), " last"),
            };
            out + &format!("BDAT {size}{last}\r\n{rest}")
        }),
    ]
}

/// A connection: mostly what a client would say, in no good order; and sometimes whole messages.
pub fn connection() -> impl Strategy<Value = Octets> {
    let proper =
        body().prop_map(|body| format!("MAIL FROM:<clerk@hel.example>\r\nRCPT TO:<anna@konto.example>\r\n{body}"));
    let part = prop_oneof![6 => command(), 2 => body(), 4 => proper, 1 => Just("QUIT\r\n".to_owned())];
    (any::<bool>(), proptest::collection::vec(part, 0..25)).prop_map(|(ehlo, parts)| {
        let start = if ehlo { "EHLO client.example\r\n" } else { "" };
        Octets(format!("{start}{}", parts.concat()).into_bytes())
    })
}
