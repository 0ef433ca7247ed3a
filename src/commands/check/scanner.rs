//! Whether somebody looks for malware, and with signatures of these days.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::Findings;
use crate::config::Sections;
use crate::scanner;

/// Signatures come several times a day; older than this, what fetches them has stopped.
const OLD: Duration = Duration::from_hours(7 * 24);

/// What the configuration says.
pub(super) fn check(config: &Sections, findings: &mut Findings) {
    if config.scanner.clamd.is_empty() {
        let remedy = "install clamav-daemon, and set clamd = [\"unix:/run/clamav/clamd.ctl\"]";
        findings.note("scanner.clamd", "nothing is scanned for malware", remedy);
    }
    let largest = config.mail.as_ref().map_or(0, |mail| mail.max_message) / 4 * 3;
    if !config.scanner.clamd.is_empty() && config.scanner.max_stream < largest && !config.scanner.too_large {
        let sentence = "attachments that mail.max_message lets in are refused, since they are too large to scan";
        let remedy = "raise it, and StreamMaxLength, MaxFileSize and MaxScanSize in clamd.conf with it";
        findings.note("scanner.max_stream", sentence, remedy);
    }
}

/// Asks each clamd who it is.
pub(super) async fn ask(config: &Sections, now: Timestamp, findings: &mut Findings) {
    let mut answered = 0;
    let mut silent = Vec::new();
    for (at, clamd) in config.scanner.clamd.iter().enumerate() {
        let key = format!("scanner.clamd[{at}]");
        match scanner::version(clamd).await {
            Ok(version) => {
                answered += 1;
                signatures(&version, &format!("{clamd}"), &key, now, findings);
            }
            Err(fault) => silent.push((key, format!("{clamd} does not answer: {fault}"))),
        }
    }
    let remedy = "see that clamd runs, and that the gateway's user may use its socket (group clamav)";
    for (key, sentence) in silent {
        // Another one stands in for it.
        if answered > 0 {
            findings.note(&key, sentence, remedy);
        } else {
            findings.fault(&key, sentence, remedy);
        }
    }
}

/// `ClamAV 1.4.6/27500/Mon Nov 23 10:00:00 2026`; with signatures of one's own alone, the version alone.
fn signatures(version: &str, clamd: &str, key: &str, now: Timestamp, findings: &mut Findings) {
    let mut words = version.splitn(3, '/').skip(1);
    let (Some(number), Some(date)) = (words.next(), words.next()) else {
        let sentence = format!("{clamd} is {version}, with no signatures but one's own");
        return findings.note(key, sentence, "see that freshclam runs, unless that is meant");
    };
    let Some(made) = day(date) else { return };
    let age = now.duration_since(made);
    if age > jiff::SignedDuration::try_from(OLD).unwrap_or(jiff::SignedDuration::ZERO) {
        let day = made.strftime("%F");
        let sentence = format!("{clamd} has signatures of {day} (number {number})");
        findings.note(key, sentence, "see that freshclam runs and may reach its server");
    }
}

/// As C's `ctime` writes it, to the day.
fn day(text: &str) -> Option<Timestamp> {
    let parsed = strtime::parse("%a %b %e %H:%M:%S %Y", text.trim()).and_then(|parsed| parsed.to_datetime());
    let time: DateTime = parsed.ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(version: &str) -> Vec<String> {
        let mut findings = Findings { file: String::new(), checked: Vec::new(), faults: Vec::new(), notes: Vec::new() };
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        signatures(version, "unix:/c", "scanner.clamd[0]", now, &mut findings);
        findings.notes.into_iter().map(|note| note.sentence).collect()
    }

    #[test]
    fn signatures_of_these_days() {
        assert!(notes("ClamAV 1.4.6/27500/Mon Nov 23 10:00:00 2026").is_empty());
        assert!(notes("ClamAV 1.4.6/27500/Sun Nov  22 10:00:00 2026").is_empty());
        assert_eq!(
            notes("ClamAV 1.4.6/27400/Tue Nov  3 10:00:00 2026"),
            ["unix:/c has signatures of 2026-11-03 (number 27400)"]
        );
        assert_eq!(notes("ClamAV 1.4.6"), ["unix:/c is ClamAV 1.4.6, with no signatures but one's own"]);
    }
}
