//! How mail servers word their reports, where they write no machine-readable part or a filter took it away.

/// The program that wrote it, by what only its reports say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intake) struct Shape {
    /// `qmail`.
    pub(super) program: &'static str,
    /// Whether it says that it will be tried again.
    pub(super) delayed: bool,
}

/// What a report says, in lower case, white space single.
const SHAPES: [(&str, &[&str]); 12] = [
    (
        "qmail",
        &["this is the qmail-send program at", "i'm afraid i wasn't able to deliver your message to the following"],
    ),
    (
        "exim",
        &[
            "a message that you sent could not be delivered to one or more of its recipients",
            "this message was created automatically by mail delivery software",
        ],
    ),
    ("postfix", &["this is the mail system at host", "this is the postfix program at host"]),
    (
        "sendmail",
        &[
            "----- the following addresses had permanent fatal errors",
            "----- the following addresses had transient non-fatal errors",
            "----- transcript of session follows",
        ],
    ),
    (
        "gmail",
        &[
            "delivery to the following recipient failed permanently",
            "delivery to the following recipients failed",
            "address not found your message wasn't delivered to",
            "message not delivered there was a problem delivering your message",
            "adressen hittades inte ditt meddelande",
            "osoitetta ei löydy viestiäsi ei",
            "osoitetta ei löytynyt viestiäsi ei",
            "technical details of permanent failure",
        ],
    ),
    (
        "exchange",
        &[
            "delivery has failed to these recipients or",
            "delivery is delayed to these recipients or",
            "diagnostic information for administrators",
            "leverans till följande mottagare eller",
            "leveransen till följande mottagare eller",
            "leverans till dessa mottagare eller grupper",
            "det gick inte att leverera till dessa mottagare eller grupper",
            "diagnostikinformation för administratörer",
            "toimitus näille vastaanottajille tai ryhmille",
            "toimittaminen näille vastaanottajille tai",
            "toimitus seuraaville vastaanottajille tai",
            "järjestelmänvalvojien vianmääritystiedot",
            "diagnostiikkatietoja järjestelmänvalvojille",
        ],
    ),
    (
        "exchange-old",
        &[
            "your message did not reach some or all of the intended recipients",
            "the following recipient(s) could not be reached",
            "the following recipient(s) cannot be reached",
            "meddelandet nådde inte någon eller några av de tänkta mottagarna",
            "följande mottagare kunde inte nås",
            "följande mottagare går inte att nå",
            "viesti ei tavoittanut kaikkia vastaanottajia",
            "viestisi ei saavuttanut joitakin tai kaikkia vastaanottajia",
            "seuraavia vastaanottajia ei tavoitettu",
        ],
    ),
    (
        "notes",
        &["was not delivered to: ", "not listed in domino directory", "not listed in public name & address book"],
    ),
    ("groupwise", &["the attached file had the following undeliverable recipient(s)"]),
    ("cisco", &["the following message to <"]),
    ("yahoo", &["sorry, we were unable to deliver your message to the following address"]),
    ("delayed", &["message has not yet been delivered", "could not be delivered yet", "still undelivered after"]),
];
/// What says that it will be tried again, in any of them.
const DELAYS: [&str; 16] = [
    "delivery attempts will continue",
    "will be retried",
    "will keep trying",
    "will try again",
    "still being retried",
    "has not yet been delivered",
    "you do not need to resend",
    "no action is required on your part",
    "transient non-fatal errors",
    "delivery is delayed",
    "could not be delivered yet",
    "still undelivered after",
    "du behöver inte skicka om meddelandet",
    "fler försök kommer att göras",
    "viestiä ei tarvitse lähettää uudelleen",
    "toimitusta yritetään uudelleen",
];
/// What stands in front in a report's subject.
const SUBJECTS: [&str; 27] = [
    "undelivered mail",
    "undeliverable",
    "undeliverable mail",
    "mail delivery failed",
    "mail delivery failure",
    "mail delivery problem",
    "mail delivery delayed",
    "delivery status notification",
    "delivery failure",
    "delivery delayed",
    "delivery notification",
    "failure notice",
    "returned mail",
    "delayed mail",
    "message delayed",
    "warning: message",
    "warning: could not send",
    "nondeliverable mail",
    "olevererbart",
    "kan inte leverera",
    "kan inte levereras",
    "går inte att leverera",
    "leveransmeddelande",
    "leveransstatus",
    "ei voi toimittaa",
    "toimittamaton",
    "toimitus epäonnistui",
];
/// Lines from which the message itself is quoted.
const COPIES: [&str; 14] = [
    "--- below this line is a copy of the message",
    "------ this is a copy of the message",
    "------ this is a copy of your message",
    "----- original message -----",
    "-----original message-----",
    "----- message header follows -----",
    "----- original message follows -----",
    "original message headers:",
    "ursprungliga meddelandehuvuden:",
    "ursprungliga meddelandet:",
    "alkuperäisen viestin otsikot:",
    "--- the header of the original message is following",
    "----- ursprungligt meddelande -----",
    "--- original message follows",
];

/// Whether a subject, in lower case, begins like a report's. An answer to one (`Re: Undeliverable: …`) is a person's.
pub(in crate::intake) fn is_subject(subject: &str) -> bool {
    SUBJECTS.iter().any(|known| subject.trim_start().starts_with(known))
}

/// Whose report a text is; in lower case, white space single.
pub(in crate::intake) fn of(text: &str) -> Option<Shape> {
    let found = SHAPES.iter().find(|(_, marks)| marks.iter().any(|mark| text.contains(mark)));
    found.map(|(program, _)| Shape { program, delayed: is_delay(text) })
}

/// Whether a text says that it will be tried again.
pub(super) fn is_delay(text: &str) -> bool {
    DELAYS.iter().any(|words| text.contains(words))
}

/// Whether the quoted message begins with this line.
pub(super) fn is_copy(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    line.len() < 200 && COPIES.iter().any(|mark| line.starts_with(mark))
}
