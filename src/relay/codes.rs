//! No identity code in what we write: with the services before this one, staff took them out by hand. An office may have
//! put one into its subject, its reference or a Message-ID; an answer does not carry it on.

use crate::domain::identity::{code_at, codes_in};

/// Whether a valid code stands in the text.
pub(super) fn has_code(text: &str) -> bool {
    codes_in(text).next().is_some()
}

/// The text with each valid code replaced by `…`.
pub(super) fn without_codes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if let Some(len) = code_at(text, at) {
            kept.push('…');
            at += len;
        } else {
            kept.push(c);
            at += c.len_utf8();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_go_and_all_else_stays() {
        for (text, kept) in [
            ("Beslut 131052-308T", "Beslut …"),
            ("131052-308t: beslut (131052-308T)", "…: beslut (…)"),
            ("åäö131052-308T", "åäö131052-308T"),
            ("131052-308X", "131052-308X"),
            ("HEL 2026-001234", "HEL 2026-001234"),
            ("€131052-308T€", "€…€"),
        ] {
            assert_eq!(without_codes(text), kept);
            assert_eq!(has_code(text), text != kept, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_left(before in "\\PC{0,5}[ (.<]", after in "[ ).>@]\\PC{0,5}") {
            let text = format!("{before}131052-308T{after}");
            prop_assert!(has_code(&text));
            prop_assert!(!has_code(&without_codes(&text)));
        }

        #[test]
        fn texts_without_digits_stay(text in "[^0-9]{0,30}") {
            prop_assert_eq!(without_codes(&text), text);
        }
    }
}
