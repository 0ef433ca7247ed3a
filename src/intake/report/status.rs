//! The machine-readable part of a delivery report (RFC 3464, RFC 6533).

use super::{Action, OfRecipient, codes, without_addresses, words};
use crate::intake::fields;

/// Octets of the part. Nobody writes more than some kilobytes.
const LONGEST: usize = 256 << 10;
/// Lines of it.
const LINES: usize = 5000;
/// Recipients of one report.
const RECIPIENTS: usize = 500;

/// Fields of one group, names in lower case.
pub(super) type Group = Vec<(String, String)>;

/// What the part says of each recipient, and the server that reports. A group without Action and Status says nothing.
pub(super) fn read(octets: &[u8]) -> (Vec<OfRecipient>, Option<String>) {
    let text = String::from_utf8_lossy(&octets[..octets.len().min(LONGEST)]);
    let groups = groups(&text);
    let reporting = groups.iter().find_map(|group| host(value(group, "reporting-mta")?));
    let recipients = groups.iter().filter_map(recipient).take(RECIPIENTS).collect();
    (recipients, reporting)
}

fn recipient(group: &Group) -> Option<OfRecipient> {
    let of = |name: &str| value(group, name);
    let said = of("status").and_then(codes::enhanced);
    let action = match of("action").and_then(|a| a.split_whitespace().next()).map(str::to_ascii_lowercase).as_deref() {
        Some("failed" | "failure") => Action::Failed,
        Some("delayed") => Action::Delayed,
        Some("delivered" | "relayed" | "expanded") => Action::Delivered,
        Some(_) => return None,
        // RFC 3464 §2.3.3 demands it; some servers leave it out.
        None => Action::of_status(said?)?,
    };
    let diagnostic = of("diagnostic-code");
    // Many servers write 5.0.0 there and the truth in the diagnostic.
    let better = said.filter(|status| !status.ends_with(".0.0")).or_else(|| {
        let found = diagnostic.and_then(codes::enhanced)?;
        said.is_none_or(|status| found.starts_with(&status[..1])).then_some(found)
    });
    let parts = [of("status"), diagnostic, of("remote-mta")];
    let address = of("original-recipient").and_then(typed).filter(|a| a.contains('@'));
    Some(OfRecipient {
        address: of("final-recipient").and_then(typed).filter(|a| a.contains('@')).or(address),
        action,
        status: better.or(said).map(str::to_owned),
        smtp_code: diagnostic.and_then(codes::smtp),
        diagnostic: diagnostic.map(|d| without_addresses(d.split_once(';').map_or(d, |(_, text)| text))),
        remote_mta: of("remote-mta").and_then(host),
        detail: without_addresses(&parts.into_iter().flatten().collect::<Vec<_>>().join("; ")),
    })
}

/// The first value of a field.
pub(super) fn value<'g>(group: &'g Group, name: &str) -> Option<&'g str> {
    group.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// What stands behind the type in `rfc822; anna@…`, `dns; mx.…`, `utf-8; …`.
pub(super) fn typed(value: &str) -> Option<String> {
    let (kind, text) = value.split_once(';').unwrap_or(("", value));
    let text = text.trim().trim_matches(['<', '>']);
    let text = if kind.trim().eq_ignore_ascii_case("utf-8") { unescaped(text) } else { text.to_owned() };
    let text = fields::clean(&text);
    (!text.is_empty() && text.len() <= 320).then_some(text)
}

/// A server's name, without what some write behind it.
fn host(value: &str) -> Option<String> {
    let text = typed(value)?;
    words::host_name(&text).or_else(|| text.split_whitespace().next().map(str::to_owned))
}

/// `\x{E5}sa@…` (RFC 6533 §3): an internationalised address in ASCII.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("\\x{") {
        out.push_str(before);
        let (hex, behind) = tail.split_once('}').unwrap_or((tail, ""));
        match u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) {
            Some(c) => out.push(c),
            None => out.push(char::REPLACEMENT_CHARACTER),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Groups of fields, each ended by an empty line: the first is of the message, each further one of a recipient
/// (RFC 3464 §2.1). Names in lower case, folds undone.
pub(super) fn groups(text: &str) -> Vec<Group> {
    let mut groups = vec![Vec::new()];
    for line in text.lines().take(LINES) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_recipients_each_with_codes_and_hosts() {
        let (recipients, reporting) = read(
            b"Reporting-MTA: dns; mx.hel.example\r\n\r\nFinal-Recipient: rfc822; a@hel.example\r\nAction: failed\r\n\
              Status: 5.0.0\r\nDiagnostic-Code: smtp; 550 5.7.1 no\r\nRemote-MTA: dns; in.hel.example\r\n\r\n\
              Original-Recipient: rfc822;b@hel.example\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\n\
              Final-Recipient: utf-8; \\x{E5}sa@hel.example\r\nStatus: 4.2.2\r\n\r\nX: y\r\n",
        );
        assert_eq!(reporting.as_deref(), Some("mx.hel.example"));
        let brief: Vec<_> = recipients
            .iter()
            .map(|r| (r.address.as_deref().unwrap_or(""), r.action, r.status.as_deref(), r.smtp_code))
            .collect();
        assert_eq!(
            brief,
            [
                ("a@hel.example", Action::Failed, Some("5.7.1"), Some(550)),
                ("b@hel.example", Action::Delivered, Some("2.0.0"), None),
                ("åsa@hel.example", Action::Delayed, Some("4.2.2"), None),
            ]
        );
        assert_eq!(recipients[0].remote_mta.as_deref(), Some("in.hel.example"));
        assert_eq!(recipients[0].diagnostic.as_deref(), Some("550 5.7.1 no"));
        assert_eq!(recipients[0].detail, "5.0.0; smtp; 550 5.7.1 no; dns; in.hel.example");
    }

    #[test]
    fn escapes() {
        assert_eq!(unescaped("\\x{E5}\\x{110000}\\x{zz}b\\x{E5"), "å\u{FFFD}\u{FFFD}bå");
        assert_eq!(typed("rfc822; <a@b.example>").as_deref(), Some("a@b.example"));
        assert_eq!(typed("rfc822;"), None);
    }
}
