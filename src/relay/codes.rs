//! No identity code in what we write: with the services before this one, staff took them out by hand. An office may have
//! put one into its subject, its reference or a Message-ID; an answer does not carry it on.

use crate::domain::identity::{IdentityCode, Scheme};

/// Every scheme that addresses know.
const SCHEMES: [Scheme; 1] = [Scheme::Hetu];
/// Characters that a code of any country has, with and without its separator.
const LENGTHS: std::ops::RangeInclusive<usize> = 9..=13;

/// Whether a valid code stands in the text, between characters that are neither letters nor digits.
pub(super) fn has_code(text: &str) -> bool {
    (0..text.len()).any(|at| code_at(text, at).is_some())
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

/// The length of the code that begins here.
fn code_at(text: &str, at: usize) -> Option<usize> {
    let bounded = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let rest = text.get(at..)?;
    if !rest.starts_with(|c: char| c.is_ascii_digit()) || !bounded(text[..at].chars().next_back()) {
        return None;
    }
    LENGTHS.rev().find(|&len| {
        let Some((code, after)) = rest.split_at_checked(len) else { return false };
        bounded(after.chars().next()) && SCHEMES.into_iter().any(|scheme| IdentityCode::parse(scheme, code).is_ok())
    })
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
