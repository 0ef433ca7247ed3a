//! What is wrong with a file that an admin wrote: where, what, and what to do about it.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The file as it was named, or the environment variable.
    pub file: Arc<str>,
    /// From 1; `None` where something is missing from the file as a whole.
    pub line: Option<u32>,
    /// From 1, in characters.
    pub column: Option<u32>,
    /// The key's path: `mail.max_message`, `office[0] hel-social: networks[1]`. Empty for the file itself.
    pub key: String,
    /// What is wrong. Never the value of a secret or an identity code.
    pub sentence: String,
    /// What to do.
    pub remedy: String,
}

impl Fault {
    /// A fault that stands on no line.
    #[must_use]
    pub fn new(file: &str, key: &str, sentence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            column: None,
            key: key.to_owned(),
            sentence: sentence.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Fault {
    /// `file:line:column: key: sentence`, and the remedy on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        if !self.file.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.sentence)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "\n    {}", self.remedy) }
    }
}

/// Where something was written.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub file: Arc<str>,
    pub at: Option<(u32, u32)>,
}

impl Place {
    /// The file as a whole.
    pub fn of(file: &str) -> Self {
        Self { file: file.into(), at: None }
    }
}

/// What a value's reader has against it; the place and the key are added by the section.
#[derive(Debug, Clone)]
pub(super) struct Wrong {
    pub sentence: String,
    pub remedy: String,
}

impl Wrong {
    pub fn new(sentence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), remedy: remedy.into() }
    }
}

/// The faults found so far: every reader adds its own and goes on.
#[derive(Debug, Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub fn add(&self, place: &Place, key: impl Into<String>, wrong: Wrong) {
        self.0.borrow_mut().push(Fault {
            file: place.file.clone(),
            line: place.at.map(|(line, _)| line),
            column: place.at.map(|(_, column)| column),
            key: key.into(),
            sentence: wrong.sentence,
            remedy: wrong.remedy,
        });
    }

    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// In the order of the file; what is missing from it comes first.
    pub fn into_sorted(self) -> Vec<Fault> {
        let mut faults = self.0.into_inner();
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults
    }
}

/// The known word that was most likely meant, if any is near: at most a third of its letters differ.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |candidate: &&str| candidate.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= near(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out or exchanged (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1).min(row[j] + 1).min(corner + usize::from(from != *to));
            corner = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let known = ["max_message", "max_recipients", "domains", "tls"];
        assert_eq!(nearest("max_mesage", known), Some("max_message"));
        assert_eq!(nearest("domain", known), Some("domains"));
        assert_eq!(nearest("tsl", known), None, "two letters of three are another word");
        assert_eq!(nearest("colour", known), None);
        assert_eq!(distance("åäö", "äö"), 1);
    }
}
