//! `[scanner]` and `[attachments]`: what is looked for in a message before it is kept.

use std::time::Duration;

use super::fault::Wrong;
use super::file::Node;
use super::section::Section;
use super::values::{duration, number, one_of, parsed, size, text};
use super::{Attachments, Scanner, defaults};

/// How long a client waits for the answer to its body (RFC 5321 §4.5.3.2.6), less what else is done with it.
const LONGEST: Duration = Duration::from_mins(9);

/// Whether something is taken.
const VERDICTS: [(&str, bool); 2] = [("allow", true), ("refuse", false)];

pub(super) fn scanner(mut section: Section<'_>) -> Scanner {
    let clamd = section.list("clamd", parsed).unwrap_or_default();
    let place = section.place().clone();
    let scanner = Scanner {
        time_limit: section.or("time_limit", defaults::SCAN_TIME, duration),
        connections: section.or("connections", defaults::SCAN_CONNECTIONS, number(1, 1000)) as usize,
        max_stream: section.or("max_stream", defaults::MAX_STREAM, size(64 << 10)),
        too_large: section.or("too_large", false, |node| one_of(&VERDICTS, node)),
        clamd,
    };
    let clamds = u32::try_from(scanner.clamd.len()).unwrap_or(u32::MAX);
    if scanner.time_limit.saturating_mul(clamds.max(1)) > LONGEST {
        let remedy = "nine minutes divided by the number of clamds are the most: clients wait ten for their answer";
        section.fault(&place, "time_limit", Wrong::new("the clamds together may take too long", remedy));
    }
    scanner
}

pub(super) fn attachments(mut section: Section<'_>) -> Attachments {
    let refuse = section.list("refuse", extension).unwrap_or_default();
    let allow = section.list("allow", extension).unwrap_or_default();
    for both in refuse.iter().filter(|extension| allow.contains(extension)) {
        let wrong = Wrong::new(format!("\"{both}\" is refused as well as allowed"), "take it out of one of the lists");
        section.fault(&section.place().clone(), "allow", wrong);
    }
    let mut verdict = |key, default| section.or(key, default, |node| one_of(&VERDICTS, node));
    Attachments {
        macros: verdict("macros", false),
        encrypted: verdict("encrypted_archives", true),
        unreadable: verdict("unreadable_archives", false),
        refuse,
        allow,
    }
}

/// What stands behind the last dot of a file's name, without the dot, in lower case.
fn extension(node: &Node) -> Result<String, Wrong> {
    let written = text(node)?;
    let extension = written.strip_prefix('.').unwrap_or(written).to_ascii_lowercase();
    let is_one = !extension.is_empty()
        && extension.len() <= 40
        && extension.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
    if is_one {
        Ok(extension)
    } else {
        Err(Wrong::new(format!("\"{written}\" is not the ending of a file's name"), "write it like \"iso\""))
    }
}
