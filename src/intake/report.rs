//! A delivery report (RFC 3464): what it says of the message of ours that it is about.

use mail_parser::Message;

use super::{Limits, attachments, fields};
use crate::domain::arrival::Finding;

/// The longest detail, in characters.
const DETAIL: usize = 300;

/// Reads the machine-readable part. One of our messages has one recipient; should a report speak of several (the address
/// was a list's), the worst holds.
#[must_use]
pub fn finding(raw: &[u8]) -> Finding {
    let Some(message) = Limits::default().parse(raw) else { return Finding::Unreadable };
    let Some(text) = status_part(&message) else { return Finding::Unreadable };
    let mut worst = Finding::Unreadable;
    for group in groups(&text) {
        let of = |name: &str| group.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let detail = || {
            let parts = [of("status"), of("diagnostic-code"), of("remote-mta")];
            without_addresses(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
        };
        let found = match of("action").and_then(|a| a.split_whitespace().next()).map(str::to_ascii_lowercase).as_deref()
        {
            Some("failed") => Finding::Failed { detail: detail() },
            Some("delayed") => Finding::Delayed { detail: detail() },
            Some("delivered" | "relayed" | "expanded") => Finding::Delivered,
            _ => continue,
        };
        if severity(&found) > severity(&worst) {
            worst = found;
        }
    }
    worst
}

fn severity(finding: &Finding) -> u8 {
    match finding {
        Finding::Unreadable => 0,
        Finding::Delivered => 1,
        Finding::Delayed { .. } => 2,
        Finding::Failed { .. } => 3,
    }
}

fn status_part(message: &Message<'_>) -> Option<String> {
    let part = message.root().parts().find(|part| {
        let kind = attachments::media_type(part);
        matches!(&*kind, "message/delivery-status" | "message/global-delivery-status")
    })?;
    let bytes = part.decoded();
    // Nobody writes more than some kilobytes.
    Some(String::from_utf8_lossy(&bytes[..bytes.len().min(256 << 10)]).into_owned())
}

/// Groups of fields, each ended by an empty line: the first is of the message, each further one of a recipient
/// (RFC 3464 §2.1). Names in lower case, folds undone.
fn groups(text: &str) -> Vec<Vec<(String, String)>> {
    let mut groups = vec![Vec::new()];
    for line in text.lines().take(5000) {
        if line.trim().is_empty() {
            groups.push(Vec::new());
            continue;
        }
        let Some(group) = groups.last_mut() else { continue };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                let value: &mut String = value;
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), fields::clean(value)));
        }
    }
    groups
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
    use super::*;

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
        let failed = |detail: &str| Finding::Failed { detail: detail.into() };
        assert_eq!(read("Reporting-MTA: dns; x\r\n\r\nAction: FAILED\r\nStatus: 5.2.2"), failed("5.2.2"));
        assert_eq!(
            read("Action: failed\r\nDiagnostic-Code: smtp; 550 no\r\n <a@b.example>\r\n  here"),
            failed("smtp; 550 no … here")
        );
        assert_eq!(read("\r\nAction: delayed\r\nStatus: 4.0.0"), Finding::Delayed { detail: "4.0.0".into() });
        assert_eq!(read("\r\nAction: relayed"), Finding::Delivered);
        assert_eq!(read("\r\nAction: delivered\r\n\r\nAction: failed\r\nStatus: 5.0.0"), failed("5.0.0"));
        assert_eq!(read("\r\nAction: exploded"), Finding::Unreadable);
        assert_eq!(read(""), Finding::Unreadable);
        assert_eq!(finding(b""), Finding::Unreadable);
    }

    #[test]
    fn details_are_short_and_without_addresses() {
        let Finding::Failed { detail } =
            read(&format!("Action: failed\r\nStatus: {}", "a@b.example refused ".repeat(200)))
        else {
            panic!("failed")
        };
        assert!(!detail.contains('@') && detail.chars().count() == DETAIL + 1);
    }
}
