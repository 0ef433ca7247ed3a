//! Receipts: what the reader's program did with a message (RFC 8098).

use serde::Serialize;

use super::status::{Group, groups, value};

/// What became of a message with its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// Shown; whether it was read, nobody knows.
    Displayed,
    /// Deleted without being shown.
    Deleted,
    /// Sent on.
    Dispatched,
    /// Dealt with by a program.
    Processed,
    /// The reader wants no receipts to be sent.
    Denied,
    /// It could not be dealt with.
    Failed,
    /// Nothing that can be read.
    Unknown,
}

impl Disposition {
    /// The word of RFC 8098 §3.2.6.2.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Displayed => "displayed",
            Self::Deleted => "deleted",
            Self::Dispatched => "dispatched",
            Self::Processed => "processed",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    fn of_word(word: &str) -> Self {
        let known = [Self::Displayed, Self::Deleted, Self::Dispatched, Self::Processed, Self::Denied, Self::Failed];
        known.into_iter().find(|d| word.eq_ignore_ascii_case(d.word())).unwrap_or(Self::Unknown)
    }
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// What became of the message.
    pub disposition: Disposition,
    /// Whether a program did that by itself.
    pub automatic: bool,
    /// Without brackets.
    pub original_message_id: Option<String>,
}

/// Reads the machine-readable part: `Disposition: manual-action/MDN-sent-manually; displayed`.
pub(super) fn read(octets: &[u8]) -> Receipt {
    let text = String::from_utf8_lossy(&octets[..octets.len().min(64 << 10)]);
    let all: Group = groups(&text).into_iter().flatten().collect();
    let (mode, done) = value(&all, "disposition").and_then(|d| d.split_once(';')).unwrap_or_default();
    let word = done.split(['/', ',']).next().unwrap_or_default().trim();
    let id = value(&all, "original-message-id").map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
    Receipt {
        disposition: Disposition::of_word(word),
        automatic: mode.trim().to_ascii_lowercase().starts_with("automatic-action"),
        original_message_id: id.filter(|id| !id.is_empty()),
    }
}

/// Of a receipt in words alone, in lower case.
pub(super) fn of_words(text: &str) -> Receipt {
    let deleted = ["without being read", "utan att läsas", "lukematta"].iter().any(|words| text.contains(words));
    let disposition = if deleted { Disposition::Deleted } else { Disposition::Displayed };
    Receipt { disposition, automatic: false, original_message_id: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispositions() {
        let said = |text: &str| {
            let found = read(text.as_bytes());
            (found.disposition, found.automatic, found.original_message_id)
        };
        assert_eq!(
            said(
                "Reporting-UA: x\r\nOriginal-Message-ID: <a@b.example>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
            ),
            (Disposition::Displayed, false, Some("a@b.example".into()))
        );
        assert_eq!(
            said("Disposition: automatic-action/MDN-sent-automatically;\r\n deleted/error\r\n"),
            (Disposition::Deleted, true, None)
        );
        assert_eq!(said("Disposition: exploded"), (Disposition::Unknown, false, None));
        assert_eq!(said(""), (Disposition::Unknown, false, None));
        assert_eq!(of_words("viestisi poistettiin lukematta").disposition, Disposition::Deleted);
    }
}
