//! A delivery report in words alone: which recipients, which codes.

use super::{Action, OfRecipient, codes, shapes, without_addresses};
use crate::intake::fields;

/// Lines that are read.
const LINES: usize = 2000;
/// Octets of a line.
const LINE: usize = 1000;
/// Recipients of one report.
const RECIPIENTS: usize = 50;
/// Phrases that have the address behind them, in the middle of a sentence.
const DELIVERED_TO: [&str; 7] = [
    "wasn't delivered to ",
    "was not delivered to ",
    "couldn't be delivered to ",
    "could not be delivered to ",
    "levererades inte till ",
    "kunde inte levereras till ",
    "ei voitu toimittaa osoitteeseen ",
];
/// Before the name of the server that refused.
const HOSTS: [&str; 8] = [
    "generating server:",
    "genererande server:",
    "genererar server:",
    "luova palvelin:",
    "muodostava palvelin:",
    "while talking to ",
    "reporting server:",
    "host ",
];

/// Lines that lead over to the reason.
const HEADINGS: [&str; 5] = ["because", "reason", "the response was", "svaret var", "vastaus"];

/// What was found in the words.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) recipients: Vec<OfRecipient>,
    /// What is quoted of the message that it is about.
    pub(super) about: Vec<String>,
}

/// One recipient, while its lines are read.
#[derive(Debug, Default)]
struct Gathered {
    address: Option<String>,
    /// A line that begins to say why: with a code, else the first one.
    reason: String,
    coded: bool,
    /// The paragraph of the reason goes on.
    open: bool,
    host: Option<String>,
}

/// Reads the text, lines as they stand. `named`: recipients whom the header names.
pub(super) fn read(text: &str, named: &[String], delayed: bool) -> Found {
    let mut all: Vec<Gathered> = Vec::new();
    let mut before = Gathered::default();
    let mut lines = text.lines().take(LINES).map(|line| &line[..line.floor_char_boundary(LINE)]);
    let mut at = None;
    for line in lines.by_ref() {
        if shapes::is_copy(line) {
            break;
        }
        let rest = match address(line) {
            Some((found, rest)) => {
                let known =
                    all.iter().position(|g| g.address.as_deref().is_some_and(|a| a.eq_ignore_ascii_case(&found)));
                if known.is_none() && all.len() < RECIPIENTS {
                    all.push(Gathered { address: Some(found), ..Gathered::default() });
                }
                at = known.or(all.len().checked_sub(1));
                rest
            }
            None => line,
        };
        at.and_then(|at| all.get_mut(at)).unwrap_or(&mut before).line(rest);
    }
    let about = lines.filter_map(message_id).take(1).collect();
    for name in named.iter().take(RECIPIENTS) {
        if !all.iter().any(|g| g.address.as_deref().is_some_and(|a| a.eq_ignore_ascii_case(name))) {
            all.push(Gathered { address: Some(name.clone()), ..Gathered::default() });
        }
    }
    if all.is_empty() && (before.coded || delayed) {
        all.push(Gathered::default());
    }
    let recipients = all.into_iter().map(|one| one.said(&before, delayed)).collect();
    Found { recipients, about }
}

impl Gathered {
    fn line(&mut self, line: &str) {
        let line = line.trim_matches([':', '>', '<', '|', ' ', '\t']);
        // "because:", "----- Transcript of session follows -----": of that which comes.
        if line.is_empty() || line.starts_with("----") || HEADINGS.contains(&&*line.to_ascii_lowercase()) {
            self.open = false;
            return;
        }
        if self.host.is_none() {
            self.host = host(line);
        }
        let coded = codes::smtp(line).is_some() || codes::enhanced(line).is_some();
        if coded && !self.coded {
            line.clone_into(&mut self.reason);
            (self.coded, self.open) = (true, true);
        } else if self.reason.is_empty() {
            line.clone_into(&mut self.reason);
            self.open = true;
        } else if self.open && self.reason.len() < LINE {
            self.reason.push(' ');
            self.reason.push_str(line);
        }
    }

    /// What is said before the first recipient, or of all, holds where its own lines are silent.
    fn said(self, before: &Self, delayed: bool) -> OfRecipient {
        let reason = if self.coded || !before.coded { &self.reason } else { &before.reason };
        let status = codes::enhanced(reason).filter(|code| !code.starts_with('2')).map(str::to_owned);
        let smtp_code = codes::smtp(reason);
        let diagnostic = without_addresses(reason);
        let host = self.host.or_else(|| before.host.clone());
        let parts = [status.clone(), Some(diagnostic.clone()).filter(|d| !d.is_empty()), host.clone()];
        OfRecipient {
            address: self.address,
            action: if delayed { Action::Delayed } else { Action::Failed },
            status,
            smtp_code,
            diagnostic: Some(diagnostic).filter(|d| !d.is_empty()),
            remote_mta: host,
            detail: without_addresses(&parts.into_iter().flatten().collect::<Vec<_>>().join("; ")),
        }
    }
}

/// The recipient that a line is about, and what else the line says: `<a@b>: why`, `a@b`, `Kirsi Laine (a@b)`,
/// `a@b on 24.11.2026 10.11`.
fn address(line: &str) -> Option<(String, &str)> {
    let trimmed = line.trim();
    let lower = trimmed.to_lowercase();
    if let Some((start, phrase)) = DELIVERED_TO.iter().find_map(|p| Some((lower.find(p)?, p))) {
        let rest = trimmed.get(start + phrase.len()..)?;
        let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return Some((plain(word)?, rest));
    }
    let (first, rest) = trimmed.split_once([' ', '\t']).unwrap_or((trimmed, ""));
    if let Some(found) = plain(first) {
        let rest = rest.trim_start();
        let fits = rest.is_empty()
            || first.ends_with(':')
            || rest.starts_with([':', '(', '<'])
            || ["on ", "den ", "pvm "].iter().any(|word| rest.starts_with(word))
            || first.starts_with('<') && !first.contains(':');
        return fits.then_some((found, rest));
    }
    // A name, and the address behind it: as Exchange and Notes write a recipient.
    let (name, tail) = trimmed.split_once(['(', '<'])?;
    let (inner, behind) = tail.split_once([')', '>'])?;
    let is_name = !name.is_empty()
        && name.len() <= 80
        && !name.contains([':', '=', '.', '@', '['])
        && name.split_whitespace().count() <= 5;
    let found = plain(inner.trim_start_matches("mailto:"))?;
    (is_name && !name.chars().any(|c| c.is_ascii_digit())).then_some((found, behind))
}

/// A word that is an address and nothing more, but for the marks around it.
fn plain(word: &str) -> Option<String> {
    let word = word.trim_matches(['<', '>', ':', ';', ',', '"', '\'', '(', ')', '*', '.']);
    let (local, domain) = word.split_once('@')?;
    let good = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '=' | '\'' | '/' | '!' | '&');
    let fits = !local.is_empty()
        && local.chars().all(good)
        && domain.contains('.')
        && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
        && word.len() <= 320;
    fits.then(|| fields::clean(word))
}

/// The name of a server in a line that tells of one.
fn host(line: &str) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    if let Some((_, name)) = line.rsplit_once(" by ").filter(|_| lower.contains("server for the recipient domain")) {
        return host_name(name);
    }
    HOSTS.iter().find_map(|mark| {
        let start = lower.find(mark)?;
        // "localhost said" is no "host said".
        if start > 0 && lower.as_bytes()[start - 1].is_ascii_alphanumeric() {
            return None;
        }
        host_name(line.get(start + mark.len()..)?.trim_start())
    })
}

/// The host's name with which a text begins.
pub(super) fn host_name(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    (name.contains('.') && name.len() <= 255).then(|| name.to_owned())
}

/// A Message-ID field of a quoted header.
pub(super) fn message_id(line: &str) -> Option<String> {
    let line = line.trim_start_matches(['>', ' ', '\t']);
    let (name, value) = line.split_once(':')?;
    let id = value.split(['<', '>']).find(|part| part.contains('@'))?.trim();
    let good = name.trim().eq_ignore_ascii_case("message-id") && id.len() <= 998 && !id.contains(char::is_whitespace);
    good.then(|| id.to_owned())
}
