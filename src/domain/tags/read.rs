//! The reading of tags out of a subject and out of a local part.

use super::date::date;
use super::words;
use super::{Fault, Tags};
use crate::domain::record::Kind;

/// Characters of a case reference; the longest in use have some thirty.
const CASE: usize = 64;

/// Takes the tags off a subject: what remains is shown. Brackets that hold no tag of ours stay.
#[must_use]
pub fn subject(text: &str) -> (String, Tags) {
    let mut tags = Tags::default();
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(end) = rest.find(']') {
        let (before, after) = (&rest[..end], &rest[end + 1..]);
        match before.rfind('[') {
            Some(start) if in_brackets(&before[start + 1..], &mut tags) => {
                shown.push_str(&before[..start]);
                let seam = shown.is_empty() || shown.ends_with(char::is_whitespace);
                rest = if seam { after.trim_start() } else { after };
            }
            _ => {
                shown.push_str(&rest[..=end]);
                rest = after;
            }
        }
    }
    shown.push_str(rest);
    (shown.trim().to_owned(), tags)
}

/// Takes the tags off a local part (its meaning, unquoted): what remains is the address proper, in its own case. A tag
/// that is none of ours names the citizen; several of them are joined again with `+`, so that they name nobody.
#[must_use]
pub fn local_part(text: &str) -> (String, Tags) {
    let mut tags = Tags::default();
    let Some((base, list)) = split(text) else { return (text.to_owned(), tags) };
    for tag in list.split('+').flat_map(|t| t.split("--")).map(|t| t.trim_matches('-')).filter(|t| !t.is_empty()) {
        if !by_word(tag, &mut tags, true) {
            let citizen = tags.citizen.get_or_insert_default();
            if !citizen.is_empty() {
                citizen.push('+');
            }
            citizen.push_str(tag);
        }
    }
    (base.to_owned(), tags)
}

/// The base and the list of tags. A plus may also be part of an identity code, for people born more than a hundred
/// years ago: `120101+123A`.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = |from: usize| {
        let rest = &text[from..];
        let plus = rest.find('+').map(|i| (from + i, from + i + 1));
        let hyphens = rest.find("--").map(|i| (from + i, from + i + 2));
        plus.into_iter().chain(hyphens).min()
    };
    let (mut end, mut start) = at(0)?;
    if text[end..].starts_with('+') && ends_as_identity_code(&text[..end], &text[start..]) {
        (end, start) = at(start)?;
    }
    (end > 0).then(|| (&text[..end], &text[start..]))
}

fn ends_as_identity_code(date: &str, rest: &str) -> bool {
    let number = rest.split(['+', '-']).next().unwrap_or_default().as_bytes();
    matches!(date.len(), 6 | 8)
        && date.bytes().all(|c| c.is_ascii_digit())
        && number.len() == 4
        && number[..3].iter().all(u8::is_ascii_digit)
        && number[3].is_ascii_alphanumeric()
}

/// What stands in one pair of brackets. Whether it was a tag.
fn in_brackets(inner: &str, tags: &mut Tags) -> bool {
    let inner = inner.trim();
    if inner.len() > 200 {
        return false;
    }
    if by_word(inner, tags, false) {
        return true;
    }
    if let Some(value) = words::after_due(inner).filter(|value| has_digit(value)) {
        match date(value) {
            Some(due) => tags.say_due(due),
            None => tags.blame(Fault::DueUnreadable(value.to_owned())),
        }
        return true;
    }
    if let Some(value) = words::after_case(inner).filter(|value| is_case(value)) {
        tags.say_case(value.to_owned());
        return true;
    }
    if let Some(value) = words::after_citizen(inner).filter(|value| names_citizen(value)) {
        tags.say_citizen(value.to_owned());
        return true;
    }
    false
}

/// A reference as Nordic offices write them: `HEL 2026-001234`, `123/45.67.89/2026`, `KH:2026/12`, `2026-A#7`.
fn is_case(value: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '/' | '.' | ':' | ',' | '_' | '#' | '(' | ')');
    has_digit(value) && value.chars().count() <= CASE && value.chars().all(fits)
}

/// One word with the look of an address, an alias or a code: "[to be decided]" stays in the subject.
fn names_citizen(value: &str) -> bool {
    !value.contains(char::is_whitespace)
        && value.contains(|c: char| c.is_ascii_digit() || matches!(c, '@' | '.' | '-'))
        && date(value).is_none()
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

/// A tag that is a word, or a kind with a date. In an address whatever follows `request-` was meant as a date
/// (`strict`); in a subject only what has a digit in it: "[request for information]" is prose.
fn by_word(tag: &str, tags: &mut Tags, strict: bool) -> bool {
    if words::is_no_reply(tag) {
        tags.no_reply = true;
        return true;
    }
    if let Some(kind) = words::kind(tag) {
        tags.say_kind(kind);
        return true;
    }
    let Some((kind, rest)) = words::kind_and_more(tag) else { return false };
    let value = words::without_due(rest);
    match (date(value), kind) {
        (Some(due), Kind::Request) => {
            tags.say_kind(kind);
            tags.say_due(due);
        }
        (None, Kind::Request) if strict || has_digit(value) => {
            tags.say_kind(kind);
            tags.blame(Fault::DueUnreadable(value.to_owned()));
        }
        // Of a decision it might be the day on which it was made.
        (Some(_), _) => tags.blame(Fault::DueOfOther(kind, value.to_owned())),
        (None, _) => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::Said;
    use super::{Fault, Kind, Tags, local_part, subject};

    fn unreadable(text: &str) -> Fault {
        Fault::DueUnreadable(text.into())
    }

    fn conflict(first: Said, second: Said) -> Fault {
        Fault::Conflict(first, second)
    }

    fn tags() -> Tags {
        Tags::default()
    }

    #[test]
    fn tags_of_an_address() {
        let due = Some(date(2026, 12, 31));
        let request = || Tags { kind: Some(Kind::Request), ..tags() };
        for (text, base, expected) in [
            ("anna.virtanen", "anna.virtanen", tags()),
            ("Anna+decision", "Anna", Tags { kind: Some(Kind::Decision), ..tags() }),
            ("anna+PÄÄTÖS+ei-vastausta", "anna", Tags { kind: Some(Kind::Decision), no_reply: true, ..tags() }),
            ("anna--tiedoksianto--noreply", "anna", Tags { kind: Some(Kind::Notice), no_reply: true, ..tags() }),
            ("anna+begaran-2026-12-31", "anna", Tags { due, ..request() }),
            ("anna--lisatieto-31.12.2026", "anna", Tags { due, ..request() }),
            ("anna+begara\u{308}ran", "anna", Tags { citizen: Some("begara\u{308}ran".into()), ..tags() }),
            ("anna+bega\u{308}ran", "anna", request()),
            ("anna+request-2026-02-30", "anna", Tags { fault: Some(unreadable("2026-02-30")), ..request() }),
            ("anna+request-tomorrow", "anna", Tags { fault: Some(unreadable("tomorrow")), ..request() }),
            (
                "begaran.social+anna.virtanen",
                "begaran.social",
                Tags { citizen: Some("anna.virtanen".into()), ..tags() },
            ),
            ("social+k7m2-xq4d-9tfa", "social", Tags { citizen: Some("k7m2-xq4d-9tfa".into()), ..tags() }),
            ("social+120101+123A", "social", Tags { citizen: Some("120101+123A".into()), ..tags() }),
            ("120101+123A", "120101+123A", tags()),
            ("120101+123A+beslut", "120101+123A", Tags { kind: Some(Kind::Decision), ..tags() }),
            ("131052-308T+decision", "131052-308T", Tags { kind: Some(Kind::Decision), ..tags() }),
            ("anna+", "anna", tags()),
            ("+decision", "+decision", tags()),
            ("k7m2-xq4d-9tfa", "k7m2-xq4d-9tfa", tags()),
        ] {
            assert_eq!(local_part(text), (base.to_owned(), expected), "{text}");
        }
    }

    #[test]
    fn tags_of_a_subject() {
        let due = Some(date(2026, 12, 31));
        let request = || Tags { kind: Some(Kind::Request), ..tags() };
        for (text, shown, expected) in [
            ("Bostadsbidrag", "Bostadsbidrag", tags()),
            ("[beslut] Bostadsbidrag", "Bostadsbidrag", Tags { kind: Some(Kind::Decision), ..tags() }),
            ("Ärende [begäran 2026-12-31] A", "Ärende A", Tags { due, ..request() }),
            ("Sv: [begäran senast 2026-12-31]A", "Sv: A", Tags { due, ..request() }),
            ("[Lisätieto 31.12.2026]", "", Tags { due, ..request() }),
            (
                "[dnr HEL 2026-001234] [ej svar] X",
                "X",
                Tags { no_reply: true, case_reference: Some("HEL 2026-001234".into()), ..tags() },
            ),
            ("[till 131052-308T] X", "X", Tags { citizen: Some("131052-308T".into()), ..tags() }),
            ("[begäran 2026-13-01] X", "X", Tags { fault: Some(unreadable("2026-13-01")), ..request() }),
            (
                "[request 2026-12-31][request 2026-12-30]",
                "",
                Tags {
                    due,
                    fault: Some(conflict(Said::Due(date(2026, 12, 31)), Said::Due(date(2026, 12, 30)))),
                    ..request()
                },
            ),
            ("[request for information] X", "[request for information] X", tags()),
            ("[to be decided] [EXTERN] X ] [", "[to be decided] [EXTERN] X ] [", tags()),
            ("[[notice]] X", "[] X", Tags { kind: Some(Kind::Notice), ..tags() }),
            (
                "[beslut 2026-12-31] X",
                "X",
                Tags { fault: Some(Fault::DueOfOther(Kind::Decision, "2026-12-31".into())), ..tags() },
            ),
            ("[beslut 17/2026] X", "[beslut 17/2026] X", tags()),
            ("[senast 31.12.2026] X", "X", Tags { due, ..request() }),
            ("Sv: [BEGÄRAN] VS: [viimeistään 31. joulukuuta 2026] X", "Sv: VS: X", Tags { due, ..request() }),
            ("[begäran om tilläggsuppgifter senast den 31 december 2026] X", "X", Tags { due, ..request() }),
            ("[täydennyspyyntö torstaina 31.12.2026]", "", Tags { due, ..request() }),
            ("[request by December 31, 2026]", "", Tags { due, ..request() }),
            ("[begäran 31.12.]", "", Tags { fault: Some(unreadable("31.12.")), ..request() }),
            ("[senast 2 veckor]", "", Tags { fault: Some(unreadable("2 veckor")), ..tags() }),
            ("[by 2 people] [due] X", "[by 2 people] [due] X", tags()),
            (
                "[beslut] [begäran 2026-12-31] X",
                "X",
                Tags {
                    kind: Some(Kind::Decision),
                    fault: Some(conflict(Said::Kind(Kind::Decision), Said::Kind(Kind::Request))),
                    ..tags()
                },
            ),
            ("[beslut] [päätös] [BESLUT]", "", Tags { kind: Some(Kind::Decision), ..tags() }),
            (
                "[dnr 1/2026] [dnro 2/2026]",
                "",
                Tags {
                    case_reference: Some("1/2026".into()),
                    fault: Some(conflict(Said::Case("1/2026".into()), Said::Case("2/2026".into()))),
                    ..tags()
                },
            ),
            ("[Dnr: HEL 2026/12] [dnr hel2026/12]", "", Tags { case_reference: Some("HEL 2026/12".into()), ..tags() }),
            (
                "[Asiatunnus KH/123/12.00.01/2026] X",
                "X",
                Tags { case_reference: Some("KH/123/12.00.01/2026".into()), ..tags() },
            ),
            ("[d.nr 4711-26] X", "X", Tags { case_reference: Some("4711-26".into()), ..tags() }),
            ("[dnr <b>1</b>] X", "[dnr <b>1</b>] X", tags()),
            (
                "[till anna.virtanen] [till mikko.virtanen]",
                "",
                Tags { citizen: Some("anna.virtanen".into()), fault: Some(Fault::Citizens), ..tags() },
            ),
        ] {
            assert_eq!(subject(text), (shown.to_owned(), expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\\PC|\\[|\\]|\\+|--|request|beslut |-2026-12-31){0,40}") {
            let (shown, _) = subject(&text);
            prop_assert!(shown.len() <= text.len());
            let (base, _) = local_part(&text);
            prop_assert!(text.starts_with(&base));
        }
    }
}
