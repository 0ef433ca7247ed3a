//! Receipts that are words alone: Outlook's from before RFC 8098, and Notes'.

/// Outlook's prefixes, and Notes' whole subjects.
const SUBJECTS: [&str; 15] = [
    "read:",
    "not read:",
    "read receipt:",
    "läst:",
    "läskvitto:",
    "oläst:",
    "ej läst:",
    "inte läst:",
    "luettu:",
    "lukukuittaus:",
    "lukematon:",
    "ei luettu:",
    "return receipt",
    "returkvitto",
    "kvittens:",
];
/// What begins the text, and what must follow soon.
const TEXTS: [(&str, &[&str]); 9] = [
    ("your message", &["was read on", "was deleted without being read", "has been read", "was displayed"]),
    ("this is a return receipt", &["displayed", "read"]),
    ("this is a receipt for", &["displayed", "read", "opened"]),
    ("your document", &["was received by", "was opened by"]),
    ("ditt meddelande", &["lästes", "har lästs", "togs bort utan att läsas", "raderades utan att läsas"]),
    ("det här är ett läskvitto", &["visats", "läst"]),
    ("meddelandet", &["lästes den", "togs bort utan att läsas"]),
    ("viestisi", &["luettiin", "on luettu", "poistettiin lukematta"]),
    ("tämä on lukukuittaus", &["näytetty", "luettu", "avattu"]),
];

/// Whether the subject, in lower case, begins like one.
pub(super) fn is_subject(subject: &str) -> bool {
    SUBJECTS.iter().any(|prefix| subject.trim_start().starts_with(prefix))
}

/// Whether the text, in lower case, is one.
pub(super) fn is_text(text: &str) -> bool {
    let beginning = &text[..text.floor_char_boundary(1000)];
    TEXTS.iter().any(|(start, then)| {
        beginning.trim_start().starts_with(start) && then.iter().any(|words| beginning.contains(words))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_and_what_looks_like_them() {
        assert!(is_subject("read: decision") && is_subject("läst: beslut") && is_subject("return receipt - x"));
        assert!(!is_subject("reading list") && !is_subject("sv: läst: beslut") && !is_subject("luetteloita"));
        assert!(is_text("your message to: kirsi laine subject: x was read on 24.11.2026"));
        assert!(is_text("viestisi vastaanottaja: x luettiin 24.11.2026"));
        assert!(!is_text("your message has come, and i shall answer on monday."));
        assert!(!is_text("hello, your message was read on the radio"));
    }
}
