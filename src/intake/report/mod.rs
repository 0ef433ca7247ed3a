//! What reports say of a message of ours: delivery reports (RFC 3464, and those that are words alone), receipts
//! (RFC 8098), absence notes and other automatic answers.

mod codes;
mod receipt;
pub(super) mod shapes;
mod status;
mod words;

use mail_parser::{Message, MessagePart};
use serde::Serialize;

pub use self::receipt::{Disposition, Receipt};
use super::{Limits, attachments, classification, fields};
use crate::domain::arrival::Finding;
use crate::domain::record::Machine;
use crate::domain::status::Status;

/// The longest detail, in characters.
const DETAIL: usize = 300;

/// What a message says of one that was sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// In sum, for the outbox item that it is about.
    pub finding: Finding,
    /// Message-IDs of what it is about, as far as the report itself names them; without brackets.
    pub about: Vec<String>,
    /// Of a delivery report.
    pub report: Option<Report>,
    /// Of a receipt.
    pub receipt: Option<Receipt>,
}

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// `rfc3464`, or whose words it has: `exim`, `qmail`, …; `unknown`.
    pub format: &'static str,
    /// The server that reports.
    pub reporting_mta: Option<String>,
    /// What became of it at each recipient.
    pub recipients: Vec<OfRecipient>,
}

/// What a delivery report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRecipient {
    /// Whom the message was for. Not for logs and events.
    pub address: Option<String>,
    /// What became of it.
    pub action: Action,
    /// `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// `550`.
    pub smtp_code: Option<u16>,
    /// The server's words, without addresses.
    pub diagnostic: Option<String>,
    /// The server that said so.
    pub remote_mta: Option<String>,
    /// All of it in a line without addresses, for events and admins.
    detail: String,
}

/// What became of a message at a recipient, the lesser evil first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It arrived, or went on to where no reports come from.
    Delivered,
    /// It will be tried again.
    Delayed,
    /// It will not arrive.
    Failed,
}

impl Action {
    /// By the class of an enhanced code.
    fn of_status(status: &str) -> Option<Self> {
        match status.as_bytes().first()? {
            b'2' => Some(Self::Delivered),
            b'4' => Some(Self::Delayed),
            b'5' => Some(Self::Failed),
            _ => None,
        }
    }
}

impl Report {
    /// The worst of all recipients. One of our messages has one; should a report speak of several (the address was a
    /// list's), the worst holds.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let Some(worst) = self.recipients.iter().rev().max_by_key(|of| of.action) else { return Finding::Unreadable };
        let detail = worst.detail.clone();
        match worst.action {
            Action::Failed => Finding::Failed { detail, status: worst.status() },
            Action::Delayed => Finding::Delayed { detail },
            Action::Delivered => Finding::Delivered,
        }
    }
}

impl OfRecipient {
    /// Both codes of a failure. Where one is not said, or contradicts the other, it follows from the enhanced one.
    fn status(&self) -> Status {
        let mut numbers = self.status.as_deref().unwrap_or_default().split('.').map(|number| number.parse::<u8>().ok());
        let mut next = || numbers.next().flatten();
        let class = next().filter(|class| matches!(class, 4 | 5));
        let enhanced = match (class, self.smtp_code) {
            (Some(class), _) => (class, next().unwrap_or(0), next().unwrap_or(0)),
            (None, Some(400..500)) => (4, 0, 0),
            (None, _) => (5, 0, 0),
        };
        let code = self.smtp_code.filter(|code| code / 100 == u16::from(enhanced.0));
        Status { code: code.unwrap_or(if enhanced.0 == 4 { 450 } else { 554 }), enhanced }
    }
}

/// Reads whatever a message says of one of ours. Never fails: what cannot be read is [`Finding::Unreadable`].
#[must_use]
pub fn read(raw: &[u8], limits: &Limits) -> Told {
    let mut told = Told { finding: Finding::Unreadable, about: Vec::new(), report: None, receipt: None };
    let Some(message) = limits.parse(raw) else { return told };
    let machine = classification::of(&message).machine;
    match machine {
        Some(Machine::Receipt) => {
            let receipt = receipt_of(&message);
            told.finding = Finding::Receipt { disposition: receipt.disposition.word() };
            told.about.extend(receipt.original_message_id.clone());
            told.receipt = Some(receipt);
        }
        Some(Machine::AbsenceNote) => told.finding = Finding::Away,
        Some(Machine::Answer) => told.finding = Finding::Answered,
        // At a return path whatever has the form of a report is one, whoever wrote it.
        Some(Machine::DeliveryReport | Machine::Report | Machine::Generated) | None => {
            let report = delivery(&message, machine == Some(Machine::DeliveryReport), &mut told.about);
            told.finding = report.finding();
            told.report = Some(report);
        }
    }
    told.about.extend(originals(&message, limits));
    told.about.dedup();
    told
}

fn delivery(message: &Message<'_>, is_report: bool, about: &mut Vec<String>) -> Report {
    let status = part(message, &["message/delivery-status", "message/global-delivery-status"]);
    if let Some(part) = status {
        let (recipients, reporting_mta) = status::read(&part.decoded());
        if !recipients.is_empty() {
            return Report { format: "rfc3464", reporting_mta, recipients };
        }
    }
    let text = classification::first_text(message);
    let lower = classification::in_words(&text);
    let shape = shapes::of(&lower);
    let mut named: Vec<String> = Vec::new();
    for header in message.headers().all("X-Failed-Recipients") {
        named.extend(fields::text(header).split([',', ' ']).filter(|a| a.contains('@')).map(str::to_owned));
    }
    if shape.is_none() && named.is_empty() && !is_report {
        return Report { format: "unknown", ..Report::default() };
    }
    let delayed = shape.is_some_and(|shape| shape.delayed) || shapes::is_delay(&lower);
    let found = words::read(&text, &named, delayed);
    about.extend(found.about);
    let format = shape.map_or("unknown", |shape| shape.program);
    Report { format, reporting_mta: None, recipients: found.recipients }
}

fn receipt_of(message: &Message<'_>) -> Receipt {
    match part(message, &["message/disposition-notification", "message/global-disposition-notification"]) {
        Some(part) => receipt::read(&part.decoded()),
        None => receipt::of_words(&classification::in_words(&classification::first_text(message))),
    }
}

/// The Message-IDs of what is returned.
fn originals(message: &Message<'_>, limits: &Limits) -> Vec<String> {
    let returned = ["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"];
    let Some(part) = part(message, &returned) else { return Vec::new() };
    if let Some(nested) = part.nested() {
        return fields::message_id(nested.headers()).into_iter().collect();
    }
    let octets = part.decoded();
    let header = limits.parse(&octets[..octets.len().min(limits.header_bytes)]);
    header.and_then(|header| fields::message_id(header.headers())).into_iter().collect()
}

fn part<'m>(message: &'m Message<'m>, types: &[&str]) -> Option<MessagePart<'m>> {
    message.root().parts().find(|part| types.contains(&&*attachments::media_type(part)))
}

/// A diagnostic without addresses: it goes into events and before admins, who need not know whose they were.
fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    let line = fields::clean(&words.collect::<Vec<_>>().join(" "));
    match line.char_indices().nth(DETAIL) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    fn finding(raw: &[u8]) -> Finding {
        super::read(raw, &Limits::default()).finding
    }

    fn read(status: &str) -> Finding {
        finding(
            format!(
                "From: a@hel.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
                 --b\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n--b--\r\n"
            )
            .as_bytes(),
        )
    }

    #[test]
    fn what_reports_say() {
        let failed =
            |detail: &str, code, enhanced| Finding::Failed { detail: detail.into(), status: Status { code, enhanced } };
        assert_eq!(
            read("Reporting-MTA: dns; x\r\n\r\nAction: FAILED\r\nStatus: 5.2.2"),
            failed("5.2.2", 554, (5, 2, 2))
        );
        assert_eq!(
            read("Action: failed\r\nDiagnostic-Code: smtp; 550 no\r\n <a@b.example>\r\n  here"),
            failed("smtp; 550 no … here", 550, (5, 0, 0))
        );
        assert_eq!(read("\r\nAction: delayed\r\nStatus: 4.0.0"), Finding::Delayed { detail: "4.0.0".into() });
        assert_eq!(read("\r\nAction: relayed"), Finding::Delivered);
        assert_eq!(
            read("\r\nAction: delivered\r\n\r\nAction: failed\r\nStatus: 5.0.0"),
            failed("5.0.0", 554, (5, 0, 0))
        );
        assert_eq!(read("\r\nAction: exploded"), Finding::Unreadable);
        assert_eq!(read(""), Finding::Unreadable);
        assert_eq!(finding(b""), Finding::Unreadable);
    }

    #[test]
    fn details_are_short_and_without_addresses() {
        let Finding::Failed { detail, .. } =
            read(&format!("Action: failed\r\nStatus: {}", "a@b.example refused ".repeat(200)))
        else {
            panic!("failed")
        };
        assert!(!detail.contains('@') && detail.chars().count() == DETAIL + 1);
    }

    #[test]
    fn the_worst_recipient_holds_and_codes_agree() {
        let of = |action, status: Option<&str>, smtp_code| OfRecipient {
            address: None,
            action,
            status: status.map(str::to_owned),
            smtp_code,
            diagnostic: None,
            remote_mta: None,
            detail: String::new(),
        };
        let codes = |status, smtp_code| of(Action::Failed, status, smtp_code).status();
        assert_eq!(codes(Some("5.1.1"), Some(550)), Status { code: 550, enhanced: (5, 1, 1) });
        assert_eq!(codes(Some("4.4.7"), Some(550)), Status { code: 450, enhanced: (4, 4, 7) });
        assert_eq!(codes(None, Some(552)), Status { code: 552, enhanced: (5, 0, 0) });
        assert_eq!(codes(None, Some(421)), Status { code: 421, enhanced: (4, 0, 0) });
        assert_eq!(codes(Some("5.999.1"), None), Status { code: 554, enhanced: (5, 0, 1) });
        assert_eq!(codes(None, None), Status { code: 554, enhanced: (5, 0, 0) });
        let mut report = Report { recipients: vec![of(Action::Delivered, None, None)], ..Report::default() };
        assert_eq!(report.finding(), Finding::Delivered);
        report.recipients.push(of(Action::Delayed, None, None));
        assert!(matches!(report.finding(), Finding::Delayed { .. }));
        report.recipients.insert(0, of(Action::Failed, Some("5.1.1"), None));
        assert!(matches!(report.finding(), Finding::Failed { status, .. } if status.enhanced == (5, 1, 1)));
    }

    /// Whatever stands there is read, in bounds, and no address gets into what is logged.
    fn holds(raw: &[u8]) -> Result<(), TestCaseError> {
        let told = super::read(raw, &Limits::default());
        prop_assert!(told.about.len() <= 3);
        if let Finding::Failed { detail, .. } | Finding::Delayed { detail } = &told.finding {
            prop_assert!(!detail.contains('@') && detail.chars().count() <= DETAIL + 1);
        }
        for of in told.report.iter().flat_map(|report| &report.recipients) {
            prop_assert!(of.diagnostic.as_deref().is_none_or(|d| !d.contains('@') && d.chars().count() <= DETAIL + 1));
            prop_assert!(of.remote_mta.as_deref().is_none_or(|mta| mta.len() <= 320));
        }
        Ok(())
    }

    const PIECES: [&str; 22] = [
        "\r\n",
        "<a@b.example>:",
        "a@b.example",
        " Kirsi Laine (a@b.example) ",
        "550 5.1.1 no",
        "(#5.1.1)",
        "smtp;",
        "host mx.b.example[192.0.2.1] said: ",
        "while talking to ",
        "wasn't delivered to ",
        "--- Below this line is a copy of the message.",
        "Message-ID: <c@d.example>",
        "Action: failed",
        "Status: 5.1.1",
        "Final-Recipient: utf-8; \\x{E5}@b",
        "because:",
        "will keep trying",
        "this is the qmail-send program at",
        "Disposition: a/b; displayed",
        "İ",
        "@",
        " ",
    ];

    proptest! {
        #[test]
        fn any_words(pieces in proptest::collection::vec(any::<Index>(), 0..40), text in "\\PC{0,40}") {
            let body: String = pieces.iter().map(|piece| *piece.get(&PIECES)).collect();
            for head in [
                "From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n",
                "From: a@b.example\r\nX-Failed-Recipients: a@b.example, c\r\n",
                "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
                 Content-Type: message/delivery-status\r\n",
                "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\
                 Content-Type: message/disposition-notification\r\n",
            ] {
                holds(format!("{head}\r\n{body}{text}\r\n").as_bytes())?;
            }
        }
    }
}
